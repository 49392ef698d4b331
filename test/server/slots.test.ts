import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSlots, type Slots, shareOf } from '../../src/server/slots.ts'

const MAX_PER_ENDPOINT = 64
const MAX_TOTAL = 256
const MERCHANT = '1900000109'

/** Due deliveries by endpoint, which a scan finds and whose deliveries last until the test ends them. */
function createBacklog(endpoints: number, due: Record<string, number>) {
  const slots = createSlots(endpoints)
  /** As the outbox does: finds up to the limit, and starts what has a slot, until nothing can be lent any more. */
  function scan(): void {
    do {
      const asked = new Map(Object.keys(due).map(name => [name, slots.limitOf(name) - slots.used(name)]))
      const found = Object.keys(due).flatMap(endpoint =>
        Array.from({ length: Math.min(due[endpoint]!, Math.max(0, asked.get(endpoint)!)) }, () => ({ endpoint })),
      )
      for (const { endpoint } of slots.admit(MERCHANT, found, name => asked.get(name) ?? slots.share)) {
        slots.take(endpoint)
        due[endpoint]!--
      }
    } while (slots.canLend())
  }
  function end(endpoint: string, count = 1): void {
    for (let at = 0; at < count; at++) slots.giveBack(endpoint)
    scan()
  }
  return { slots, due, scan, end }
}
const usedBy = (slots: Slots, names: readonly string[]) => names.map(name => slots.used(name))

test.each([
  [1, 64],
  [4, 64],
  [5, 51],
  [32, 8],
  [64, 4],
  [1_000, 4],
])('of %i endpoints each has a share of %i', (endpoints, share) => expect(shareOf(endpoints)).toBe(share))

describe('an endpoint with a backlog', () => {
  test('borrows the slots of idle ones up to the maximum of an endpoint', () => {
    const { slots, scan } = createBacklog(32, { busy: 500 })
    scan()
    expect(slots.used('busy')).toBe(MAX_PER_ENDPOINT)
    expect(slots.full()).toEqual(['busy'])
  })

  test('that is alone among a thousand has as many', () => {
    const { slots, scan } = createBacklog(1_000, { busy: 500 })
    scan()
    expect(slots.used('busy')).toBe(MAX_PER_ENDPOINT)
  })

  test('has as many beside 31 that make one delivery at a time', () => {
    const few = Object.fromEntries(Array.from({ length: 31 }, (_, at) => [`few-${at}`, 1]))
    const { slots, scan } = createBacklog(32, { busy: 500, ...few })
    scan()
    expect(slots.used('busy')).toBe(MAX_PER_ENDPOINT)
  })

  test('shares them equally with others that have one', () => {
    const names = Array.from({ length: 8 }, (_, at) => `busy-${at}`)
    const { slots, scan } = createBacklog(32, Object.fromEntries(names.map(name => [name, 500])))
    scan()
    expect(usedBy(slots, names)).toEqual(Array(8).fill(MAX_TOTAL / 8))
  })

  test('that appears while its deliveries are in progress borrows too', () => {
    const { slots, due, scan } = createBacklog(32, { busy: 20 })
    scan()
    expect(slots.used('busy')).toBe(20)
    due.busy = 100
    scan()
    expect(slots.used('busy')).toBe(MAX_PER_ENDPOINT)
  })
})

describe('while slow endpoints have borrowed all slots', () => {
  const slow = ['slow-0', 'slow-1', 'slow-2', 'slow-3']
  const start = () => {
    const stage = createBacklog(32, Object.fromEntries(slow.map(name => [name, 10_000])))
    stage.scan()
    expect(usedBy(stage.slots, slow)).toEqual(Array(4).fill(MAX_PER_ENDPOINT))
    return stage
  }

  test('each other one gets its share at once, without the end of a delivery', () => {
    const { slots, due, scan } = start()
    const others = Array.from({ length: 28 }, (_, at) => `other-${at}`)
    for (const name of others) due[name] = 500
    scan()
    expect(usedBy(slots, others)).toEqual(Array(28).fill(shareOf(32)))
  })

  test('what they give back goes to those with fewer, until all have equally many', () => {
    const { slots, due, scan, end } = start()
    due.late = 10_000
    scan()
    // Beyond the total a share has been given; the first ends bring it back.
    for (let round = 0; round < 20; round++) for (const name of slow) end(name)
    const level = Math.floor(MAX_TOTAL / 5)
    expect(slots.used('late')).toBeGreaterThanOrEqual(level)
    for (const name of slow) expect(slots.used(name)).toBeLessThanOrEqual(level + 1)
  })

  test('they borrow again when the other one has nothing left', () => {
    const { slots, due, scan, end } = start()
    due.late = 20
    scan()
    for (let round = 0; round < 12; round++) for (const name of slow) end(name)
    end('late', slots.used('late'))
    while (slots.used('late') > 0) end('late')
    expect(due.late).toBe(0)
    expect(usedBy(slots, slow)).toEqual(Array(4).fill(MAX_PER_ENDPOINT))
  })
})

test('a merchant without a backlog at an endpoint does not hide that of another', () => {
  const slots = createSlots(32)
  slots.admit('a', Array(8).fill({ endpoint: 'shop' }), () => 8)
  slots.admit('b', [], () => 8)
  expect(slots.canLend()).toBe(true)
  slots.admit('a', [], () => 8)
  expect(slots.canLend()).toBe(false)
})

const step = fc.record({ name: fc.nat(39), arrives: fc.nat(90), ends: fc.nat(70) })
test('in any history each endpoint has its share or all that is due, none more than the maximum, and no slot is free in vain', () =>
  fc.assert(
    fc.property(fc.constantFrom(1, 3, 5, 32, 40), fc.array(step, { maxLength: 80 }), (endpoints, steps) => {
      const names = Array.from({ length: endpoints }, (_, at) => `endpoint-${at}`)
      const { slots, due, scan } = createBacklog(endpoints, Object.fromEntries(names.map(name => [name, 0])))
      for (const { name: at, arrives, ends } of steps) {
        const name = names[at % endpoints]!
        due[name]! += arrives
        for (let left = Math.min(ends, slots.used(name)); left > 0; left--) slots.giveBack(name)
        // A second scan sees what has changed since the first.
        scan()
        scan()
        const total = names.reduce((sum, one) => sum + slots.used(one), 0)
        for (const one of names) {
          expect(slots.used(one)).toBeLessThanOrEqual(MAX_PER_ENDPOINT)
          if (due[one]! > 0) expect(slots.used(one)).toBeGreaterThanOrEqual(slots.share)
          if (due[one]! > 0 && slots.used(one) < MAX_PER_ENDPOINT) expect(total).toBeGreaterThan(MAX_TOTAL - endpoints)
        }
        expect(total).toBeLessThanOrEqual(MAX_TOTAL + endpoints * slots.share)
      }
    }),
    { numRuns: 100 },
  ))
