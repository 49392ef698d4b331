import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { follow } from '../../src/console/gateway/live.ts'
import { session } from '../../src/console/gateway/session.ts'

const signIn = () => session.set({ kind: 'signed-in', caller: 'admin', expiresAt: null, csrf: null })
let signals: AbortSignal[]
/** Reads of the stream. */
let reads: number

beforeEach(() => {
  signals = []
  reads = 0
  vi.useFakeTimers()
  const visible = { hidden: false, addEventListener() {}, removeEventListener() {} }
  vi.stubGlobal('document', visible)
  class ObservedController extends AbortController {
    constructor() {
      super()
      signals.push(this.signal)
    }
  }
  vi.stubGlobal('AbortController', ObservedController)
})
afterEach(() => {
  session.set({ kind: 'unknown' })
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test.each([
  ['the gateway refuses the stream', 503],
  ['the operator must sign in again', 401],
])('following the events leaves no listener behind while %s', async (_, status) => {
  vi.stubGlobal('fetch', async () => {
    reads++
    return Response.json({ code: 'REFUSED', detail: 'no' }, { status })
  })
  signIn()
  const stop = follow('1900000109')
  const listeners: number[] = []
  for (let round = 0; round < 5; round++) {
    await vi.advanceTimersByTimeAsync(10_000)
    signIn()
    listeners.push(getEventListeners(signals[0]!, 'abort').length)
  }
  stop()
  expect(reads).toBeGreaterThanOrEqual(5)
  expect(Math.max(...listeners)).toBeLessThanOrEqual(1)
})
