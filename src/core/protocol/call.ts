import type { Api, Reply } from '../../definitions/call.ts'
import type { Trait } from '../../definitions/trait.ts'
import type { ReceivedResponse } from '../base/errors.ts'
import type { Limits } from '../base/limits.ts'
import type { Query } from '../codec/query.ts'
import type { XmlFields } from '../codec/xml.ts'
import type { PublicKey } from '../crypto/keys.ts'
import type { Account, SigningAccount } from '../options/account.ts'
import type { PlatformKeys } from './platform-keys.ts'

/** A call whose path is complete, to be encoded by a protocol. */
export interface Call {
  readonly method: string
  /** Begins with `/`; percent-encoded; APIv2 without `/v2`. */
  readonly path: string
  /** The path of the definition, with its placeholders, for observers: the values in `path` may be personal. */
  readonly template?: string | undefined
  readonly trait: Trait
  /** The query. */
  readonly params?: Query | undefined
  readonly body?: unknown
  /** A body that is sent unchanged. */
  readonly raw?: Payload | undefined
  readonly headers?: HeadersInit | undefined
}

/** Names the endpoint of a call as errors do: `POST /v2/pay/orderquery`. */
export const endpointOf = ({ method, template }: Call, api: Api): string | undefined =>
  template && `${method} ${api === 'v2' ? '/v2' : ''}${template}`

/** A body as it is sent. `signed` is the part of its text that the signature covers. */
export interface Payload {
  body: BodyInit | null
  signed: string
  type: string | null
}

/** The keys of both sides: those of the merchant or the brand, and WeChat Pay's. */
export interface SigningCredentials {
  readonly account: SigningAccount
  readonly platformKeys: PlatformKeys
}

/** The keys of both sides for a merchant. */
export interface Credentials extends SigningCredentials {
  readonly account: Account
  /** Returns the key that encrypts bank card data in APIv2 (付款到银行卡 RSA 公钥). */
  readonly bankKey: () => Promise<PublicKey>
}

/** The keys that the calls of each API need. */
export interface CredentialsByApi {
  readonly v2: Credentials
  readonly v3: Credentials
  readonly brand: SigningCredentials
}

/**
 * Signs the request of one attempt for an access point: the same message with a new time and nonce. Returns the
 * arguments of `fetch` instead of a `Request`, which `fetch` would copy. A `signer` has the time of the limits.
 */
export type SignRequest = (baseUrl: string, limits?: Limits) => Promise<[url: string, init: RequestInit]>

/** A complete, verified response that is not parsed yet. */
export interface Verified extends ReceivedResponse {
  readonly response: Response
  /** A file, whose bytes are not read yet. */
  readonly isStream?: boolean
  /** APIv2: the fields, which verification had to parse. */
  readonly fields?: XmlFields
  readonly verifiedBy?: string
}

/** Encoding and decoding of one of the APIs, and the credentials that it needs. */
export interface Protocol<Keys extends SigningCredentials> {
  /** Writes the request of a call. */
  readonly encode: (call: Call, credentials: Keys) => Promise<SignRequest>
  /** Verifies that a response is WeChat Pay's. */
  readonly verify: (response: Response, call: Call, credentials: Keys) => Promise<Verified>
  /** Reads a verified response. */
  readonly decode: (verified: Verified, call: Call, credentials: Keys) => Promise<Reply<unknown>>
}

/** Returns whether a call changes something at WeChat Pay, so that a lost response leaves its outcome unknown. */
export const mayTakeEffect = ({ method }: Call): boolean => method !== 'GET'
