import { type BodyQueue, createBodyQueue } from './body-queue.ts'
import { fetchError } from './http-fetch.ts'
import { type PlainRequest, readPlainHeaders } from './plain-request.ts'
import { hasBody, quickResponseOf } from './quick-response.ts'
import { type Settlement, settleOnce } from './settlement.ts'
import { NOT_DISPATCHED } from './unsent.ts'

/** The part of undici's dispatcher that sends a request: what Node's `fetch` itself calls. */
export interface Dispatcher {
  dispatch(request: DispatchedRequest, handler: DispatchHandler): boolean
}

/** @see https://github.com/nodejs/undici/blob/v6.x/docs/docs/api/Dispatcher.md */
interface DispatchedRequest {
  readonly origin: string
  readonly path: string
  readonly method: string
  readonly headers: Record<string, string>
  readonly body: string | Uint8Array | null
}

interface DispatchHandler {
  onConnect(abort: (reason: unknown) => void): void
  onHeaders(status: number, headers: readonly Buffer[], resume: () => void): boolean
  onData(chunk: Uint8Array): boolean
  onComplete(): void
  onError(error: Error): void
}

/**
 * Sends a request over a dispatcher of undici, as Node's `fetch` does: over the same connections, with the same time limits and the
 * same errors, at a third of the processor time.
 *
 * Sends once. Redirects are returned, not followed. Requests gzip and decompresses it.
 *
 * @throws like `fetch`: the signal's reason, or a `TypeError` that has a `cause`
 */
export function dispatchFetch(dispatcher: Dispatcher, input: string, init: PlainRequest): Promise<Response> {
  const { method, body = null } = init
  const { origin, pathname, search, username, password } = new URL(input)
  const headers = readPlainHeaders(init)
  headers['accept-encoding'] = 'gzip'
  return new Promise((resolve, reject) => {
    if (username || password) throw new TypeError('The URL has credentials')
    init.signal?.throwIfAborted()
    const handler = handlerOf(init.signal, settleOnce({ resolve, reject }))
    try {
      dispatcher.dispatch({ origin, path: pathname + search, method, headers, body }, handler)
    } catch (error) {
      handler.refuse(error)
    }
  })
}

interface RefusableHandler extends DispatchHandler {
  /** Handles an error that `dispatch` throws. */
  refuse(error: unknown): void
}

function handlerOf(signal: AbortSignal | null | undefined, { resolve, reject }: Settlement): RefusableHandler {
  /** Ends the request; set once there is a connection for it. */
  let abort: ((reason: unknown) => void) | undefined
  let body: BodyQueue | undefined
  /** A response without a body, until its connection is free. */
  let response: Response | undefined
  let refusal: { readonly error: unknown } | undefined
  const abortForSignal = (): void => {
    reject(signal!.reason)
    abort?.(signal!.reason)
  }
  signal?.addEventListener('abort', abortForSignal)
  const finish = (): void => signal?.removeEventListener('abort', abortForSignal)

  return {
    onConnect(abortRequest) {
      abort = abortRequest
      // While the connection was being established. Nothing is sent then.
      if (signal?.aborted) abort(signal.reason)
      else if (refusal) abort(refusal.error)
    },
    onHeaders(status, raw, resume) {
      // Informational, such as 103: the response follows.
      if (status < 200) return true
      const headers = raw.map(latin1)
      try {
        const reader = hasBody(status) ? createBody(resume, announcedLength(headers)) : null
        const received = quickResponseOf({ status, headers }, reader)
        // Without a body, the connection is free for the next call before the caller continues.
        if (reader) resolve(received)
        else response = received
      } catch (error) {
        // A Response does not accept the status or a header.
        abort!(error)
        return false
      }
      return true
    },
    onData: chunk => body?.push(chunk) ?? true,
    onComplete() {
      finish()
      body?.end()
      if (response) resolve(response)
    },
    onError(error) {
      finish()
      if (signal?.aborted) {
        body?.fail(signal.reason)
        reject(signal.reason)
      } else {
        body?.fail(new TypeError('terminated', { cause: error }))
        reject(fetchError(error))
      }
    },
    refuse(error) {
      finish()
      refusal = { error }
      reject(fetchError(abort ? (error as Error) : notDispatched(error)))
    },
  }

  function createBody(resume: () => void, length: number | undefined) {
    const drop = (): void => abort!(new DOMException('Cancelled', 'AbortError'))
    const { queue, reader } = createBodyQueue(resume, drop, length)
    body = queue
    return reader
  }
}

/** Creates the error of a dispatcher that refuses a request before there is a connection for it, such as one with another interface. */
const notDispatched = (cause: unknown): Error =>
  Object.assign(new Error('The dispatcher does not accept the request', { cause }), { code: NOT_DISPATCHED })

/** Returns the bytes of a body as its head announces them, which undici enforces; undefined for a body in chunks. */
function announcedLength(headers: readonly string[]): number | undefined {
  const at = headers.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'content-length')
  return at < 0 ? undefined : Number(headers[at + 1])
}

const latin1 = (bytes: Buffer): string => bytes.toString('latin1')
