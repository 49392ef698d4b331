import type { AccountType } from '../../accounts/funds.ts'
import type { RefundResult } from '../../accounts/refunds/refund.ts'
import { type Action, get, INTEGER, oneOf, optional, post, requireFound, TEXT } from '../action.ts'

const REFUND: readonly RefundResult[] = ['SUCCESS', 'CLOSED', 'ABNORMAL']
const ACCOUNTS: readonly AccountType[] = ['BASIC', 'OPERATION', 'FEES']

/** Refunds, transfers, and the balances of accounts. */
export const moneyActions: readonly Action[] = [
  get('/refunds', 'Lists the last 100 refunds, the newest first.', sim => sim.refunds()),
  get('/refunds/{out_refund_no}', 'Shows a refund without settling it.', (sim, _, number) =>
    requireFound(sim.refund(number), 'refund', number),
  ),
  post(
    '/refund-result',
    { out_refund_no: TEXT, result: oneOf(...REFUND), sub_mchid: optional(TEXT) },
    'Sets the result of a refund that is being processed.',
    (sim, input) => sim.refundResult(input.out_refund_no, input.result, input.sub_mchid),
  ),
  get('/transfers', 'Lists the last 100 transfers, the newest first.', sim => sim.transfers()),
  get('/transfers/{out_bill_no}', 'Shows a transfer.', (sim, _, number) =>
    requireFound(sim.transfer(number), 'transfer', number),
  ),
  post('/confirm-transfer', { out_bill_no: TEXT }, 'Accepts a transfer as the shopper.', (sim, input) =>
    sim.confirmTransfer(input.out_bill_no),
  ),
  post(
    '/fail-transfer',
    { out_bill_no: TEXT, fail_reason: optional(TEXT) },
    'Fails a transfer that waits for the shopper.',
    (sim, input) => sim.failTransfer(input.out_bill_no, input.fail_reason),
  ),
  get('/balance', "Shows the balances of the merchant's accounts.", sim =>
    Object.fromEntries(ACCOUNTS.map(type => [type, sim.balance(type)])),
  ),
  post(
    '/fund',
    { fen: INTEGER, type: optional(oneOf(...ACCOUNTS)) },
    "Pays into the merchant's account, by default OPERATION, or out of it when negative.",
    (sim, input) => sim.fund(input.fen, input.type),
  ),
]
