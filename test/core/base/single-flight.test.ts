import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { once, onceSuccessful, singleFlight } from '../../../src/core/base/single-flight.ts'

// On Workers a promise never settles when the request that began it is cancelled.

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Work that the test ends, or not: a promise for each time that it was begun. */
function work() {
  const begun: { end: (value: string) => void; fail: (error: Error) => void }[] = []
  const begin = () => new Promise<string>((end, fail) => void begun.push({ end, fail }))
  return { begun, begin }
}

describe('a single flight', () => {
  test('is shared by all who ask while it lasts, and begun anew after it', async () => {
    const { begun, begin } = work()
    const shared = singleFlight(begin)
    const asked = [shared(), shared(), shared()]
    begun[0]!.end('first')
    expect(await Promise.all(asked)).toEqual(['first', 'first', 'first'])
    const later = shared()
    begun[1]!.end('second')
    expect([await later, begun.length]).toEqual(['second', 2])
  })

  test('that was lost holds nobody up for longer than two seconds', async () => {
    const { begun, begin } = work()
    const shared = singleFlight(begin)
    void shared()
    const asked = shared()
    await vi.advanceTimersByTimeAsync(1_999)
    expect(begun).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    begun[1]!.end('anew')
    expect(await asked).toBe('anew')
  })

  test('that was lost does not make everybody who has waited begin one', async () => {
    const { begun, begin } = work()
    const shared = singleFlight(begin)
    void shared()
    const asked = Array.from({ length: 100 }, () => shared())
    await vi.advanceTimersByTimeAsync(2_000)
    expect(begun).toHaveLength(2)
    begun[1]!.end('anew')
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['anew']))
  })

  test('is waited for a bounded time, even where each that is begun is lost', async () => {
    const { begun, begin } = work()
    const shared = singleFlight(begin)
    void shared()
    const asked = Array.from({ length: 10 }, () => shared())
    await vi.advanceTimersByTimeAsync(6_000)
    for (const { end } of begun.slice(1)) end('late')
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['late']))
  })

  test('fails for all who share it, and the next one is begun at once', async () => {
    const { begun, begin } = work()
    const shared = singleFlight(begin)
    const asked = [shared(), shared()].map(one => expect(one).rejects.toThrow('away'))
    begun[0]!.fail(new Error('away'))
    await Promise.all(asked)
    void shared()
    expect(begun).toHaveLength(2)
  })
})

describe('a value that is made until it succeeds', () => {
  test('forgets a failure, and is made once after that', async () => {
    const { begun, begin } = work()
    const value = onceSuccessful(begin)
    const asked = value()
    begun[0]!.fail(new Error('away'))
    await expect(asked).rejects.toThrow('away')
    const again = [value(), value()]
    begun[1]!.end('made')
    expect(await Promise.all([...again, value()])).toEqual(['made', 'made', 'made'])
    expect(begun).toHaveLength(2)
  })
})

describe('a value that is made once', () => {
  test('is made once, and given to whoever asks', async () => {
    const { begun, begin } = work()
    const value = once(begin)
    const asked = [value(), value()]
    begun[0]!.end('made')
    expect(await Promise.all([...asked, value()])).toEqual(['made', 'made', 'made'])
    expect(begun).toHaveLength(1)
  })

  test('is made by another where its making was lost, and is one and the same for all', async () => {
    const { begun, begin } = work()
    const value = once(begin)
    const first = value()
    const second = value()
    await vi.advanceTimersByTimeAsync(2_000)
    begun[1]!.end('second')
    expect(await second).toBe('second')
    // It was slow, and not lost.
    begun[0]!.end('first')
    expect([await first, await value()]).toEqual(['second', 'second'])
  })

  test('that cannot be made is not tried again', async () => {
    const { begun, begin } = work()
    const value = once(begin)
    const asked = value()
    begun[0]!.fail(new Error('no key'))
    await expect(asked).rejects.toThrow('no key')
    await expect(value()).rejects.toThrow('no key')
    expect(begun).toHaveLength(1)
  })
})
