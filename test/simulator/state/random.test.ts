import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/simulator/state/random.ts'

describe('a seeded random source', () => {
  it('repeats for the same seed and for no other', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        expect(createRandom(one).hex(32)).toBe(createRandom(one).hex(32))
        if (one !== other) expect(createRandom(one).hex(32)).not.toBe(createRandom(other).hex(32))
      }),
    )
  })

  it('continues from its stored position', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(20), (seed, count) => {
        const kept = new Map<string, number>()
        const random = createRandom(seed, kept)
        random.digits(count)
        const again = createRandom(seed, new Map(kept))
        expect(again.hex(16)).toBe(random.hex(16))
      }),
    )
  })

  it('forks by name, whatever was drawn before', () => {
    const random = createRandom('a')
    const before = random.fork('x').digits(20)
    random.digits(5)
    expect(random.fork('x').digits(20)).toBe(before)
    expect(random.fork('y').digits(20)).not.toBe(before)
  })

  it('draws evenly, also the first number of similar seeds', () => {
    const firsts = Array.from({ length: 10_000 }, (_, number) => createRandom(`seed/${number}`).next())
    const random = createRandom('seed')
    for (const drawn of [firsts, Array.from({ length: 10_000 }, random.next)]) {
      const tenths = Array<number>(10).fill(0)
      for (const number of drawn) tenths[Math.floor(number * 10)]!++
      // 1,000 each; six standard deviations.
      for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(180)
    }
  })

  it('draws text of the requested length and digits', () => {
    const random = createRandom('a')
    expect(random.digits(1000)).toMatch(/^(?=.*0)(?=.*9)\d{1000}$/)
    expect(random.hex(1000)).toMatch(/^(?=.*f)[0-9a-f]{1000}$/)
    expect(new Set(Array.from({ length: 200 }, () => random.pick(['a', 'b', 'c'])))).toEqual(new Set(['a', 'b', 'c']))
  })
})
