/**
 * Returns a text without the line breaks at its end. A pattern would search each run of line breaks in the text again from every
 * one of them.
 */
export function withoutTrailingBreaks(text: string): string {
  let end = text.length
  while (text[end - 1] === '\n' || text[end - 1] === '\r') end--
  return text.slice(0, end)
}
