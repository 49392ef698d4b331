/** Where a merchant's own service takes what WeChat Pay notified. */
export interface Endpoint {
  /** Names it in the ledger, in logs and in metrics. Letters, digits, `-` and `_`. */
  readonly name: string
  /** https; http where {@link Endpoint.allowPrivate} is set. */
  readonly url: string
  /** Events that it takes: `TRANSACTION.SUCCESS`, `REFUND.*`, `*`. */
  readonly events: readonly string[]
  /** Merchants (商户号) whose events it takes. Default: all that the gateway has. */
  readonly merchants?: readonly string[]
  /** Signs what is sent (Standard Webhooks): `whsec_` and base64, 24 to 64 bytes. Several while one is being replaced: each signs. */
  readonly secrets: readonly string[]
  /** It may lie at a private address, and be plain HTTP. Default: refused, so that no URL leads into the network behind the gateway. */
  readonly allowPrivate?: boolean
}
