import { WechatpayError } from '../../core/base/errors.ts'

/** The reason why a ledger has not responded. */
export type LedgerErrorCode =
  /** It could not be reached, or failed, and repetitions of the call failed too. */
  | 'LEDGER_UNAVAILABLE'
  /** It is overloaded. The call was not repeated, because that would add to the load. */
  | 'LEDGER_OVERLOADED'
  /** It runs an older version, without that method. Cloudflare replaces it within minutes of a deploy. */
  | 'LEDGER_METHOD_UNKNOWN'
  /**
   * A newer version has written it: the program was rolled back, or a deploy is in progress. This one only reads it, or, if that version
   * says so, not even that.
   */
  | 'LEDGER_NEWER'
  /** Gateways or another import use it, so that nothing can be imported; or older gateways do that a migration would break. */
  | 'LEDGER_IN_USE'
  /** An import into it has begun and not ended. */
  | 'LEDGER_INCOMPLETE'
  /** The database refuses the user, the password or a right, does not exist, or lacks the TLS that `sslmode` requires. */
  | 'LEDGER_REFUSED'
  /** There is no ledger to read, and none is created for that. */
  | 'LEDGER_MISSING'
  /** An older version has written it. Only a gateway or an import migrates it. */
  | 'LEDGER_OLDER'
  /** The database accepts no writes: it is a standby server, or configured so. */
  | 'LEDGER_READ_ONLY'
  /** The database has no space for further data. */
  | 'LEDGER_FULL'
  /** The database cannot store a value, however often the call is repeated. */
  | 'LEDGER_VALUE_REFUSED'
  /** The version of the database server is too old. */
  | 'LEDGER_UNSUPPORTED'

/** A ledger has not responded. The call may have been carried out. */
export class LedgerError extends WechatpayError<LedgerErrorCode> {
  override readonly name: string = 'LedgerError'

  /** The message begins with the code, because an error of a Durable Object reaches the Worker as its message only. */
  constructor(code: LedgerErrorCode, detail: string, cause?: unknown) {
    super(code, `${code}: ${detail}`, cause)
  }
}
