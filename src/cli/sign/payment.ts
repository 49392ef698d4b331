import type { Wechatpay } from '../../core/index.ts'
import { type PrepaidInApp, startApp, startJsapi, startMiniProgram } from '../../flows/payment/index.ts'

/** How `wechatpay-edge sign` calls what starts a payment. */
const PAYMENTS = { jsapi: startJsapi, 'mini-program': startMiniProgram, app: startApp } satisfies Record<
  string,
  (client: Wechatpay, order: PrepaidInApp) => Promise<object>
>
export type PaymentKind = keyof typeof PAYMENTS
export const PAYMENT_KINDS = Object.keys(PAYMENTS) as PaymentKind[]

export const isPaymentKind = (text: string): text is PaymentKind => Object.hasOwn(PAYMENTS, text)

/** What a client app hands to WeChat to start a payment (调起支付). */
export const signPayment = (kind: PaymentKind, client: Wechatpay, order: PrepaidInApp): Promise<object> =>
  PAYMENTS[kind](client, order)
