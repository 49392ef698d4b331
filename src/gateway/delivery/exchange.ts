import { startDeadline } from '../../core/base/deadline.ts'
import { readBounded } from '../../core/base/read-bounded.ts'
import { VERSION } from '../../core/base/version.ts'
import { WechatpayError } from '../../core/index.ts'
import { isPrivateHost } from './address.ts'
import type { Endpoint } from './endpoint.ts'
import { retryAfterOf } from './retry-after.ts'
import { signerOf } from './webhook.ts'

/** A message to an endpoint. */
export interface Message {
  readonly endpoint: Endpoint
  /** The same in all attempts, so that the receiver recognises a duplicate. */
  readonly id: string
  /** JSON text. */
  readonly body: string
  /** The number of the attempt, from 1. */
  readonly attempt: number
  /** Continues the trace of the notification. */
  readonly traceparent?: string | undefined
}

/** The dependencies of a delivery. */
export interface DeliveryDependencies {
  /** On runtimes that can resolve names, it should refuse private addresses: `createGuardedFetch` of the server. */
  readonly fetch: typeof fetch
  /** The clock, milliseconds since 1970. */
  readonly now: () => number
  /** Milliseconds for a whole attempt, including the body of the response. */
  readonly timeout?: number
}

/** The reason why an attempt failed. */
export type FailureCode =
  /** There was no complete response in time. */
  | 'TIMEOUT'
  /** There was no response: the connection was refused or reset, or the name or TLS failed. */
  | 'NETWORK_ERROR'
  /** The response is a redirect, which is not followed, because its target is not configured. */
  | 'REDIRECTED'
  /** The endpoint has a private address. Nothing was sent. */
  | 'PRIVATE_ADDRESS'
  /** The status is not 2xx. */
  | 'STATUS'
  /** The endpoint's URL or secrets are invalid. Nothing was sent. */
  | 'CONFIGURATION'
  /** The answer to a question is not a JSON object. */
  | 'NOT_JSON'
  /** The answer to a question is longer than 64 KB. */
  | 'TOO_LARGE'

/** A failed attempt. The endpoint may have received the message. */
export interface Failure {
  readonly ok: false
  readonly status?: number
  readonly error: FailureCode
  /** A sentence for logs, with no secret, no body, and only the host of the URL. */
  readonly detail: string
  readonly ms: number
  /** Milliseconds for which the endpoint asks not to retry; a day at most. */
  readonly retryAfter?: number
}

/** A 2xx response, with its body or the reason why there is none. */
export interface Exchanged {
  readonly ok: true
  readonly status: number
  readonly ms: number
  readonly body: Uint8Array | DeliveryError
}

/** Maximum size of a response. */
const MAX_BYTES = 65_536

/** Posts a signed message, and reads the response. Never rejects. */
export async function exchange(
  { endpoint, id, body, attempt, traceparent }: Message,
  { fetch, now }: DeliveryDependencies,
  timeout: number,
): Promise<Exchanged | Failure> {
  const started = now()
  const deadline = startDeadline(
    timeout,
    () => new DeliveryError('TIMEOUT', `No complete response within ${timeout} ms.`),
  )
  let status: number | undefined
  try {
    const url = urlOf(endpoint)
    const response = await deadline.wait(
      fetch(url.href, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          'User-Agent': `wechatpay-edge/${VERSION}`,
          'Wechatpay-Edge-Attempt': String(attempt),
          ...(traceparent !== undefined && { traceparent }),
          ...(await signerOf(endpoint)(id, body, started)),
        },
        body,
        redirect: 'manual',
        signal: deadline.signal,
      }),
    )
    // The status of an opaque redirect in a browser is 0.
    status = response.status || undefined
    // A failure of the body matters only for the answer to a question: the status decides whether an event is delivered. The body is
    // read nevertheless, because that frees the connection for the next message.
    const responseBody = await deadline.wait(readShortBody(response)).catch(toDeliveryError)
    throwUnlessOk(response, url.host, now())
    return { ok: true, status: response.status, ms: now() - started, body: responseBody }
  } catch (error) {
    const { code, message, retryAfter } = toDeliveryError(error)
    return {
      ok: false,
      ...(status && { status }),
      error: code,
      detail: message,
      ms: now() - started,
      ...(retryAfter !== undefined && { retryAfter }),
    }
  } finally {
    deadline.end()
  }
}

/** The failure of an attempt, or of reading its response. */
export class DeliveryError extends Error {
  override readonly name: string = 'DeliveryError'
  readonly code: FailureCode
  readonly retryAfter: number | undefined

  constructor(code: FailureCode, message: string, retryAfter?: number) {
    super(message)
    this.code = code
    this.retryAfter = retryAfter
  }
}

function urlOf({ url, allowPrivate = false }: Endpoint): URL {
  if (!URL.canParse(url)) throw new DeliveryError('CONFIGURATION', 'The URL is invalid.')
  const parsed = new URL(url)
  const { protocol, username, password, hostname, host } = parsed
  if (protocol !== 'https:' && !(protocol === 'http:' && allowPrivate))
    throw new DeliveryError('CONFIGURATION', `The URL is ${protocol}//${host}, but https: is required.`)
  if (username || password)
    throw new DeliveryError(
      'CONFIGURATION',
      'The URL contains a user name or password. Remove it: messages are signed instead.',
    )
  if (!allowPrivate && isPrivateHost(hostname))
    throw new DeliveryError('PRIVATE_ADDRESS', `${host} is a private address. Set allowPrivate if that is intended.`)
  return parsed
}

function throwUnlessOk({ status, ok, type, headers }: Response, host: string, now: number): void {
  const retryAfter = retryAfterOf(headers, now)
  if (type === 'opaqueredirect' || (status >= 300 && status < 400))
    throw new DeliveryError(
      'REDIRECTED',
      `${host} responded with a redirect, which is not followed. Configure its target.`,
      retryAfter,
    )
  if (!ok) throw new DeliveryError('STATUS', `${host} responded with status ${status}.`, retryAfter)
}

/** Reads a body of at most {@link MAX_BYTES}, and fails for a longer one. */
async function readShortBody({ body }: Response): Promise<Uint8Array> {
  const bytes = await readBounded(body, MAX_BYTES)
  if (bytes) return bytes
  throw new DeliveryError('TOO_LARGE', `The response is longer than ${MAX_BYTES} bytes.`)
}

/** Converts an error. The message of an error of `fetch` may contain the whole URL, so only its code is kept. */
function toDeliveryError(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error
  if (error instanceof WechatpayError) return new DeliveryError('CONFIGURATION', error.message)
  let reason = Object(error).name ?? typeof error
  for (let at = error, depth = 0; at instanceof Object && depth < 5; at = (at as Error).cause, depth++) {
    const { code } = at as { code?: unknown }
    if (code === 'PRIVATE_ADDRESS')
      return new DeliveryError(
        'PRIVATE_ADDRESS',
        'The name resolves to a private address. Set allowPrivate if that is intended.',
      )
    if (typeof code === 'string') reason = code
  }
  return new DeliveryError('NETWORK_ERROR', `No complete response: ${reason}.`)
}
