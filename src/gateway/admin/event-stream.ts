import { utf8 } from '../../core/base/bytes.ts'
import { SECOND } from '../../core/base/time.ts'
import { wait } from '../../core/base/wait.ts'
import { bodyOf } from '../delivery/message.ts'
import type { Log } from '../log/log.ts'
import { Refusal } from '../problem.ts'
import type { EventRow } from '../store/event/events.ts'
import { type EventPosition, type EventsAfter, positionAt, type ReadEvents } from '../store/event/search.ts'
import type { Ledger } from '../store/ledger.ts'
import { MAX_SHARDS } from '../store/shards/layout.ts'
import { withoutResource } from './event-summary.ts'

/** The bounds of event streams, which depend on what a runtime charges for. */
export interface EventStreamOptions {
  /** Milliseconds between two queries of the ledger for new events. Default: 300. */
  readonly pollEvery?: number | undefined
  /** Milliseconds after which a stream ends itself, so that its client authenticates again. Default: 300,000. */
  readonly maxAge?: number | undefined
  /** Looks into the ledger after which a stream ends itself. Default: no limit. */
  readonly maxReads?: number | undefined
}

/** The events that a client asks for. */
export interface EventStreamRequest {
  readonly mchid: string
  readonly ledger: Ledger
  readonly caller: string
  /** The session of a console, with which its streams end; undefined for a program. */
  readonly session?: StreamSession | undefined
  readonly requestId: string
  /** Patterns of events. */
  readonly events: readonly string[]
  readonly after: EventsAfter['after'] | undefined
  /** Sends the text that endpoints are sent too, and not only the summary of each event. */
  readonly hasBody: boolean
}

/** A session that has opened a stream. */
export interface StreamSession {
  readonly id: string
  /** Milliseconds until the session expires. */
  readonly expiresIn: number
  /** Calls a function when the session is ended, at once if it has been; returns what ends the subscription. */
  readonly onEnd: (callback: () => void) => () => void
}

export interface EventStreams {
  /**
   * Opens a stream of events (server-sent events).
   *
   * @throws {Refusal} 503 `STREAMS_FULL`
   * @throws {LedgerError}
   */
  open(request: EventStreamRequest): Promise<Response>
  /** Ends all streams and opens no more, because the server is closing. */
  end(): void
}

const POLL_EVERY = 300
const MAX_AGE = 300 * SECOND
/**
 * Streams at once, in all, of all sessions, and of one session or the programs of one caller: each costs a connection, and memory for a
 * page. The tabs of operators never take the place of the programs that listen with the same token.
 */
const MAX_STREAMS = 32
const MAX_SESSION_STREAMS = 16
const MAX_STREAMS_PER_OWNER = 8
/** Events, and bytes of their resources, that one read returns and one chunk holds. */
const MAX_EVENTS = 100
const MAX_LENGTH = 1_000_000
/**
 * Milliseconds of rest after a page in which nothing was wanted. The ledger reads thousands of rows for it, and notifications wait
 * meanwhile.
 */
const REST = 50
/** Milliseconds without an event after which a comment is sent: `Bun.serve` closes silent connections after ten seconds. */
const KEEP_ALIVE = 7 * SECOND
/** Milliseconds that a client waits before it connects again. */
const RETRY = 1_000

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  // nginx would gather the events otherwise.
  'X-Accel-Buffering': 'no',
}

/**
 * Creates streams of events. A stream reads the ledger as fast as its client reads the stream, so that a slow client costs a page of
 * memory and nothing else. Each event has its position as `id`, with which a client continues after a lost connection.
 */
export function createEventStreams({
  log,
  pollEvery = POLL_EVERY,
  maxAge = MAX_AGE,
  maxReads = Number.POSITIVE_INFINITY,
}: EventStreamOptions & { readonly log: Log }): EventStreams {
  const streams = new Set<OpenStream>()
  let isEnding = false

  function requireRoom({ caller, session }: EventStreamRequest): void {
    const all = [...streams]
    const ofSessions = all.filter(stream => stream.sessionId !== undefined).length
    const own = all.filter(stream => stream.caller === caller && stream.sessionId === session?.id).length
    const hasRoom = streams.size < MAX_STREAMS && (session === undefined || ofSessions < MAX_SESSION_STREAMS)
    if (!isEnding && hasRoom && own < MAX_STREAMS_PER_OWNER) return
    throw new Refusal({
      status: 503,
      code: 'STREAMS_FULL',
      detail: isEnding
        ? 'The gateway is closing. Connect again in a moment.'
        : session
          ? `Consoles have ${ofSessions} event streams open, ${own} of them of this session, and the gateway opens at most ${MAX_SESSION_STREAMS} and ${MAX_STREAMS_PER_OWNER}. Close tabs of the console; the page tries again.`
          : `The gateway has ${streams.size} event streams open, ${own} of them of ${caller}, and opens at most ${MAX_STREAMS} and ${MAX_STREAMS_PER_OWNER}. Close one, or connect again later.`,
      headers: { 'Retry-After': '5' },
    })
  }

  /** Registers a stream until `stopped` aborts. */
  function register(request: EventStreamRequest, stopped: AbortController, sent: SentCount): void {
    const { caller, mchid, requestId, session } = request
    const started = performance.now()
    const stream = { caller, sessionId: session?.id, end: () => stopped.abort() }
    streams.add(stream)
    const timer = setTimeout(stream.end, Math.min(maxAge, Math.max(0, session?.expiresIn ?? maxAge)))
    const unsubscribe = session?.onEnd(stream.end)
    onceAborted(stopped.signal, () => {
      streams.delete(stream)
      clearTimeout(timer)
      unsubscribe?.()
      const ms = Math.round(performance.now() - started)
      log.info('event stream', { requestId, caller, mchid, count: sent.events, ms })
    })
  }

  return {
    async open(request) {
      const { mchid, requestId, caller, after } = request
      requireRoom(request)
      const stopped = new AbortController()
      const sent: SentCount = { events: 0 }
      register(request, stopped, sent)
      const reader = createReader(request, { pollEvery, maxReads, sent, stopped: stopped.signal })
      // The first read precedes the response, so that the failure of a ledger is a problem document.
      const first = await reader.begin(after).catch(error => {
        stopped.abort()
        throw error
      })
      let toSend: string | undefined = `retry: ${RETRY}\n\n${first}`
      const next = async (): Promise<string | undefined> => {
        const text = toSend
        toSend = undefined
        return text ?? reader.next()
      }
      const body = new ReadableStream<Uint8Array>(
        {
          start: controller =>
            onceAborted(stopped.signal, () => {
              // A stream that its reader has cancelled is closed already.
              if (controller.desiredSize !== null) tryClose(controller)
            }),
          async pull(controller) {
            const text = await next().catch(error => {
              log.warn('event stream failed', { requestId, caller, mchid, reason: error })
              return undefined
            })
            if (stopped.signal.aborted) return
            if (text === undefined) stopped.abort()
            else controller.enqueue(utf8(text))
          },
          cancel: () => stopped.abort(),
        },
        { highWaterMark: 0 },
      )
      return new Response(body, { headers: HEADERS })
    },
    end() {
      isEnding = true
      for (const stream of streams) stream.end()
    },
  }
}

