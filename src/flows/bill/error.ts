import { type BillCode, WechatpayError } from '../../core/errors.ts'

/** A bill arrived and is not to be relied on. Rows that were read before it was thrown belong to no whole bill. */
export class BillError extends WechatpayError {
  override readonly name: string = 'BillError'
  declare readonly code: BillCode

  constructor(code: BillCode, why: string, cause?: unknown) {
    super(code, `The bill ${why}.`, cause)
  }
}
