import type { Api, Reply } from '../../definitions/call.ts'
import { ConfigurationError, TransportError, WechatpayError } from '../base/errors.ts'
import { withinLimits } from '../base/limits.ts'
import { withoutUrl } from '../base/without-url.ts'
import type { ClientOptions } from '../options/options.ts'
import {
  type Call,
  type Credentials,
  type CredentialsByApi,
  mayTakeEffect,
  type SigningCredentials,
  type Verified,
} from '../protocol/call.ts'
import { PROTOCOLS } from '../protocol/protocols.ts'
import { replyOf } from '../protocol/response.ts'
import { fetchFor, type RouteOptions, routeOf } from './routing.ts'
import { sendRepeatedly } from './transport.ts'

/** The parts of a client that sending requires: its options, and the keys of both sides. */
export interface Sender {
  readonly options: ClientOptions
  /** Those of the merchant, if it has one. */
  readonly credentials: Credentials | undefined
  /** Those of the brand, if it has one. */
  readonly brandCredentials: SigningCredentials | undefined
  /** Begins to observe a call; absent while nobody does. */
  observe?: ((call: Call, api: Api) => CallObserver) | undefined
}

/** Receives the steps of a call, without changing its course. */
export interface CallObserver {
  /** An attempt is about to be sent to an access point. */
  readonly request: (baseUrl: string) => void
  /** A response has arrived, and is being read and verified. */
  readonly response: <T>(response: Response, reading: Promise<T>) => Promise<T>
  readonly retry: (failure: unknown, milliseconds: number) => void
  readonly error: (error: unknown) => void
}

/**
 * Returns the credentials that sign the calls of an API: those of the brand for the brand API, otherwise those of the merchant.
 *
 * @throws {ConfigurationError} `OPTION_MISSING`: the client has none
 */
export function credentialsFor<Of extends Api>(
  { credentials, brandCredentials }: Sender,
  api: Of,
): CredentialsByApi[Of] {
  const found = (api === 'brand' ? brandCredentials : credentials) as CredentialsByApi[Of] | undefined
  if (found) return found
  throw api === 'brand'
    ? new ConfigurationError(
        'OPTION_MISSING',
        'brand',
        'this call needs the keys of the brand: { brandId, … }, in the environment WECHATPAY_BRAND_…',
      )
    : new ConfigurationError(
        'OPTION_MISSING',
        'mchid',
        'this call needs the merchant id (商户号), and the keys of the merchant',
      )
}

/**
 * Makes a call: encrypts, signs, sends, verifies, decrypts.
 *
 * @throws {WechatpayError} as a call of a client
 */
export function makeCall<Of extends Api>(
  sender: Sender,
  call: Call,
  api: Of,
  options: RouteOptions,
): Promise<Reply<unknown>> {
  return sendCall(sender, call, api, options, async response => {
    const verified = await verifyResponse(sender, call, api, response)
    return verified.isStream
      ? replyOf(verified, response.body ?? new Blob().stream())
      : PROTOCOLS[api].decode(verified, call, credentialsFor(sender, api))
  })
}

/**
 * Verifies that the response to a call is WeChat Pay's.
 *
 * @throws {SignatureError}
 */
export const verifyResponse = <Of extends Api>(
  sender: Sender,
  call: Call,
  api: Of,
  response: Response,
): Promise<Verified> => PROTOCOLS[api].verify(response, call, credentialsFor(sender, api))

/**
 * Encodes a call once, then signs and sends it as often as its route allows.
 *
 * @param read reads the response of each attempt
 */
export async function sendCall<T, Of extends Api = Api>(
  sender: Sender,
  call: Call,
  api: Of,
  options: RouteOptions,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const { options: clientOptions, observe } = sender
  const observer = observe?.(call, api)
  try {
    const credentials = credentialsFor(sender, api)
    const route = { ...routeOf(call, options, clientOptions), onRetry: observer?.retry }
    const sendRequest = fetchFor(call, clientOptions)
    // Keys may have to be downloaded first, a call of its own that has three attempts by default.
    const signRequest = await withinLimits({ ...route, timeout: route.timeout * 3, changes: false }, async () => {
      if (api !== 'v2') await credentials.platformKeys.ready()
      return PROTOCOLS[api].encode(call, credentials)
    })
    return await sendRepeatedly(route, async (baseUrl, limits) => {
      // Signed before the time for the response begins, so that a late signature is not sent.
      const [url, init] = await signRequest(baseUrl, limits)
      return withinLimits(limits, async signal => {
        // A file that still arrives after the call has returned is controlled by the caller's signal.
        const streaming =
          call.trait.response === 'file' && options.signal ? AbortSignal.any([signal, options.signal]) : signal
        observer?.request(baseUrl)
        let response: Response
        try {
          response = await sendRequest(url, { ...init, signal: streaming })
          if (typeof response?.headers?.get !== 'function')
            throw new TypeError(`the option "${call.trait.mtls ? 'mtlsFetch' : 'fetch'}" returned no Response`)
        } catch (error) {
          // The `fetch` of an adapter throws these if it lacks something; nothing was sent.
          if (error instanceof WechatpayError) throw error
          const cause = withoutUrl(error, url)
          throw new TransportError(
            'NETWORK_ERROR',
            `No response from ${new URL(baseUrl).host}: ${reasonOf(cause)}.`,
            mayTakeEffect(call),
            cause,
          )
        }
        return observer ? observer.response(response, read(response)) : read(response)
      })
    })
  } catch (error) {
    observer?.error(error)
    throw error
  }
}

/** Describes an error of `fetch`. Node has the reason (`ECONNREFUSED`) in the cause of its "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : `fetch threw no Error (${typeof error})`
  const { cause, message } = error
  return cause instanceof Error ? `${message} (${(cause as NodeErrno).code ?? cause.message})` : message
}
type NodeErrno = Error & { code?: string }