/** A stream that has not ended. */
interface OpenStream {
  readonly caller: string
  readonly sessionId: string | undefined
  readonly end: () => void
}

/** Calls a function when a signal aborts, at once if it has: a session may end while the first page is read. */
function onceAborted(signal: AbortSignal, callback: () => void): void {
  if (signal.aborted) callback()
  else signal.addEventListener('abort', callback, { once: true })
}

/** Counts the events that a stream has sent, for the log. */
interface SentCount {
  events: number
}

interface ReaderOptions {
  readonly pollEvery: number
  readonly maxReads: number
  readonly sent: SentCount
  readonly stopped: AbortSignal
}

/** Reads the events of a stream from the ledger, a page for each chunk. */
function createReader({ mchid, ledger, events, hasBody }: EventStreamRequest, options: ReaderOptions) {
  const { pollEvery, maxReads, sent, stopped } = options
  let reads = 0
  let page: ReadEvents | undefined

  async function readPage(after: EventsAfter['after'] | undefined): Promise<string> {
    const last = page?.position
    page = await ledger.eventsAfter(mchid, {
      limit: MAX_EVENTS,
      maxLength: MAX_LENGTH,
      events,
      ...(after && { after }),
    })
    // Each ledger of which the ledger consists was read.
    reads += 1 + (page.position.further?.length ?? 0)
    sent.events += page.rows.length
    return writePage(page, last, hasBody)
  }

  return {
    begin: readPage,
    /** Waits until there is something to send; undefined when the stream has ended. */
    async next(): Promise<string | undefined> {
      const silentSince = performance.now()
      while (reads < maxReads) {
        if (page?.isAtEnd) await wait(pollEvery, stopped)
        else if (page?.rows.length === 0) await wait(REST, stopped)
        if (stopped.aborted) return undefined
        const text = await readPage(page?.position)
        if (text !== '') return text
        if (performance.now() - silentSince > KEEP_ALIVE) return ':\n\n'
      }
      return undefined
    },
  }
}

function tryClose(controller: ReadableStreamDefaultController): void {
  try {
    controller.close()
  } catch {
    // Cancelled at the same moment.
  }
}

/**
 * Writes a position as the `id` of an event. Its check comes from the ledger, where an import may have left a line end.
 *
 * @example
 * ```ts
 * formatPosition({ seq: 12, at: 1767225600000, check: '0a1b2c3d' }) // '12-1767225600000-0a1b2c3d'
 * ```
 */
export const formatPosition = ({ seq, at, check, further = [] }: EventPosition): string =>
  [`${seq}-${at}-${check.replace(/\W/g, '')}`, ...further.map(formatPosition)].join('.')

/** Reads the `id` of an event; undefined if the gateway has not written it. */
export function parsePosition(id: string): EventPosition | undefined {
  const [first, ...further] = id.split('.', MAX_SHARDS).map(parsePlace)
  const known = further.filter(place => place !== undefined)
  if (!first || known.length < further.length) return undefined
  return known.length === 0 ? first : { ...first, further: known }
}

function parsePlace(text: string): EventPosition | undefined {
  const [, seq, at, check] = /^(\d{1,15})-(\d{1,15})-(\w{0,8})$/.exec(text) ?? []
  return check === undefined ? undefined : { seq: Number(seq), at: Number(at), check }
}

/** Writes the events of a page, and its position if that is behind the last of them. */
function writePage(
  { rows, positions, position }: ReadEvents,
  last: EventPosition | undefined,
  hasBody: boolean,
): string {
  const ids = rows.map((row, at) => formatPosition(positions?.[at] ?? positionAt(row)))
  const events = rows.map((row, at) => writeEvent(row, ids[at]!, hasBody))
  const id = formatPosition(position)
  if (id !== (ids.at(-1) ?? (last && formatPosition(last)))) events.push(`event: position\nid: ${id}\ndata: {}\n\n`)
  return events.join('')
}

function writeEvent(row: EventRow, id: string, hasBody: boolean): string {
  const data = JSON.stringify({ ...withoutResource(row), ...(hasBody && { body: bodyOf(row) }) })
  return `id: ${id}\ndata: ${data}\n\n`
}
