/** Why a ledger has not answered. */
export type LedgerErrorCode =
  /** It could not be reached, or broke, and has not answered when it was asked again. */
  | 'LEDGER_UNAVAILABLE'
  /** It has more to do than it can: asking again would add to that. */
  | 'LEDGER_OVERLOADED'
  /** It runs an older version, without that method. Cloudflare replaces it within minutes of a deploy. */
  | 'LEDGER_METHOD_UNKNOWN'
  /** A newer version has written it, which this one cannot read: a program was rolled back, or a deploy is under way. */
  | 'LEDGER_NEWER'

/** A ledger has not answered. What was asked of it may have been carried out. */
export class LedgerError extends Error {
  override readonly name: string = 'LedgerError'
  readonly code: LedgerErrorCode

  constructor(code: LedgerErrorCode, detail: string, cause?: unknown) {
    super(`${code}: ${detail}`, { cause })
    this.code = code
  }
}
