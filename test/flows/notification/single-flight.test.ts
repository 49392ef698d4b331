import { afterEach, expect, it, vi } from 'vitest'
import { createSingleFlight } from '../../../src/flows/notification/single-flight.ts'

afterEach(() => void vi.useRealTimers())

it('work that hangs keeps no timer once nobody waits for it any more', async () => {
  // Only these, because what an earlier test of this process left behind may wait for a time limit of its own.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] })
  const singleFlight = createSingleFlight(Date.now)
  for (let number = 0; number < 5; number++) {
    void singleFlight('payment', () => new Promise(() => {}))
    await vi.advanceTimersByTimeAsync(130_000)
  }
  expect(vi.getTimerCount()).toBe(0)
})
