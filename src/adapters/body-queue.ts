import { concat } from '../core/base/bytes.ts'
import type { ByteSource } from '../core/base/read-bounded.ts'

/** Bytes that wait for their reader before the connection is paused: as many as `fetch` keeps. */
const MAX_WAITING = 65_536
/** Bytes up to which waiting chunks are read as one. */
const MAX_JOINED = 4096

type Chunk = Uint8Array<ArrayBuffer>
type Reader = ReturnType<ByteSource['getReader']>

/** The end of a body at which a connection pushes its chunks. Does not refer to the reader. */
export interface BodyQueue {
  /** Adds a chunk. Returns whether the connection may go on; otherwise it must pause. */
  readonly push: (chunk: Uint8Array) => boolean
  readonly end: () => void
  /** Ends the body with an error, which the reader receives instead of the chunks that it has not taken. */
  readonly fail: (error: unknown) => void
}

/** Drops the bodies whose reader nothing refers to any more, as `fetch` does: otherwise a paused connection would stay open for ever. */
const unread = new FinalizationRegistry<() => void>(drop => drop())

/**
 * Creates a queue for the body of a message, and its reader. The rest of the body is dropped with its reader, so a connection must not
 * refer to it, to the response that has it, or to the promise of that. A body that is cancelled ends; one whose reader was collected fails.
 *
 * @param resume continues a paused connection
 * @param cancel drops the rest of the body
 * @param length number of bytes, if it is known: a connection is never paused for a short body, which need not be dropped
 */
export function createBodyQueue(
  resume: () => void,
  cancel: () => void,
  length: number = Number.POSITIVE_INFINITY,
): { readonly queue: BodyQueue; readonly reader: Reader } {
  const chunks: Chunk[] = []
  let waiting = 0
  let isPaused = false
  let outcome: { readonly error?: unknown } | undefined
  let wake: (() => void) | undefined

  const settle = (end: { readonly error?: unknown }): void => {
    outcome ??= end
    wake?.()
  }

  async function read(): Promise<ReadableStreamReadResult<Chunk>> {
    while (chunks.length === 0) {
      if (outcome && 'error' in outcome) throw outcome.error
      if (outcome) return { done: true, value: undefined }
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
    const value = takeFrom(chunks)
    waiting -= value.length
    if (isPaused && waiting < MAX_WAITING) {
      isPaused = false
      resume()
    }
    return { done: false, value }
  }

  function drop(end: { readonly error?: unknown }): void {
    if (outcome) return
    chunks.length = 0
    settle(end)
    cancel()
  }

  const queue: BodyQueue = {
    push(chunk) {
      // A connection that was ended may still deliver what it has buffered.
      if (outcome) return true
      chunks.push(chunk as Chunk)
      waiting += chunk.length
      wake?.()
      isPaused = waiting >= MAX_WAITING
      return !isPaused
    },
    end: () => settle({}),
    fail(error) {
      if (outcome) return
      chunks.length = 0
      settle({ error })
    },
  }
  const reader: Reader = { read, cancel: async () => drop({}) }
  // A read with a method that was taken from the reader must not take a part of the body for all of it.
  if (!(length < MAX_WAITING))
    unread.register(reader, () => drop({ error: new Error('The body was dropped: nothing refers to its reader.') }))
  return { queue, reader }
}

/** Removes the first chunk; with those that wait after it if all are short, because a read costs more than copying their bytes. */
function takeFrom(chunks: Chunk[]): Chunk {
  let [count, length] = [0, 0]
  for (const chunk of chunks) {
    length += chunk.length
    if (length > MAX_JOINED) break
    count++
  }
  return count < 2 ? chunks.shift()! : concat(...chunks.splice(0, count))
}

/** Creates the stream of a body, at a third of the cost of `Readable.toWeb`. */
export const streamOf = (reader: Reader): ReadableStream<Chunk> =>
  new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(value as Chunk)
      },
      cancel: () => reader.cancel(),
    },
    // The queue holds what has arrived.
    { highWaterMark: 0 },
  )
