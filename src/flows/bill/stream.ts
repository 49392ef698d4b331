/** A stream as its chunks, and its end. */
export interface ByteSource {
  readonly chunks: AsyncGenerator<Uint8Array>
  /** Ends it, whatever it waits for. */
  cancel(): Promise<void>
}

/** Locks a stream to read it. Who stops before its end cancels it. */
export function openStream(stream: ReadableStream<Uint8Array>): ByteSource {
  const reader = stream.getReader()
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return
        yield value
      }
    } finally {
      // One that has ended or failed has nothing to cancel.
      await reader.cancel().catch(() => {})
    }
  }
  return { chunks: chunks(), cancel: () => reader.cancel() }
}

/**
 * A stream of what an iterable yields, read no sooner than it is asked for.
 *
 * @param cancel ends what the iterable reads: a generator that waits, or that has not begun, cannot be ended itself
 */
export function toStream(chunks: AsyncIterable<Uint8Array>, cancel?: () => Promise<void>): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await iterator.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        await cancel?.()
        await iterator.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}
