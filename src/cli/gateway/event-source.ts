import { SECOND } from '../../core/base/time.ts'
import { wait } from '../../core/base/wait.ts'
import { type GatewayConnection, GatewayError, writeQuery } from './connection.ts'
import { readServerSentEvents, type ServerSentEvent } from './server-sent-events.ts'

/** The events to follow. */
export interface EventSourceOptions {
  /** Patterns of events. Default: all. */
  readonly events?: readonly string[] | undefined
  /** Milliseconds since 1970, if there is no position yet. Default: only new events. */
  readonly since?: number | undefined
  /** The `id` to continue after. */
  readonly lastId?: string | undefined
  /** Asks for the text that endpoints are sent. */
  readonly hasBody?: boolean
  readonly signal: AbortSignal
  /** Called once, when the stream is open for the first time: it has every event that is recorded from then on. */
  readonly onOpen?: () => void
  /** Called when the connection was lost, with the reason, and when it is there again. */
  readonly onConnection?: (state: { readonly isLost: boolean; readonly reason?: string }) => void
}

/** Milliseconds without a byte after which a connection counts as dead: the gateway sends a comment every 7 s. */
const MAX_SILENCE = 45 * SECOND
/** Milliseconds after which the end of a connection is no failure: a stream ends itself after a minute or more. */
const MIN_AGE = 5 * SECOND
const FIRST_PAUSE = 500
const MAX_PAUSE = 10 * SECOND

/**
 * Follows the events of a gateway, over lost connections and restarts of the gateway: each message once, in the order in which they
 * were recorded.
 *
 * @returns messages, of which those of the event `position` have an `id` only
 * @throws {GatewayError} the first connection fails, unless the gateway is full or closing; or a later one is refused for good
 */
export async function* followEvents(
  gateway: GatewayConnection,
  options: EventSourceOptions,
): AsyncGenerator<ServerSentEvent> {
  const { signal, onOpen = () => {}, onConnection = () => {} } = options
  let { lastId } = options
  let isConnected = false
  let isLost = false
  let failures = 0
  while (!signal.aborted) {
    const connection = new AbortController()
    const openedAt = performance.now()
    const watch = createWatch(() => connection.abort(new Error('silent')))
    try {
      const response = await watch.during(
        openStream(gateway, options, lastId, AbortSignal.any([signal, connection.signal])),
      )
      if (isLost) onConnection({ isLost: false })
      if (!isConnected) onOpen()
      isConnected = true
      isLost = false
      for await (const message of readServerSentEvents(watch.each(response.body!))) {
        lastId = message.id ?? lastId
        yield message
      }
      // A stream that ends itself is resumed at once.
    } catch (error) {
      if (signal.aborted) return
      // At first, an address that nobody answers at may be wrong; one that asks to come again is not.
      if (error instanceof GatewayError && !(isConnected ? error.isTemporary : error.status === 503)) throw error
      if (!isLost) onConnection({ isLost: true, reason: reasonOf(error) })
      isLost = true
    } finally {
      watch.end()
      connection.abort()
    }
    failures = performance.now() - openedAt > MIN_AGE ? 0 : failures + 1
    if (failures > 0) await wait(Math.min(FIRST_PAUSE * 2 ** (failures - 1), MAX_PAUSE), signal)
  }
}

function openStream(
  gateway: GatewayConnection,
  { events, since, hasBody }: EventSourceOptions,
  lastId: string | undefined,
  signal: AbortSignal,
): Promise<Response> {
  const query = {
    events: events?.join(','),
    since: lastId === undefined && since !== undefined ? String(since) : undefined,
    body: hasBody ? 'true' : undefined,
  }
  const headers: Record<string, string> = lastId === undefined ? {} : { 'Last-Event-ID': lastId }
  return gateway.openStream(`/events/stream${writeQuery(query)}`, headers, signal)
}

const reasonOf = (error: unknown): string =>
  error instanceof GatewayError ? error.message : 'The connection to the gateway was lost.'

/** Watches for silence while something is awaited, but not while the consumer is busy. */
function createWatch(onSilence: () => void) {
  let timer: NodeJS.Timeout | undefined
  const during = async <T>(work: Promise<T>): Promise<T> => {
    timer = setTimeout(onSilence, MAX_SILENCE)
    try {
      return await work
    } finally {
      clearTimeout(timer)
    }
  }
  return {
    during,
    async *each(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
      const reader = body.getReader()
      try {
        for (;;) {
          const { done, value } = await during(reader.read())
          if (done) return
          yield value
        }
      } finally {
        await reader.cancel().catch(() => {})
      }
    },
    end: () => clearTimeout(timer),
  }
}
