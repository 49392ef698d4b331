/** A stream that is being read. */
export interface ByteSource {
  readonly chunks: AsyncGenerator<Uint8Array>
  /** Cancels the stream, even while a read is pending. */
  cancel(): Promise<void>
}

/** Locks a stream to read it. Leaving the iteration early cancels the stream. */
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
      // Rejects if the stream has failed; there is nothing left to cancel then.
      await reader.cancel().catch(() => {})
    }
  }
  return { chunks: chunks(), cancel: () => reader.cancel() }
}

/**
 * Turns an iterable into a stream that reads from it only on demand.
 *
 * @param cancel cancels the source of the iterable: returning a generator has no effect while it waits or before it has
 * begun
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
