/** An address of the merchant's own service to which events are delivered. */
export interface Endpoint {
  /** The name in the ledger, in logs and in metrics: letters, digits, `-` and `_`. */
  readonly name: string
  /** https, or also http if {@link Endpoint.allowPrivate} is set. */
  readonly url: string
  /** The events that it subscribes to: `TRANSACTION.SUCCESS`, `REFUND.*`, `*`. */
  readonly events: readonly string[]
  /** The merchants (商户号) whose events it subscribes to. Default: all merchants of the gateway. */
  readonly merchants?: readonly string[]
  /**
   * The secrets that sign deliveries (Standard Webhooks): `whsec_` and base64, 24 to 64 bytes. During a rotation there
   * are several, and each signs.
   */
  readonly secrets: readonly string[]
  /** Allows a private address and plain HTTP. Default: refused, so that no URL reaches into the network of the gateway. */
  readonly allowPrivate?: boolean
}
