import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createLocalOutbox } from '../../src/server/outbox.ts'
import { openDatabase } from '../../src/storage/sqlite.ts'
import { localLedger } from '../../src/storage/sqlite-ledger.ts'
import { eventually } from '../eventually.ts'

const mchid = '1900000109'
/** Deliveries to one endpoint at a time. */
const MAX = 64

// No timer of the outbox runs unless a test moves the clock: what happens, happens at once.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

interface Options {
  /** Events with a delivery to each of some endpoints. */
  readonly events: number
  readonly to?: readonly string[]
  readonly endpoints?: number
  /** Whether other processes have the same ledger. */
  readonly isShared?: boolean
  /** Called with each delivery that begins, before it is claimed. */
  readonly beforeClaim?: (delivery: number) => Promise<void>
}

/** An outbox whose deliveries end when the test says so, and the number of its scans. */
async function openOutbox({
  events,
  to = ['shop'],
  endpoints = 1,
  isShared = true,
  beforeClaim = async () => {},
}: Options) {
  const database = await openDatabase(':memory:')
  const ledger = localLedger(database, Date.now)
  let recorded = 0
  async function record(count: number, names: readonly string[]): Promise<void> {
    for (let at = 0; at < count; at++, recorded++)
      await ledger.recordEvent({
        mchid,
        api: 'v3',
        id: `EV-${recorded}`,
        event: 'TRANSACTION.SUCCESS',
        resource: '{}',
        subject: null,
        dedupeKey: null,
        source: 'notification',
        createdAt: recorded,
        nonce: `nonce-${recorded}`,
        endpoints: [...names],
      })
  }
  await record(events, to)
  const begun: number[] = []
  const ends = new Map<string, (() => void)[]>()
  const failures: string[] = []
  const seen = { scans: 0, woken: 0, isScanning: false }
  const scanning = <Given extends unknown[], Result>(find: (...given: Given) => Promise<Result>) => {
    return (...given: Given): Promise<Result> => {
      seen.scans++
      seen.isScanning = true
      return find(...given)
    }
  }
  let wakeFromOutside = () => {}
  const others = {
    wake: () => void seen.woken++,
    onWake(listener: () => void) {
      wakeFromOutside = listener
    },
  }
  const outbox = createLocalOutbox({
    merchants: [mchid],
    endpoints,
    now: Date.now,
    ledger: {
      dueDeliveries: scanning(ledger.dueDeliveries),
      reserveDueDeliveries: scanning(ledger.reserveDueDeliveries),
      async nextDueAt(...given) {
        const at = await ledger.nextDueAt(...given)
        seen.isScanning = false
        return at
      },
    },
    others: isShared ? others : undefined,
    onError: error => void failures.push(String(error)),
  })
  outbox.start(async ({ delivery }) => {
    await beforeClaim(delivery)
    const claim = await ledger.claimDelivery(delivery, `owner ${delivery}`)
    if (claim.kind !== 'claimed') return void failures.push(`The delivery ${delivery} is ${claim.kind}.`)
    begun.push(delivery)
    const { endpoint } = claim.delivery
    await new Promise<void>(resolve => ends.set(endpoint, [...(ends.get(endpoint) ?? []), resolve]))
    const attempt = { tries: 0, at: 1, ms: 1, status: 204, result: 'delivered', isOutage: false } as const
    await ledger.recordAttempt(delivery, attempt)
  })
  /** Ends the delivery to an endpoint that began first. */
  const end = (endpoint = 'shop') => ends.get(endpoint)!.shift()!()
  onTestFinished(async () => {
    const stopped = outbox.stop()
    for (const endpoint of ends.keys()) while (ends.get(endpoint)!.length > 0) end(endpoint)
    await stopped
    await database.close()
    expect(failures).toEqual([])
  })
  return {
    begun,
    end,
    seen,
    record,
    wake: () => outbox.enqueue([]),
    stop: () => outbox.stop(),
    wakeFromOutside: () => wakeFromOutside(),
    inProgress: (names: readonly string[]) => names.map(name => ends.get(name)?.length ?? 0),
    hasScanned: () => eventually(() => expect(seen.isScanning).toBe(false)),
  }
}

