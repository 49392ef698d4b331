import { expect, test, vi } from 'vitest'
import { wait } from '../../../src/core/base/wait.ts'

/** Returns how many listeners a signal has more than before. */
function countListeners(signal: AbortSignal): () => number {
  const added = vi.spyOn(signal, 'addEventListener')
  const removed = vi.spyOn(signal, 'removeEventListener')
  return () => added.mock.calls.length - removed.mock.calls.length
}

test('leaves no listener on the signal when the time is over, or when the signal aborts', async () => {
  const controller = new AbortController()
  const listeners = countListeners(controller.signal)
  await wait(1, controller.signal)
  expect(listeners()).toBe(0)
  const waiting = wait(60_000, controller.signal)
  expect(listeners()).toBe(1)
  controller.abort()
  await waiting
  expect(listeners()).toBe(0)
  await wait(60_000, controller.signal)
})
