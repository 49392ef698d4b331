import type { Reply } from '../definitions/call.ts'
import { ConfigurationError, TransportError, WechatpayError } from './errors.ts'
import type { WechatpayOptions } from './options.ts'
import { type Api, type Call, type Credentials, mayTakeEffect, type Protocol } from './protocol/call.ts'
import { replyOf } from './protocol/response.ts'
import * as v2 from './protocol/v2.ts'
import * as v3 from './protocol/v3.ts'
import { fetchFor, type RouteOptions, routeOf } from './routing.ts'
import { send, within } from './transport.ts'
import { withoutUrl } from './without-url.ts'

export const PROTOCOLS: Readonly<Record<Api, Protocol>> = { v2: v2.protocol, v3: v3.protocol }

/** The parts of a client that sending requires: its options, and the keys of both sides. */
export interface Sender {
  readonly options: WechatpayOptions
  readonly credentials: Credentials
}

/**
 * Makes a call: encrypts, signs, sends, verifies, decrypts.
 *
 * @throws {WechatpayError} as a call of a client
 */
export function makeCall(sender: Sender, call: Call, api: Api, options: RouteOptions): Promise<Reply<unknown>> {
  const { credentials } = sender
  const { verify, decode } = PROTOCOLS[api]
  return exchange(sender, call, api, options, async response => {
    const verified = await verify(response, call, credentials)
    return verified.isStream
      ? replyOf(verified, response.body ?? new Blob().stream())
      : decode(verified, call, credentials)
  })
}

/**
 * Encodes a call once, then signs and sends it as often as its route allows.
 *
 * @param read reads the response of each attempt
 */
export async function exchange<T>(
  { options: clientOptions, credentials }: Sender,
  call: Call,
  api: Api,
  options: RouteOptions,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const route = routeOf(call, options, clientOptions)
  const sendRequest = fetchFor(call, clientOptions)
  const keys = api === 'v3' ? credentials.platformKeys.ready() : call.trait.encryptForBank
  const encode = async () => {
    await keys
    return PROTOCOLS[api].encode(call, credentials)
  }
  // Allows for downloading the keys first.
  const attempt = await (keys ? within({ ...route, timeout: route.timeout * 3, changes: false }, encode) : encode())
  return send(route, async (baseUrl, signal) => {
    const [url, init] = await attempt(baseUrl)
    // A file that still arrives after the call has returned is controlled by the caller's signal.
    const streaming =
      call.trait.response === 'file' && options.signal ? AbortSignal.any([signal, options.signal]) : signal
    const sending = async () => sendRequest(url, { ...init, signal: streaming })
    const response = await sending().catch(error => {
      // The `fetch` of an adapter throws these if it lacks something; nothing was sent.
      if (error instanceof WechatpayError) throw error
      const cause = withoutUrl(error, url)
      throw new TransportError(
        'NETWORK_ERROR',
        `No response from ${new URL(baseUrl).host}: ${reasonOf(cause)}.`,
        mayTakeEffect(call),
        cause,
      )
    })
    if (typeof response?.headers?.get !== 'function') throw noResponse(call)
    return read(response)
  })
}

/** Creates the error for a `fetch` option that returns no `Response`. It has run, so the request may have arrived. */
function noResponse(call: Call): TransportError {
  const option = call.trait.mtls ? 'mtlsFetch' : 'fetch'
  const cause = new ConfigurationError('OPTION_INVALID', option, 'it did not return a Response')
  return new TransportError('NETWORK_ERROR', cause.message, mayTakeEffect(call), cause)
}

/** Describes an error of `fetch`. Node has the reason (`ECONNREFUSED`) in the cause of its "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : `fetch threw no Error (${typeof error})`
  const { cause, message } = error
  return cause instanceof Error ? `${message} (${(cause as NodeErrno).code ?? cause.message})` : message
}
type NodeErrno = Error & { code?: string }
