import { wait } from '../../core/base/wait.ts'
import { createStore } from '../store.ts'
import { GatewayError, isReachable, request, session } from './session.ts'

/** `refused`: the gateway responds, and opens no stream. Views read again all the same, every few seconds. */
export type Connection = 'connecting' | 'live' | 'lost' | 'refused'

/** Whether the page follows the events of the merchant. */
export const connection = createStore<Connection>('connecting')
/** Why the gateway opens no stream. */
export const streamRefusal = createStore<GatewayError | undefined>(undefined)
/** Grows with each event that the merchant has got, and after each reconnection. Views read again when it does. */
export const changes = createStore(0)

/** Milliseconds until the gateway is asked again. */
const RETRY = 2000
/** Milliseconds until a gateway that has refused a stream is asked again. */
const REFUSED_RETRY = 10_000
/** Milliseconds that a stream of the gateway lasts at least. */
const MIN_DURATION = 1000

/**
 * Follows the events of a merchant, from now on. The stream ends itself from time to time; it is continued where it ended, so no event is
 * missed. While the page is hidden there is no stream: the gateway opens only a few at once.
 *
 * @returns a function that ends it
 */
export function follow(mchid: string): () => void {
  const stopped = new AbortController()
  void run(mchid, stopped.signal)
  return () => stopped.abort()
}

async function run(mchid: string, signal: AbortSignal): Promise<void> {
  let lastId: string | undefined
  connection.set('connecting')
  while (!signal.aborted) {
    await visible(signal)
    const shown = whileVisible(signal)
    try {
      const path = `/admin/merchants/${encodeURIComponent(mchid)}/events/stream`
      const headers = { Accept: 'text/event-stream', ...(lastId !== undefined && { 'Last-Event-ID': lastId }) }
      const response = await request('GET', path, undefined, { headers, signal: shown.signal })
      const began = performance.now()
      connection.set('live')
      changed()
      for await (const message of messagesOf(response, shown.signal)) {
        lastId = message.id ?? lastId
        if (message.event === undefined) changed()
      }
      // Something before the gateway ends streams at once.
      if (!shown.signal.aborted && performance.now() - began < MIN_DURATION) await wait(RETRY, signal)
    } catch (error) {
      if (!shown.signal.aborted) await recover(error, signal)
    } finally {
      shown.end()
    }
  }
}

/** Waits until a stream that was not opened may be tried again. */
async function recover(error: unknown, signal: AbortSignal): Promise<void> {
  const refusal = error instanceof GatewayError ? error : new GatewayError(0, '', '')
  const { status, code } = refusal
  if (status === 401) {
    // Somebody is signing out, or has signed in meanwhile.
    if (session.get().kind === 'signed-in') await wait(RETRY, signal)
    // Not before somebody has signed in.
    return signedIn(signal)
  }
  // Of a proxy whose gateway is away, the code is unknown.
  const isRefused = status >= 400 && code !== 'UNKNOWN'
  streamRefusal.set(refusal)
  connection.set(isRefused ? 'refused' : 'lost')
  await wait(isRefused ? REFUSED_RETRY : RETRY, signal)
}

/** Creates a signal that aborts when the page is hidden, or with the given one. */
function whileVisible(signal: AbortSignal): { readonly signal: AbortSignal; readonly end: () => void } {
  const hidden = new AbortController()
  const check = (): void => {
    if (document.hidden) hidden.abort()
  }
  const end = (): void => document.removeEventListener('visibilitychange', check)
  document.addEventListener('visibilitychange', check)
  return { signal: AbortSignal.any([signal, hidden.signal]), end }
}

/** Waits until the page is visible. */
const visible = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    const check = (): void => {
      if (document.hidden && !signal.aborted) return
      document.removeEventListener('visibilitychange', check)
      signal.removeEventListener('abort', check)
      resolve()
    }
    document.addEventListener('visibilitychange', check)
    signal.addEventListener('abort', check)
    check()
  })

const changed = (): void => changes.set(changes.get() + 1)

interface Message {
  readonly id: string | undefined
  /** Undefined for an event of the ledger. */
  readonly event: string | undefined
}

/** Reads the messages of server-sent events. Their data is not needed: views read what they show. */
async function* messagesOf({ body }: Response, signal: AbortSignal): AsyncGenerator<Message> {
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      text += value
      const blocks = text.split('\n\n')
      text = blocks.pop()!
      for (const block of blocks) {
        const fields = new Map(block.split('\n').map(line => line.split(/: ?(.*)/s, 2) as [string, string]))
        if (fields.has('data')) yield { id: fields.get('id'), event: fields.get('event') }
      }
    }
  } catch {
    // The page has ended the stream itself.
    if (signal.aborted) return
    // The connection broke.
    isReachable.set(false)
    connection.set('lost')
  } finally {
    reader.cancel().catch(() => {})
  }
}

const signedIn = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    const check = (): void => {
      if (session.get().kind !== 'signed-in' && !signal.aborted) return
      unsubscribe()
      signal.removeEventListener('abort', check)
      resolve()
    }
    const unsubscribe = session.subscribe(check)
    signal.addEventListener('abort', check)
    check()
  })
