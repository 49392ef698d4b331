import { WechatpayError } from '../../core/errors.ts'

/** The reason why a ledger has not responded. */
export type LedgerErrorCode =
  /** It could not be reached, or failed, and repetitions of the call failed too. */
  | 'LEDGER_UNAVAILABLE'
  /** It is overloaded. The call was not repeated, because that would add to the load. */
  | 'LEDGER_OVERLOADED'
  /** It runs an older version, without that method. Cloudflare replaces it within minutes of a deploy. */
  | 'LEDGER_METHOD_UNKNOWN'
  /** A newer version has written it, which this one cannot read: the program was rolled back, or a deploy is in progress. */
  | 'LEDGER_NEWER'

/** A ledger has not responded. The call may have been carried out. */
export class LedgerError extends WechatpayError<LedgerErrorCode> {
  override readonly name: string = 'LedgerError'

  /** The message begins with the code, because an error of a Durable Object reaches the Worker as its message only. */
  constructor(code: LedgerErrorCode, detail: string, cause?: unknown) {
    super(code, `${code}: ${detail}`, cause)
  }
}
