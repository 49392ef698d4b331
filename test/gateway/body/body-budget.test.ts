import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createBodyBudget } from '../../../src/gateway/body/body-budget.ts'
import { eventually } from '../../eventually.ts'

const post = (body: BodyInit, headers: HeadersInit = {}): Request =>
  new Request('https://gateway.example.com/notify/1', { method: 'POST', body, headers, duplex: 'half' } as RequestInit)

const streamOf = (...chunks: Uint8Array[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })

/** A body that stops after some bytes, and does not end. */
const stalled = (bytes: number, canceled = () => {}) =>
  new ReadableStream<Uint8Array>({
    start: controller => bytes > 0 && controller.enqueue(new Uint8Array(bytes)),
    cancel: canceled,
  })

const pause = (ms = 20) => new Promise(resolve => setTimeout(resolve, ms))

/** The outcomes of readings, by name; those that are not over are missing. */
function watch() {
  const codes: Record<string, string> = {}
  const watched = <T>(name: string, reading: Promise<T>): Promise<T | undefined> =>
    reading.then(
      value => {
        codes[name] = 'read'
        return value
      },
      error => {
        codes[name] = error.problem?.code ?? error.code ?? String(error)
        return undefined
      },
    )
  return { codes, watched }
}

/** Bytes that each request costs in addition to its body. */
const REQUEST = 16_384

