import { compactTime } from '../clock/time.ts'
import type { AccountsContext } from './context.ts'

type NumberContext = Pick<AccountsContext, 'random' | 'now'>

export type NumberKind =
  | 'transaction_id'
  | 'refund_id'
  /** 分账单, and 分账回退单. */
  | 'order_id'
  | 'detail_id'
  | 'transfer_bill_no'
  | 'batch_id'
  | 'batch_detail_id'
  | 'payment_no'

/** How the numbers that WeChat Pay gives out are made: some digits that tell what it is, the day, digits. */
const FORMS: Readonly<Record<NumberKind, readonly [kind: string, before: number, after: number]>> = {
  transaction_id: ['4200', 6, 10],
  refund_id: ['5030', 6, 11],
  order_id: ['3008', 6, 10],
  detail_id: ['3601', 4, 8],
  transfer_bill_no: ['1330000', 8, 17],
  batch_id: ['1030000', 8, 17],
  batch_detail_id: ['1040000', 8, 17],
  payment_no: ['1000', 6, 10],
}

/** @param taken whether a number is given out: a state may have been read back under the same seed */
export function newNumber(
  kind: NumberKind,
  { random, now }: NumberContext,
  taken: (number: string) => boolean,
): string {
  const [start, before, after] = FORMS[kind]
  const date = compactTime(now()).slice(0, 8)
  return drawUnused(() => concatenate(start, random.digits(before), date, random.digits(after)), taken)
}

/** `wx`, the time, 20 hex digits. */
export const newPrepayId = ({ random, now }: NumberContext, taken: (number: string) => boolean): string =>
  drawUnused(() => concatenate('wx', compactTime(now()), random.hex(20)), taken)

/** Of a shopper whom the order did not name: App, H5 and Native learn who paid. */
export const newOpenid = ({ random }: NumberContext): string => concatenate('oUpF8u', random.hex(22))

/** Joined, where `+` would keep a tree of every digit: these are kept by the hundred thousand. */
const concatenate = (...parts: readonly string[]): string => parts.join('')

function drawUnused(one: () => string, taken: (number: string) => boolean): string {
  let drawn = one()
  while (taken(drawn)) drawn = one()
  return drawn
}
