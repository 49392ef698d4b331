// workerd does not end a read that is cancelled before the body's sender does anything: there the bytes are given back when the
// connection ends.
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createBodyBudget } from '../../../src/gateway/intake/body-budget.ts'

const URL = 'https://gateway.example.com/notify/1'
const post = (body: BodyInit, headers: HeadersInit = {}): Request =>
  new Request(URL, { method: 'POST', body, headers, duplex: 'half' } as RequestInit)
const streamOf = (...chunks: Uint8Array[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
/** A body that stops after some bytes, and does not end. */
const stalled = (bytes: number) =>
  new ReadableStream<Uint8Array>({ start: controller => controller.enqueue(new Uint8Array(bytes)) })
const codeOf = (reading: Promise<unknown>) =>
  reading.then(
    () => 'read',
    error => error.problem?.code ?? error.code,
  )

afterEach(() => void vi.useRealTimers())

describe('the bodies of notifications, while their senders stall', () => {
  test('have five seconds, and the bytes of one that stalls are given back', async () => {
    vi.useFakeTimers()
    const read = createBodyBudget(60_000)
    const stalling = codeOf(read(post(stalled(50_000))))
    await vi.advanceTimersByTimeAsync(4_900)
    const busy = codeOf(read(post(streamOf(new Uint8Array(50_000)))))
    await vi.advanceTimersByTimeAsync(50)
    expect(await busy).toBe('BUSY')
    await vi.advanceTimersByTimeAsync(100)
    expect(await stalling).toBe('BODY_TIMEOUT')
    const after = codeOf(read(post(streamOf(new Uint8Array(50_000)))))
    await vi.advanceTimersByTimeAsync(50)
    expect(await after).toBe('read')
  })
  test('have five seconds where they announce a length too: the reading ends, and gives its bytes back then', async () => {
    vi.useFakeTimers()
    let isCanceled = false
    const body = new ReadableStream<Uint8Array>({
      cancel() {
        isCanceled = true
      },
    })
    const read = createBodyBudget(10_000)
    const stalling = codeOf(read(post(body, { 'content-length': '8000' })))
    await vi.advanceTimersByTimeAsync(5_050)
    expect(await stalling).toBe('BODY_TIMEOUT')
    expect(isCanceled).toBe(true)
    expect(await codeOf(read(post('x'.repeat(8_000), { 'content-length': '8000' })))).toBe('read')
  })
})
