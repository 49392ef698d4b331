/** The reason why a text is not a message. */
export type FormatProblem =
  | 'unknown'
  | 'not-json'
  | 'too-deep'
  | 'headers-invalid'
  | 'curl-quote'
  | 'curl-file'
  | 'curl-no-url'
  | 'har-empty'
  | 'har-too-many'

/** Thrown if a text is none of the formats of a message. Programs that show it have sentences of their own for each problem. */
export class FormatError extends Error {
  override readonly name = 'FormatError'
  readonly problem: FormatProblem
  /** The thing that the text names instead of a message: the file of a body, the number of entries. */
  readonly named: string | undefined

  constructor(problem: FormatProblem, named?: string) {
    super(`${problem}${named === undefined ? '' : `: ${named}`}`)
    this.problem = problem
    this.named = named
  }
}