test('an outbox with a full endpoint tells the others, and scans once after many of them have told the same', async () => {
  const { begun, seen, wakeFromOutside, hasScanned } = await openOutbox({ events: MAX + 6 })
  await eventually(() => expect(begun.length).toBe(MAX))
  await hasScanned()
  expect(seen.woken).toBeGreaterThan(0)
  const before = seen.scans
  for (let at = 0; at < 20; at++) wakeFromOutside()
  await vi.advanceTimersByTimeAsync(999)
  expect(seen.scans).toBe(before)
  // They may have told of another endpoint.
  await vi.advanceTimersByTimeAsync(1)
  await eventually(() => expect(seen.scans).toBe(before + 1))
  await hasScanned()
  expect(seen.scans).toBe(before + 1)
})

test('a delivery that ends at a full endpoint makes room for the next one at once', async () => {
  const { begun, end } = await openOutbox({ events: MAX + 6 })
  await eventually(() => expect(begun.length).toBe(MAX))
  end()
  await eventually(() => expect(begun.length).toBe(MAX + 1))
  expect(new Set(begun).size).toBe(MAX + 1)
})

test('deliveries that have begun and are not claimed yet do not hide others from the free slots of their endpoint', async () => {
  const unclaimed = new Set<number>()
  let claimAll = () => {}
  const isTold = new Promise<void>(resolve => {
    claimAll = resolve
  })
  const { begun, record, wake } = await openOutbox({
    events: 40,
    isShared: false,
    async beforeClaim(delivery) {
      unclaimed.add(delivery)
      await isTold
    },
  })
  try {
    await eventually(() => expect(unclaimed.size).toBe(40))
    await record(40, ['shop'])
    await wake()
    await eventually(() => expect(unclaimed.size).toBe(MAX))
    expect(begun).toEqual([])
  } finally {
    claimAll()
    await eventually(() => expect(begun.length).toBe(unclaimed.size))
  }
})

test.each([false, true])(
  'an outbox that is stopped while it looks for deliveries starts none (shared: %s)',
  async isShared => {
    const { begun, seen, record, wake, stop, hasScanned } = await openOutbox({ events: 0, isShared })
    await hasScanned()
    await record(3, ['shop'])
    void wake()
    expect(seen.isScanning).toBe(true)
    await stop()
    expect(begun).toEqual([])
  },
)

test('an outbox with room scans as soon as another one tells of deliveries', async () => {
  const { begun, seen, wakeFromOutside, hasScanned } = await openOutbox({ events: 3 })
  await eventually(() => expect(begun.length).toBe(3))
  await hasScanned()
  const before = seen.scans
  wakeFromOutside()
  await eventually(() => expect(seen.scans).toBe(before + 1))
})

describe.each([
  ['a process by itself', false],
  ['a process beside others', true],
])('in %s with 32 endpoints', (_, isShared) => {
  const slow = ['slow-0', 'slow-1', 'slow-2', 'slow-3']
  const openMany = (events: number, to: readonly string[]) => openOutbox({ events, to, endpoints: 32, isShared })

  test('the only busy one has as many deliveries in progress as one may have', async () => {
    const { begun, inProgress, hasScanned } = await openMany(MAX + 20, ['shop'])
    await eventually(() => expect(begun.length).toBe(MAX))
    await hasScanned()
    expect(inProgress(['shop'])).toEqual([MAX])
    expect(new Set(begun).size).toBe(MAX)
  })

  test('one that becomes busy while slow ones have all slots gets its share before any of their deliveries ends', async () => {
    const { end, inProgress, record, wake, hasScanned } = await openMany(MAX + 20, slow)
    await eventually(() => expect(inProgress(slow)).toEqual(Array(4).fill(MAX)))
    await record(20, ['late'])
    await wake()
    await eventually(() => expect(inProgress(['late'])).toEqual([8]))
    // A slow one does not get anew meanwhile the slots that it gives back.
    for (let at = 0; at < 12; at++) end(slow[at % 4])
    await eventually(() => expect(inProgress(['late'])).toEqual([12]))
    await hasScanned()
    expect(inProgress(slow)).toEqual(Array(4).fill(MAX - 3))
    for (let at = 0; at < 20; at++) {
      await eventually(() => expect(inProgress(['late'])[0]).toBeGreaterThan(0))
      end('late')
    }
    await eventually(() => expect(inProgress([...slow, 'late'])).toEqual([...Array(4).fill(MAX), 0]))
  })
})
