import type { Account } from '../account.ts'
import type { Query } from '../codec/query.ts'
import type { XmlFields } from '../codec/xml.ts'
import type { PublicKey } from '../crypto/keys.ts'
import type { Reply } from '../endpoints/call.ts'
import type { Trait } from '../endpoints/trait.ts'
import type { ReceivedResponse } from '../errors.ts'
import type { PlatformKeys } from './platform-keys.ts'

export type Api = 'v2' | 'v3'

/** One call, its path parameters filled in: what both protocols encode. */
export interface Call {
  readonly method: string
  /** Begins with `/`; percent-encoded; APIv2 without `/v2`. */
  readonly path: string
  readonly trait: Trait
  /** The query. */
  readonly params?: Query | undefined
  readonly body?: unknown
  /** A body that goes out as it is. */
  readonly raw?: Payload | undefined
  readonly headers?: HeadersInit | undefined
}

/** A body as it goes out; `signed` is the text of it that the signature covers. */
export interface Payload {
  body: BodyInit | null
  signed: string
  type: string | null
}

/** The keys of both sides: the merchant's, and WeChat Pay's. */
export interface Credentials {
  readonly account: Account
  readonly platformKeys: PlatformKeys
  /** The key that seals bank cards in APIv2 (付款到银行卡 RSA 公钥). */
  readonly bankKey: () => Promise<PublicKey>
}

/**
 * Makes the request of one attempt for an access point: a time and a nonce of its own, the same message. It gives what
 * `fetch` takes rather than a `Request`, which `fetch` would take apart and build once more.
 */
export type Attempt = (baseUrl: string) => Promise<[url: string, init: RequestInit]>

/** An answer, whole and verified, not yet read. */
export interface Verified extends ReceivedResponse {
  readonly response: Response
  /** A file: the bytes are still to come. */
  readonly isStream?: boolean
  /** APIv2: the fields, which had to be read to verify them. */
  readonly fields?: XmlFields
  readonly verifiedBy?: string
}

/** One of the two APIs, as a client uses it: APIv2 and APIv3 are twins. */
export interface Protocol {
  /** Writes the request of a call. */
  readonly encode: (call: Call, credentials: Credentials) => Promise<Attempt>
  /** Proves that a response is WeChat Pay's. */
  readonly verify: (response: Response, call: Call, credentials: Credentials) => Promise<Verified>
  /** Reads a verified response. */
  readonly decode: (verified: Verified, call: Call, credentials: Credentials) => Promise<Reply<unknown>>
}

/** Whether the call changes something at WeChat Pay, so that an answer lost leaves a doubt. */
export const mayTakeEffect = ({ method }: Call): boolean => method !== 'GET'
