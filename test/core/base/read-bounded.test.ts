import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readBounded } from '../../../src/core/base/read-bounded.ts'

/** A stream of chunks that tells how far it was read. */
function source(chunks: Iterable<Uint8Array>) {
  const iterator = chunks[Symbol.iterator]()
  const told = { pulled: 0, isCanceled: false }
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const { done, value } = iterator.next()
        if (done) return controller.close()
        told.pulled += value.length
        controller.enqueue(value)
      },
      cancel() {
        told.isCanceled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { stream, told }
}

test('a body within the bound is read whole, however it is cut into chunks', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40_000 }), { maxLength: 12 }), async chunks => {
      const whole = Uint8Array.from(chunks.flatMap(chunk => [...chunk]))
      expect(await readBounded(source(chunks).stream, whole.length)).toEqual(whole)
      if (whole.length > 0) expect(await readBounded(source(chunks).stream, whole.length - 1)).toBeUndefined()
    }),
    { numRuns: 50 },
  )
})

test('an endless body is read to the bound, and then canceled', async () => {
  function* endless() {
    for (;;) yield new Uint8Array(1000)
  }
  const { stream, told } = source(endless())
  expect(await readBounded(stream, 100_000)).toBeUndefined()
  expect(told).toEqual({ pulled: 101_000, isCanceled: true })
})

test('no body is an empty one, and what a stream fails with is thrown', async () => {
  expect(await readBounded(null, 0)).toEqual(new Uint8Array())
  const failing = new ReadableStream<Uint8Array>({ pull: controller => controller.error(new RangeError('cut')) })
  await expect(readBounded(failing, 10)).rejects.toThrow(RangeError)
})

test('each chunk is handed over as it comes, and none that goes beyond the bound', async () => {
  const seen: number[] = []
  const chunks = [new Uint8Array(3), new Uint8Array(4), new Uint8Array(5)]
  await readBounded(source(chunks).stream, 8, chunk => void seen.push(chunk.length))
  expect(seen).toEqual([3, 4])
})