describe('the bodies of notifications', () => {
  test('take room when they have arrived, not when they are announced: silent ones keep none out', async () => {
    const read = createBodyBudget({ accounts: 1, maxBytes: 700_000 })
    const { codes, watched } = watch()
    for (let at = 0; at < 40; at++)
      void watched(`silent ${at}`, read(post(stalled(0), { 'content-length': '8000' }), 'a'))
    await pause()
    expect(codes).toEqual({})
    await watched('genuine', read(post(streamOf(new Uint8Array(20_000))), 'a'))
    expect(codes).toEqual({ genuine: 'read' })
  })

  test('that have been arriving for the longest give way to new ones, at once and for whoever sends them', async () => {
    const read = createBodyBudget({ accounts: 1, maxBytes: 100_000 })
    const { codes, watched } = watch()
    const canceled: string[] = []
    for (const name of ['first', 'second', 'third'])
      void watched(name, read(post(stalled(30_000 - REQUEST, () => canceled.push(name))), 'a'))
    await pause()
    expect(codes).toEqual({})
    const genuine = await watched('genuine', read(post(streamOf(new Uint8Array(30_000 - REQUEST))), 'a'))
    await pause()
    expect([codes, canceled]).toEqual([{ genuine: 'read', first: 'BUSY' }, ['first']])
    genuine!.release()
    void watched('fourth', read(post(stalled(30_000 - REQUEST)), 'a'))
    await pause()
    expect(codes).toEqual({ genuine: 'read', first: 'BUSY' })
  })

  test('are bounded in number, though they have sent nothing', async () => {
    const read = createBodyBudget({ accounts: 1, maxBytes: 10 * REQUEST })
    const { codes, watched } = watch()
    for (let at = 0; at < 50; at++) void watched(`silent ${at}`, read(post(stalled(0)), 'a'))
    await pause()
    expect(Object.keys(codes)).toHaveLength(40)
    expect(new Set(Object.values(codes))).toEqual(new Set(['BUSY']))
  })

  test('never take more than the room while they arrive, however many send at once, in chunks of any size', async () => {
    const maxBytes = 500_000
    // The deadline ends none while the others are sent.
    const read = createBodyBudget({ accounts: 3, maxBytes, deadline: 60_000 })
    const { codes, watched } = watch()
    const sizes = new Map<string, number>()
    const sending: Promise<void>[] = []
    for (let at = 0; at < 300; at++) {
      const bytes = (at * 7919) % 60_000
      sizes.set(`${at}`, bytes + REQUEST)
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
      void watched(`${at}`, read(post(readable), `${at % 2}`))
      const writer = writable.getWriter()
      const send = async () => {
        for (let rest = bytes; rest > 0; rest -= 5_000) {
          await pause(at % 5)
          await writer.write(new Uint8Array(Math.min(rest, 5_000)))
        }
      }
      // Of a body that gave way the rest is not taken.
      sending.push(send().catch(() => {}))
    }
    await Promise.all(sending)
    await pause()
    const left = [...sizes].filter(([name]) => codes[name] === undefined)
    expect(left.reduce((sum, [, bytes]) => sum + bytes, 0)).toBeLessThanOrEqual(maxBytes)
    expect(left.length).toBeGreaterThan(5)
  })

  test('of one merchant keep out none of another, which has its share whatever the one sends', async () => {
    const read = createBodyBudget({ accounts: 4, maxBytes: 200_000 })
    const { codes, watched } = watch()
    for (let at = 0; at < 10; at++) void watched(`flood ${at}`, read(post(stalled(40_000 - REQUEST)), 'attacked'))
    await pause()
    const slow = watched('slow, of another', read(post(stalled(30_000)), 'other'))
    for (let at = 10; at < 30; at++) void watched(`flood ${at}`, read(post(stalled(40_000 - REQUEST)), 'attacked'))
    await watched('of another', read(post(streamOf(new Uint8Array(10_000))), 'other'))
    await pause()
    expect(codes['of another']).toBe('read')
    expect(codes).not.toHaveProperty('slow, of another')
    expect(Object.values(codes).filter(code => code === 'BUSY').length).toBeGreaterThan(20)
    void slow
  })

  test('that are there do not give way; their merchant alone has to wait for them', async () => {
    const read = createBodyBudget({ accounts: 2, maxBytes: 100_000 })
    const { codes, watched } = watch()
    const held = await Promise.all(
      [0, 1, 2].map(at => watched(`held ${at}`, read(post(streamOf(new Uint8Array(33_000 - REQUEST))), 'a'))),
    )
    await watched('over', read(post(streamOf(new Uint8Array(20_000))), 'a'))
    await watched('of another', read(post(streamOf(new Uint8Array(20_000))), 'b'))
    expect(codes).toEqual({ 'held 0': 'read', 'held 1': 'read', 'held 2': 'read', over: 'BUSY', 'of another': 'read' })
    for (const one of held) one!.release()
    await watched('afterwards', read(post(streamOf(new Uint8Array(20_000))), 'a'))
    expect(codes.afterwards).toBe('read')
  })

  test('of requests that Cloudflare ended before they gave back their bytes count for two minutes, and then no longer', async () => {
    let now = 0
    const read = createBodyBudget({ accounts: 2, maxBytes: 100_000, now: () => now })
    const { codes, watched } = watch()
    const whole = () => post(streamOf(new Uint8Array(33_000 - REQUEST)))
    // They are read, and never released.
    await Promise.all([0, 1, 2].map(at => watched(`ended ${at}`, read(whole(), 'a'))))
    now = 119_000
    await watched('while they may go on', read(whole(), 'a'))
    now = 120_000
    const later = await Promise.all([0, 1, 2].map(at => watched(`later ${at}`, read(whole(), 'a'))))
    await watched('over', read(whole(), 'a'))
    expect(codes).toEqual({
      'ended 0': 'read',
      'ended 1': 'read',
      'ended 2': 'read',
      'while they may go on': 'BUSY',
      'later 0': 'read',
      'later 1': 'read',
      'later 2': 'read',
      over: 'BUSY',
    })
    // Those that still count are released once each.
    for (const body of [...later, ...later]) body!.release()
    await Promise.all([0, 1, 2].map(at => watched(`again ${at}`, read(whole(), 'a'))))
    await watched('over again', read(whole(), 'a'))
    expect([codes['again 2'], codes['over again']]).toEqual(['read', 'BUSY'])
  })

  test('have 64 KiB, and the bytes of one that is refused are given back', async () => {
    const read = createBodyBudget({ accounts: 1, maxBytes: 100_000 })
    const { codes, watched } = watch()
    for (let at = 0; at < 10; at++)
      await watched(`${at}`, read(post(streamOf(new Uint8Array(40_000), new Uint8Array(40_000))), 'a'))
    expect(Object.values(codes)).toEqual(Array(10).fill('BODY_TOO_LARGE'))
    await watched('genuine', read(post(streamOf(new Uint8Array(60_000))), 'a'))
    expect(codes.genuine).toBe('read')
  })

  test.each<Record<string, string>>([{}, { 'content-length': '60000' }])(
    'have a deadline, though their senders stall: then the reading ends, and its bytes are given back (%o)',
    async headers => {
      const read = createBodyBudget({ accounts: 1, maxBytes: 130_000, deadline: 100 })
      const { codes, watched } = watch()
      let isCanceled = false
      const body = stalled(50_000, () => {
        isCanceled = true
      })
      const start = performance.now()
      await watched('stalling', read(post(body, headers), 'a'))
      expect(performance.now() - start).toBeGreaterThan(90)
      expect(codes).toEqual({ stalling: 'BODY_TIMEOUT' })
      await pause()
      expect(isCanceled).toBe(true)
      // All the room is there again: two that hold it together do not displace each other.
      void watched('one', read(post(stalled(45_000)), 'a'))
      void watched('two', read(post(stalled(45_000)), 'a'))
      await pause()
      expect(codes).toEqual({ stalling: 'BODY_TIMEOUT' })
    },
  )

  test('have five seconds, unless told otherwise', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const { codes, watched } = watch()
    void watched('stalling', createBodyBudget({ accounts: 1 })(post(stalled(10)), 'a'))
    await vi.advanceTimersByTimeAsync(4_999)
    expect(codes).toEqual({})
    await vi.advanceTimersByTimeAsync(1)
    await eventually(() => expect(codes).toEqual({ stalling: 'BODY_TIMEOUT' }))
  })
})
