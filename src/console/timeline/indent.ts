/**
 * Indents JSON without changing its tokens: numbers beyond 2^53, escapes and repeated names stay as they were sent, which
 * `JSON.parse` would change.
 *
 * @returns undefined if the text does not look like JSON
 */
export function indentJson(text: string): string | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s"[\]{},:]+/g) ?? []
  let depth = 0
  let result = ''
  const breakLine = (): void => {
    result += `\n${'  '.repeat(depth)}`
  }
  for (const [at, token] of tokens.entries()) {
    const isEmpty = /[\]}]/.test(tokens[at + 1] ?? '')
    if (token === '{' || token === '[') {
      result += token
      depth++
      if (!isEmpty) breakLine()
    } else if (token === '}' || token === ']') {
      depth = Math.max(0, depth - 1)
      if (!/[[{]/.test(tokens[at - 1] ?? '')) breakLine()
      result += token
    } else if (token === ',') {
      result += token
      breakLine()
    } else result += token === ':' ? ': ' : token
  }
  return result
}
