import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createThrottle } from '../../src/console/throttle.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('does the work under steady requests, whose gaps are shorter than the pause', async () => {
  let runs = 0
  const throttle = createThrottle(120, async () => void runs++)
  for (let at = 0; at < 100; at++) {
    throttle.request()
    await vi.advanceTimersByTimeAsync(50)
  }
  // 5 s of requests: one run in each pause, and the next request begins another pause.
  expect(runs).toBeGreaterThan(25)
  expect(runs).toBeLessThan(45)
})

test('runs once more for requests that came during a run, never two at once', async () => {
  let [running, most, runs] = [0, 0, 0]
  const throttle = createThrottle(10, async () => {
    most = Math.max(most, ++running)
    await new Promise(resolve => setTimeout(resolve, 100))
    running--
    runs++
  })
  throttle.request()
  await vi.advanceTimersByTimeAsync(50)
  throttle.request()
  throttle.request()
  await vi.advanceTimersByTimeAsync(1000)
  expect([most, runs]).toEqual([1, 2])
})

test('goes on after work that failed', async () => {
  let runs = 0
  const throttle = createThrottle(10, async () => {
    runs++
    throw new Error('gone')
  })
  for (let at = 0; at < 2; at++) {
    throttle.request()
    await vi.advanceTimersByTimeAsync(20)
  }
  expect(runs).toBe(2)
})

test('does nothing once it is stopped, and tells a run in progress', async () => {
  const seen: boolean[] = []
  const throttle = createThrottle(10, async isCurrent => {
    seen.push(isCurrent())
    await new Promise(resolve => setTimeout(resolve, 100))
    seen.push(isCurrent())
  })
  throttle.request()
  await vi.advanceTimersByTimeAsync(50)
  throttle.request()
  throttle.stop()
  throttle.request()
  await vi.advanceTimersByTimeAsync(1000)
  expect(seen).toEqual([true, false])
})
