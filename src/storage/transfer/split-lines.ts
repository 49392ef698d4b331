import { LedgerFileError } from './file-error.ts'

/** Characters of the first line. It has fewer than 200 today. */
export const MAX_FIRST_LINE = 4096
/**
 * Characters of any other line. The longest has a response that is kept for an `Idempotency-Key`: 4 MiB (`MAX_JSON` of the client), whose
 * quotes and long numbers grow at most fivefold as JSON in JSON.
 */
export const MAX_LINE: number = 2 ** 26

/**
 * Splits text into lines at line feeds only, and leaves the feeds out. `node:readline` also splits at U+2028 and U+2029, which JSON
 * texts may contain.
 *
 * @param chunks decoded text
 * @throws {LedgerFileError} `LEDGER_FILE_DAMAGED`: a line is longer than that of an export
 */
export async function* splitLines(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let line = 1
  /** The beginning of the line, which is joined only once. */
  let parts: string[] = []
  let length = 0
  const add = (part: string): void => {
    parts.push(part)
    length += part.length
    if (length > (line === 1 ? MAX_FIRST_LINE : MAX_LINE)) throw tooLong(line)
  }
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', start)) {
      add(chunk.slice(start, end))
      yield parts.join('')
      line++
      parts = []
      length = 0
      start = end + 1
    }
    add(chunk.slice(start))
  }
  // Without a line feed at its end the file was cut off, even if the cut is there; its checksum tells.
  if (length > 0) yield parts.join('')
}

const tooLong = (line: number): LedgerFileError =>
  new LedgerFileError(
    'LEDGER_FILE_DAMAGED',
    line === 1
      ? 'is not the first line of an export: wechatpay-edge ledger export writes one'
      : `has more than ${MAX_LINE} characters. No export writes such a line; export the ledger again`,
    line,
  )
