import type { MicropayResult } from '../../accounts/orders/micropay.ts'
import type { OrderNumber } from '../../accounts/orders/order.ts'
import type { PaymentReference } from '../../cashier/payment.ts'
import type { Simulator } from '../../simulator.ts'
import { type Action, get, INTEGER, oneOf, optional, post, requireFound, TEXT } from '../action.ts'
import type { OrderReference } from '../control.ts'
import { ControlError, type Input, type InputFields } from '../input.ts'

const ORDER: InputFields = { out_trade_no: TEXT, sub_mchid: optional(TEXT) }
const ANY_ORDER: InputFields = {
  out_trade_no: optional(TEXT),
  prepay_id: optional(TEXT),
  combine_out_trade_no: optional(TEXT),
  coupon_id: optional(TEXT),
  sub_mchid: optional(TEXT),
}
const MICROPAY: readonly MicropayResult[] = ['SUCCESS', 'USERPAYING', 'PAYERROR']

/** Actions of the shopper and the bank on orders. */
export const paymentActions: readonly Action[] = [
  post(
    '/pay',
    ANY_ORDER,
    'Pays an order as the shopper, or confirms a payment by code. One of the three numbers names the order; it can be paid with a coupon unless it is combined.',
    pay,
  ),
  post(
    '/fail',
    ORDER,
    "Refuses the payment as the shopper's bank: a payment by code fails, any other order can still be paid.",
    (sim, input) => sim.fail(orderNumber(input)),
  ),
  post('/cancel', ORDER, 'Gives up the payment as the shopper.', (sim, input) => sim.cancel(orderNumber(input))),
  get('/orders', 'Lists the last 100 orders, the newest first.', sim => sim.orders()),
  get('/orders/{out_trade_no}', 'Shows an order, with its encrypted fields in plain text.', (sim, _, number) =>
    requireFound(sim.order(number), 'order', number),
  ),
  get('/payments', 'Lists the payments that wait for a shopper, the newest first; 100 at most.', sim => sim.payments()),
  post(
    '/payment',
    { prepay_id: optional(TEXT), code_url: optional(TEXT) },
    'Shows what a shopper pays by a prepay_id, or by scanning a QR code with this text.',
    (sim, input) =>
      requireFound(sim.payment(input as PaymentReference), 'payment', input.prepay_id ?? input.code_url ?? ''),
  ),
  post(
    '/check-payment',
    undefined,
    'Checks the parameters of getBrandWCPayRequest as WeChat does before it opens the cashier; paySign with the merchant’s key.',
    (sim, input) => sim.checkPayment(input),
  ),
  post('/check-transfer', undefined, 'Checks the parameters of requestMerchantTransfer likewise.', (sim, input) =>
    sim.checkTransfer(input),
  ),
  get('/combined-orders', 'Lists the last 100 combined orders (合单), the newest first.', sim => sim.combinedOrders()),
  get('/combined-orders/{combine_out_trade_no}', 'Shows a combined order.', (sim, _, number) =>
    requireFound(sim.combinedOrder(number), 'combined order', number),
  ),
  post('/next-micropay', { result: oneOf(...MICROPAY) }, 'Sets the result of the next payment by code.', (sim, input) =>
    sim.nextMicropay(input.result),
  ),
  post('/next-reverse', { recalls: INTEGER }, 'Makes that many reversals respond with recall Y first.', (sim, input) =>
    sim.nextReverse(input.recalls),
  ),
]

const orderNumber = ({ out_trade_no, sub_mchid }: Input): OrderNumber => ({ out_trade_no, sub_mchid })

function pay(simulator: Simulator, input: Input): unknown {
  const { sub_mchid, coupon_id, ...numbers } = input
  if (Object.keys(numbers).length === 1) return simulator.pay({ ...numbers, sub_mchid } as OrderReference, coupon_id)
  throw new ControlError(400, 'PARAM_ERROR', 'Give exactly one of out_trade_no, prepay_id, combine_out_trade_no.')
}
