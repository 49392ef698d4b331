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

describe('the bodies of notifications', () => {
  test('are held up to a number of bytes, until each is through', async () => {
    const read = createBodyBudget(25_000)
    const first = await read(post(streamOf(new Uint8Array(10_000))))
    const second = await read(post(streamOf(new Uint8Array(5_000), new Uint8Array(5_000))))
    expect([first.body.length, second.body.length]).toEqual([10_000, 10_000])
    expect(await codeOf(read(post(streamOf(new Uint8Array(10_000)))))).toBe('BUSY')
    first.release()
    const third = await read(post(streamOf(new Uint8Array(10_000))))
    second.release()
    third.release()
    expect((await read(post(streamOf(new Uint8Array(25_000))))).body.length).toBe(25_000)
  })

  test('that announce a length are counted by it where it is short', async () => {
    const read = createBodyBudget(10_000)
    const held = await read(post('x'.repeat(8_000), { 'content-length': '8000' }))
    expect(await codeOf(read(post('x'.repeat(8_000), { 'content-length': '8000' })))).toBe('BUSY')
    held.release()
    expect(await codeOf(read(post('x'.repeat(8_000), { 'content-length': '8000' })))).toBe('read')
  })

  test('that announce much and send little take no room of others', async () => {
    const read = createBodyBudget(100_000)
    for (let at = 0; at < 50; at++) void read(post(stalled(10), { 'content-length': '60000' })).catch(() => {})
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(await codeOf(read(post(streamOf(new Uint8Array(50_000)))))).toBe('read')
  })

  test('have 64 KiB, and the bytes of one that is refused are given back', async () => {
    const read = createBodyBudget(100_000)
    for (let at = 0; at < 10; at++)
      expect(await codeOf(read(post(streamOf(new Uint8Array(40_000), new Uint8Array(40_000)))))).toBe('BODY_TOO_LARGE')
    expect(await codeOf(read(post(streamOf(new Uint8Array(60_000)))))).toBe('read')
  })
})
