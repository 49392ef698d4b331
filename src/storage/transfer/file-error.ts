import { WechatpayError } from '../../core/index.ts'

export type LedgerFileCode =
  /** The file ends before its last line. */
  | 'LEDGER_FILE_TRUNCATED'
  /** A line was changed, removed, added or moved. */
  | 'LEDGER_FILE_DAMAGED'
  /** A newer version of this program has written the file. */
  | 'LEDGER_FILE_NEWER'
  /** The ledger has rows already, which are not of this file. */
  | 'LEDGER_NOT_EMPTY'

/** An export of a ledger cannot be imported. */
export class LedgerFileError extends WechatpayError<LedgerFileCode> {
  override readonly name: string = 'LedgerFileError'
  /** The line of the file, counted from 1. */
  readonly line: number | undefined

  constructor(code: LedgerFileCode, detail: string, line?: number) {
    super(code, line === undefined ? detail : `line ${line}: ${detail}`)
    this.line = line
  }
}
