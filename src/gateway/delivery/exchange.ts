import { startDeadline } from '../../core/deadline.ts'
import { WechatpayError } from '../../core/index.ts'
import { readBounded } from '../../core/read-bounded.ts'
import { VERSION } from '../../core/version.ts'
import { isPrivateHost } from './address.ts'
import type { Endpoint } from './endpoint.ts'
import { retryAfterOf } from './retry-after.ts'
import { signerOf } from './webhook.ts'

/** What goes to an endpoint. */
export interface Message {
  readonly endpoint: Endpoint
  /** The same in all attempts: the receiver knows by it what it has already. */
  readonly id: string
  /** JSON text. */
  readonly body: string
  /** 1 is the first. */
  readonly attempt: number
}

/** What it goes by. */
export interface DeliveryDependencies {
  /** Where addresses can be looked up, one that refuses private ones: `createGuardedFetch` of the server. */
  readonly fetch: typeof fetch
  /** Milliseconds. */
  readonly now: () => number
  /** Milliseconds for all of it, the answer's body too. */
  readonly timeout?: number
}

/** Why an attempt failed. */
export type FailureCode =
  /** There was no whole answer in time. */
  | 'TIMEOUT'
  /** No answer: refused, reset, unresolved, TLS. */
  | 'NETWORK_ERROR'
  /** The answer leads elsewhere, and nobody vouches for that. */
  | 'REDIRECTED'
  /** The endpoint lies in a network of the gateway's own. Nothing was sent. */
  | 'PRIVATE_ADDRESS'
  /** The answer is not 2xx. */
  | 'STATUS'
  /** The endpoint's URL or secrets cannot be used. Nothing was sent. */
  | 'CONFIGURATION'
  /** An answer was asked for, and what came is no JSON object. */
  | 'NOT_JSON'
  /** An answer was asked for, and it is longer than 64 KB. */
  | 'TOO_LARGE'

/** It was not taken, or nobody knows. */
export interface Failure {
  readonly ok: false
  readonly status?: number
  readonly error: FailureCode
  /** A sentence for logs: no secret, no body, of the URL no more than its host. */
  readonly detail: string
  readonly ms: number
  /** How long the endpoint asks to be left alone, milliseconds; a day at most. */
  readonly retryAfter?: number
}

/** A 2xx answer; its body, or why there is none. */
export interface Exchanged {
  readonly ok: true
  readonly status: number
  readonly ms: number
  readonly body: Uint8Array | Failed
}

/** The most of an answer that is read, bytes. */
const MAX_BYTES = 65_536

/** Posts a message, signed, and reads what is answered. It never rejects. */
export async function exchange(
  { endpoint, id, body, attempt }: Message,
  { fetch, now }: DeliveryDependencies,
  timeout: number,
): Promise<Exchanged | Failure> {
  const started = now()
  const deadline = startDeadline(timeout, () => new Failed('TIMEOUT', `No whole answer within ${timeout} ms.`))
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
          ...(await signerOf(endpoint)(id, body, started)),
        },
        body,
        redirect: 'manual',
        signal: deadline.signal,
      }),
    )
    // A browser hides where a redirect leads, and that it is one.
    status = response.status || undefined
    // The status says it all. What the body does may spoil an answer that is asked for, and nothing else; a connection
    // whose answer is read to its end serves the next message.
    const answered = await deadline.wait(collect(response)).catch(failedOf)
    refuse(response, url.host, now())
    return { ok: true, status: response.status, ms: now() - started, body: answered }
  } catch (error) {
    const { code, message, retryAfter } = failedOf(error)
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

/** Why an attempt, or reading its answer, failed. */
export class Failed extends Error {
  override readonly name: string = 'Failed'
  readonly code: FailureCode
  readonly retryAfter: number | undefined

  constructor(code: FailureCode, message: string, retryAfter?: number) {
    super(message)
    this.code = code
    this.retryAfter = retryAfter
  }
}

function urlOf({ url, allowPrivate = false }: Endpoint): URL {
  if (!URL.canParse(url)) throw new Failed('CONFIGURATION', 'The URL is none.')
  const parsed = new URL(url)
  const { protocol, username, password, hostname, host } = parsed
  if (protocol !== 'https:' && !(protocol === 'http:' && allowPrivate))
    throw new Failed('CONFIGURATION', `The URL is ${protocol}//${host}, but https: is required.`)
  if (username || password)
    throw new Failed(
      'CONFIGURATION',
      'The URL has a user in it, which fetch does not send: messages are signed instead.',
    )
  if (!allowPrivate && isPrivateHost(hostname))
    throw new Failed('PRIVATE_ADDRESS', `${host} is a private address. Set allowPrivate where that is meant.`)
  return parsed
}

function refuse({ status, ok, type, headers }: Response, host: string, now: number): void {
  const later = retryAfterOf(headers, now)
  if (type === 'opaqueredirect' || (status >= 300 && status < 400))
    throw new Failed('REDIRECTED', `${host} answered with a redirect, which is not followed. Give its target.`, later)
  if (!ok) throw new Failed('STATUS', `${host} answered ${status}.`, later)
}

/** All of a short body; of a long one no more than shows that it is. */
async function collect({ body }: Response): Promise<Uint8Array> {
  const bytes = await readBounded(body, MAX_BYTES)
  if (bytes) return bytes
  throw new Failed('TOO_LARGE', `The answer is longer than ${MAX_BYTES} bytes.`)
}

/** What somebody's `fetch` throws says the URL in its message, with all that is in it: of that only the code is told. */
function failedOf(error: unknown): Failed {
  if (error instanceof Failed) return error
  if (error instanceof WechatpayError) return new Failed('CONFIGURATION', error.message)
  let reason = Object(error).name ?? typeof error
  for (let at = error, depth = 0; at instanceof Object && depth < 5; at = (at as Error).cause, depth++) {
    const { code } = at as { code?: unknown }
    if (code === 'PRIVATE_ADDRESS')
      return new Failed(
        'PRIVATE_ADDRESS',
        'The name resolves to a private address. Set allowPrivate where that is meant.',
      )
    if (typeof code === 'string') reason = code
  }
  return new Failed('NETWORK_ERROR', `No whole answer: ${reason}.`)
}
