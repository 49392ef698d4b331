import type { MalformedError } from '../../core/index.ts'

/**
 * Describes why a text is not JSON: where, by line and column counted from 1, in the same words in every runtime. Shows nothing of the text,
 * which may have keys or personal data.
 *
 * @param error the error of `parseJson`, which names the position
 */
export function malformedJson(text: string, { message }: MalformedError): string {
  const before = text.slice(0, Number(/\d+/.exec(message)?.[0] ?? 0)).split('\n')
  return `not JSON: malformed or cut short at line ${before.length}, column ${before.at(-1)!.length + 1}`
}
