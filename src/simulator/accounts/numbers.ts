import { compactTime } from '../clock/time.ts'
import type { AccountsContext } from './context.ts'

type NumberContext = Pick<AccountsContext, 'random' | 'now'>

export type NumberKind =
  | 'transaction_id'
  | 'refund_id'
  /** 分账单 and 分账回退单. */
  | 'order_id'
  | 'detail_id'
  | 'transfer_bill_no'
  | 'batch_id'
  | 'batch_detail_id'
  | 'payment_no'
  | 'complaint_id'
  | 'contract_id'
  /** A line of the negotiation of a complaint. */
  | 'log_id'

/** The format of a number that WeChat Pay assigns: a prefix, random digits, the day, random digits. */
interface NumberFormat {
  readonly prefix: string
  readonly digitsBeforeDay: number
  readonly digitsAfterDay: number
}

const FORMATS: Readonly<Record<NumberKind, NumberFormat>> = {
  transaction_id: { prefix: '4200', digitsBeforeDay: 6, digitsAfterDay: 10 },
  refund_id: { prefix: '5030', digitsBeforeDay: 6, digitsAfterDay: 11 },
  order_id: { prefix: '3008', digitsBeforeDay: 6, digitsAfterDay: 10 },
  detail_id: { prefix: '3601', digitsBeforeDay: 4, digitsAfterDay: 8 },
  transfer_bill_no: { prefix: '1330000', digitsBeforeDay: 8, digitsAfterDay: 17 },
  batch_id: { prefix: '1030000', digitsBeforeDay: 8, digitsAfterDay: 17 },
  batch_detail_id: { prefix: '1040000', digitsBeforeDay: 8, digitsAfterDay: 17 },
  contract_id: { prefix: '', digitsBeforeDay: 0, digitsAfterDay: 10 },
  complaint_id: { prefix: '2002', digitsBeforeDay: 3, digitsAfterDay: 12 },
  log_id: { prefix: '3002', digitsBeforeDay: 3, digitsAfterDay: 12 },
  payment_no: { prefix: '1000', digitsBeforeDay: 6, digitsAfterDay: 10 },
}

/** @param isTaken whether a number is in use: a simulator with the same seed may have been restored from a snapshot */
export function newNumber(
  kind: NumberKind,
  { random, now }: NumberContext,
  isTaken: (number: string) => boolean,
): string {
  const { prefix, digitsBeforeDay, digitsAfterDay } = FORMATS[kind]
  const day = compactTime(now()).slice(0, 8)
  return drawUnused(
    () => concatenate(prefix, random.digits(digitsBeforeDay), day, random.digits(digitsAfterDay)),
    isTaken,
  )
}

/** Creates a number that is only digits, and begins with 1. */
export const newDigits = (
  count: number,
  { random }: Pick<NumberContext, 'random'>,
  isTaken: (number: string) => boolean,
): string => drawUnused(() => concatenate('1', random.digits(count - 1)), isTaken)

/** Creates a prepay_id: `wx`, the time, 20 hex digits. */
export const newPrepayId = ({ random, now }: NumberContext, isTaken: (number: string) => boolean): string =>
  drawUnused(() => concatenate('wx', compactTime(now()), random.hex(20)), isTaken)

/** Creates the openid of a shopper whom the order does not name, as with App, H5 and Native payments. */
export const newOpenid = ({ random }: NumberContext): string => concatenate('oUpF8u', random.hex(22))

/** Joins texts into a flat string. `+` would build a rope per number, and there may be hundreds of thousands. */
const concatenate = (...parts: readonly string[]): string => parts.join('')

function drawUnused(draw: () => string, isTaken: (number: string) => boolean): string {
  let number = draw()
  while (isTaken(number)) number = draw()
  return number
}
