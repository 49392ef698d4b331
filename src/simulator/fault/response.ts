import { utf8 } from '../../core/bytes.ts'
import type { Answer } from '../http/response.ts'
import { ConnectionCut } from './connection-cut.ts'

/** A response that breaks off in mid-body: it announces more than comes. */
export function cutResponse({ status, body }: Answer, headers: Readonly<Record<string, string>>): Response {
  const bytes = typeof body === 'string' ? utf8(body) : body!
  const stream = new ReadableStream<Uint8Array>({
    start: controller => controller.enqueue(bytes.subarray(0, bytes.length >> 1)),
    pull: controller => controller.error(new ConnectionCut()),
  })
  return new Response(stream, { status, headers: { ...headers, 'Content-Length': String(bytes.length) } })
}

/** @throws what the signal gives as its reason, when it is aborted */
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
