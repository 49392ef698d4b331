/** A service, a person or a program that may call the gateway. */
export interface Caller {
  /** The name in logs, in the audit trail and in metrics: letters, digits, `-` and `_`. */
  readonly name: string
  readonly credential: TokenCredential | JwtCredential | BindingCredential
  /** The merchants (商户号) that it may act for. Default: all merchants of the gateway. */
  readonly merchants?: readonly string[]
  /**
   * The calls that it may make: `POST /v3/pay/transactions/*`, `GET,DELETE /v3/**`, `* /v2/pay/orderquery`. `*` matches one segment,
   * `**` the rest of the path. `/checkout/…` and `/admin/…` are allowed in the same way. All other calls are refused.
   */
  readonly allow: readonly string[]
  /**
   * The maximum amount of one call, in fen (分) of CNY; the amounts in a list are added up. Refuses a call that names another currency,
   * whose body does not contain the amount, or that no definition has. Default: no maximum.
   */
  readonly maxAmount?: number
  /** The rate limit. Default: no limit. */
  readonly rate?: Rate
}

/** Bearer tokens, of which the gateway stores only the SHA-256. */
export interface TokenCredential {
  /** `sha256:` and 64 hex digits; several while a token is being rotated. */
  readonly tokens: readonly string[]
}

/** A JWT of an OIDC issuer or of Cloudflare Access, verified with the issuer's keys. */
export interface JwtCredential {
  /** The `iss` of the token. */
  readonly issuer: string
  /** The `aud` of the token, or one of them. */
  readonly audience: string
  /** The https URL of the issuer's public keys (JWKS). */
  readonly jwks: string
  /** Required claims and their values: `{ email: 'a@example.com' }`, `{ sub: '…' }`. */
  readonly claims: Readonly<Record<string, string>>
}

/** A Cloudflare service binding, from a Worker of the same account, whose props name the caller. */
export interface BindingCredential {
  readonly binding: true
}

/** A token bucket: `max` calls within `seconds`, refilled evenly. */
export interface Rate {
  readonly max: number
  readonly seconds: number
}
