/** Messages between a merchant's page (`bridge.ts`) and the cashier in its frame. */

export type StartKind = 'payment' | 'transfer'

/** From the merchant's page: the parameters that it was given. */
export interface StartMessage {
  readonly type: 'wechatpay-edge:start'
  readonly kind: StartKind
  readonly parameters: Readonly<Record<string, unknown>>
}

export type Outcome = 'ok' | 'cancel' | 'fail'

/** From the cashier: it listens, or it has ended. */
export type CashierMessage =
  | { readonly type: 'wechatpay-edge:ready' }
  | { readonly type: 'wechatpay-edge:end'; readonly outcome: Outcome; readonly detail?: string | undefined }
