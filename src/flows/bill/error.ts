import { WechatpayError } from '../../core/base/errors.ts'

/** The codes of a {@link BillError}. */
export type BillCode =
  /** The bill ends before its summary. */
  | 'BILL_CUT_SHORT'
  /** The SHA-1 of the bill is not the one that WeChat Pay sent. */
  | 'BILL_HASH_MISMATCH'
  /** The bill cannot be decrypted: it is damaged, cut short, or encrypted with another key. */
  | 'BILL_DECRYPTION_FAILED'
  /** WeChat Pay lists fewer parts of the bill than it announces, or one part twice. */
  | 'BILL_PARTS_MISSING'
  /** The summary of the bill does not match its rows. */
  | 'BILL_SUMMARY_MISMATCH'
  /** The file is not in the format of a bill. */
  | 'BILL_MALFORMED'
  /** The bill lacks a column that the reconciliation needs. */
  | 'BILL_COLUMN_MISSING'
  /** The bill names sub-merchants and the records do not, so a record's number may belong to another sub-merchant. */
  | 'BILL_KEY_AMBIGUOUS'

/** Thrown when a bill is incomplete or inconsistent. Discard the rows that were read before it was thrown. */
export class BillError extends WechatpayError<BillCode> {
  override readonly name: string = 'BillError'

  constructor(code: BillCode, why: string, cause?: unknown) {
    super(code, `The bill ${why}.`, cause)
  }
}
