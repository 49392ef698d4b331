import { utf8 } from '../../core/base/bytes.ts'
import type { SimulatedResponse } from '../http/response.ts'

/**
 * Reports that the simulator cut the connection instead of responding. `fetch` rejects with a `TypeError` when the network
 * fails, too; a server that serves the simulator closes the connection.
 */
export class ConnectionCut extends TypeError {
  constructor() {
    super('fetch failed', {
      cause: Object.assign(new Error('The simulator cut the connection.'), { code: 'ECONNRESET' }),
    })
  }
}

/** Creates a response whose body breaks off halfway, although its `Content-Length` announces the whole. */
export function cutResponse({ status, body }: SimulatedResponse, headers: Readonly<Record<string, string>>): Response {
  const bytes = typeof body === 'string' ? utf8(body) : body!
  const stream = new ReadableStream<Uint8Array>({
    start: controller => controller.enqueue(bytes.subarray(0, bytes.length >> 1)),
    pull: controller => controller.error(new ConnectionCut()),
  })
  return new Response(stream, { status, headers: { ...headers, 'Content-Length': String(bytes.length) } })
}

/**
 * Waits, by the real clock.
 *
 * @throws the signal's reason, when it is aborted
 */
export function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
  })
}
