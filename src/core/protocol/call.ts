import type { Reply } from '../../definitions/call.ts'
import type { Trait } from '../../definitions/trait.ts'
import type { Account } from '../account.ts'
import type { Query } from '../codec/query.ts'
import type { XmlFields } from '../codec/xml.ts'
import type { PublicKey } from '../crypto/keys.ts'
import type { ReceivedResponse } from '../errors.ts'
import type { PlatformKeys } from './platform-keys.ts'

/** The two APIs of WeChat Pay. */
export type Api = 'v2' | 'v3'

/** A call whose path is complete, to be encoded by either protocol. */
export interface Call {
  readonly method: string
  /** Begins with `/`; percent-encoded; APIv2 without `/v2`. */
  readonly path: string
  readonly trait: Trait
  /** The query. */
  readonly params?: Query | undefined
  readonly body?: unknown
  /** A body that is sent unchanged. */
  readonly raw?: Payload | undefined
  readonly headers?: HeadersInit | undefined
}

/** A body as it is sent. `signed` is the part of its text that the signature covers. */
export interface Payload {
  body: BodyInit | null
  signed: string
  type: string | null
}

/** The keys of both sides: the merchant's, and WeChat Pay's. */
export interface Credentials {
  readonly account: Account
  readonly platformKeys: PlatformKeys
  /** Returns the key that encrypts bank card data in APIv2 (付款到银行卡 RSA 公钥). */
  readonly bankKey: () => Promise<PublicKey>
}

/**
 * Creates the request of one attempt for an access point: the same message with a new time and nonce. Returns the
 * arguments of `fetch` instead of a `Request`, which `fetch` would copy.
 */
export type Attempt = (baseUrl: string) => Promise<[url: string, init: RequestInit]>

/** A complete, verified response that is not parsed yet. */
export interface Verified extends ReceivedResponse {
  readonly response: Response
  /** A file, whose bytes are not read yet. */
  readonly isStream?: boolean
  /** APIv2: the fields, which verification had to parse. */
  readonly fields?: XmlFields
  readonly verifiedBy?: string
}

/** Encoding and decoding of one of the two APIs. */
export interface Protocol {
  /** Writes the request of a call. */
  readonly encode: (call: Call, credentials: Credentials) => Promise<Attempt>
  /** Verifies that a response is WeChat Pay's. */
  readonly verify: (response: Response, call: Call, credentials: Credentials) => Promise<Verified>
  /** Reads a verified response. */
  readonly decode: (verified: Verified, call: Call, credentials: Credentials) => Promise<Reply<unknown>>
}

/** Returns whether a call changes something at WeChat Pay, so that a lost response leaves its outcome unknown. */
export const mayTakeEffect = ({ method }: Call): boolean => method !== 'GET'
