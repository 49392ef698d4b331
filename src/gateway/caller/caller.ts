/** Who may call the gateway, and what. */
export interface Caller {
  /** Names it in logs, in the audit trail and in metrics. Letters, digits, `-` and `_`. */
  readonly name: string
  /** How it shows who it is: exactly one of these. */
  readonly credential: TokenCredential | JwtCredential | BindingCredential
  /** The merchants (商户号) that it may act for. Default: all that the gateway has. */
  readonly merchants?: readonly string[]
  /**
   * What it may call: `POST /v3/pay/transactions/*`, `GET,DELETE /v3/**`, `* /v2/pay/orderquery`. `*` is one segment, `**`
   * whatever is left. `/checkout/…` and `/admin/…` are paths like others. Nothing else is served.
   */
  readonly allow: readonly string[]
  /**
   * The most that one call may move, in fen (分) of CNY; lists are summed up. Refuses a call that names another currency, whose body
   * does not say how much it moves, or that no definition has. Default: no cap.
   */
  readonly maxAmount?: number
  /** How many calls it may make. Default: as many as it likes. */
  readonly rate?: Rate
}

/** A bearer token, of which the gateway knows the SHA-256 alone. */
export interface TokenCredential {
  /** `sha256:` and 64 hex digits; several while a token is being replaced. */
  readonly tokens: readonly string[]
}

/** A JWT of an OIDC issuer or of Cloudflare Access, checked against the issuer's keys. */
export interface JwtCredential {
  /** `iss`, as the token has it. */
  readonly issuer: string
  /** `aud`, which has to be among the token's. */
  readonly audience: string
  /** Where the issuer's public keys (JWKS) are: an https URL. */
  readonly jwks: string
  /** Claims that have to be there, and their values: `{ email: 'a@example.com' }`, `{ sub: '…' }`. */
  readonly claims: Readonly<Record<string, string>>
}

/** A service binding of Cloudflare's whose props name the caller: a Worker of the same account. */
export interface BindingCredential {
  readonly binding: true
}

/** A token bucket: `most` calls within `seconds`, refilled evenly. */
export interface Rate {
  readonly most: number
  readonly seconds: number
}
