import { utf8 } from '../../core/base/bytes.ts'
import { SECOND } from '../../core/base/time.ts'
import { stringifyJson } from '../../core/codec/json.ts'
import type { Timeline } from './timeline.ts'

/** Entries in one event. */
const MAX_BATCH = 500
/** Interval of the comments that tell a client, and the proxies on the way, that the connection lives. */
const HEARTBEAT = 15 * SECOND
/** Milliseconds after which a browser connects again. */
const RETRY = 1000

export interface StreamOptions {
  /** Ends the stream when it is aborted. */
  readonly signal?: AbortSignal | undefined
  /** Called once, when the stream has ended. */
  readonly onEnd: () => void
}

/**
 * Streams a timeline as server-sent events. Each event `entries` has a JSON list of entries; its id resumes the stream. The first event,
 * `start`, says whether the stream resumes (`{"resumed": true}`); otherwise the client must forget what it has.
 *
 * Holds nothing per client but a position: a client that reads slowly gets the entries when it reads, as far as they are kept.
 *
 * @param lastEventId the id of the last event that the client received
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function streamTimeline(
  timeline: Timeline,
  lastEventId: string | null,
  { signal, onEnd }: StreamOptions,
): Response {
  const position = positionOf(timeline, lastEventId)
  let last = position ?? 0
  let hasStarted = false
  let isEnded = false
  let stopWaiting = (): void => {}
  const waitForNext = (): Promise<boolean> =>
    new Promise(resolve => {
      const finish = (isNext: boolean): void => {
        clearTimeout(timer)
        forget()
        resolve(isNext)
      }
      const timer = setTimeout(() => finish(false), HEARTBEAT)
      // Node, Deno and Bun have `unref`.
      ;(timer as { unref?(): void }).unref?.()
      const forget = timeline.onNext(() => finish(true))
      stopWaiting = () => finish(false)
    })
  let close = (): void => {}
  const end = (): void => {
    if (isEnded) return
    isEnded = true
    stopWaiting()
    signal?.removeEventListener('abort', close)
    onEnd()
  }
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        close = () => {
          end()
          controller.close()
        }
        if (signal?.aborted) close()
        else signal?.addEventListener('abort', close)
      },
      async pull(controller) {
        if (!hasStarted) {
          hasStarted = true
          const start = stringifyJson({ timeline: timeline.name, resumed: position !== undefined })
          return controller.enqueue(
            utf8(`retry: ${RETRY}\nid: ${timeline.name}-${last}\nevent: start\ndata: ${start}\n\n`),
          )
        }
        const isNext = timeline.entriesAfter(last, 1).length > 0 || (await waitForNext())
        if (isEnded) return
        if (!isNext) return controller.enqueue(utf8(':\n\n'))
        const entries = timeline.entriesAfter(last, MAX_BATCH)
        last = entries.at(-1)!.id
        controller.enqueue(utf8(`id: ${timeline.name}-${last}\nevent: entries\ndata: ${stringifyJson(entries)}\n\n`))
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  )
  return new Response(body, {
    headers: {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      // nginx would hold the events back otherwise.
      'X-Accel-Buffering': 'no',
    },
  })
}

/** Returns the id after which a client continues; undefined if it has none of this timeline's. */
function positionOf({ name }: Timeline, lastEventId: string | null): number | undefined {
  const [, timeline, id] = /^([\da-z]+)-(\d{1,15})$/.exec(lastEventId ?? '') ?? []
  return timeline === name ? Number(id) : undefined
}
