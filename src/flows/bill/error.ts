import { WechatpayError } from '../../core/errors.ts'

/** The codes of a {@link BillError}. */
export type BillCode =
  /** It ends before its summary. */
  | 'BILL_CUT_SHORT'
  /** Its bytes are not those whose hash WeChat Pay gave. */
  | 'BILL_HASH_MISMATCH'
  /** It does not decrypt: damaged, cut short, or encrypted with another key. */
  | 'BILL_DECRYPTION_FAILED'
  /** WeChat Pay names fewer parts of it than it has, or one twice. */
  | 'BILL_PARTS_MISSING'
  /** Its summary and its rows differ. */
  | 'BILL_SUMMARY_MISMATCH'
  /** It is not in the format of a bill. */
  | 'BILL_MALFORMED'
  /** It has no column to reconcile by. */
  | 'BILL_COLUMN_MISSING'
  /** It names sub-merchants, our records do not, and a number of ours may be that of another sub-merchant. */
  | 'BILL_KEY_AMBIGUOUS'

/** A bill arrived and is not to be relied on. Rows that were read before it was thrown belong to no whole bill. */
export class BillError extends WechatpayError<BillCode> {
  override readonly name: string = 'BillError'

  constructor(code: BillCode, why: string, cause?: unknown) {
    super(code, `The bill ${why}.`, cause)
  }
}
