import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/** A block of code in a document. */
export interface CodeBlock {
  /** Its document and its number there: `docs/calls.md#1`. */
  readonly name: string
  readonly language: string
  readonly text: string
}

const listFiles = (pattern: string): string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', pattern], { encoding: 'utf8' })
    .split('\n')
    .filter(path => path !== '' && existsSync(path))

/** The documents of the project in Markdown. */
export const documents: readonly string[] = listFiles('*.md')

/** The documents for users, which stand in the package: each in English, with a twin in Chinese. */
export const guides: readonly string[] = documents.filter(
  path => /^(?:README\.md|docs\/)/.test(path) && !isChinese(path),
)

export function isChinese(path: string): boolean {
  return path.endsWith('.zh-CN.md')
}

/** Returns the name of the same document in Chinese. */
export const chineseOf = (path: string): string => path.replace(/\.md$/, '.zh-CN.md')

export function codeBlocks(path: string): CodeBlock[] {
  const blocks = readFileSync(path, 'utf8').matchAll(/^```(\w*)\n(.*?)^```$/gms)
  return [...blocks].map(([, language, text], at) => ({ name: `${path}#${at + 1}`, language: language!, text: text! }))
}
