import { expect } from 'vitest'
import type { NewEvent } from '../../../../src/gateway/store/event/events.ts'
import type { LedgerStore } from '../../../../src/gateway/store/ledger.ts'
import { createSlots } from '../../../../src/server/slots.ts'
import type { LedgerCase, Stage } from '../cases.ts'

// Endpoints that lend each other slots for concurrent deliveries, over the ledger that says what is due.

const mchid = '1900000109'
const MAX_PER_ENDPOINT = 64
const namesOf = (name: string, count: number) => Array.from({ length: count }, (_, at) => `${name}-${at}`)

let count = 0
function record(store: LedgerStore, more: Partial<NewEvent>): void {
  count++
  const fixed = { mchid, api: 'v3', event: 'TRANSACTION.SUCCESS', resource: '{}', dedupeKey: null } as const
  const nonce = `slots-${count}`
  store.recordEvent({
    ...fixed,
    id: nonce,
    subject: null,
    source: 'notification',
    createdAt: count,
    nonce,
    endpoints: ['shop'],
    ...more,
  })
}

type Finder = 'dueDeliveries' | 'reserveDueDeliveries'

/** The deliveries of one process as its outbox starts them; they last until the case ends them. */
function createProcess({ store, clock }: Stage, finder: Finder, endpoints: number) {
  const slots = createSlots(endpoints)
  const inProgress = new Map<number, string>()
  function startFound(): void {
    const free = Object.fromEntries(slots.busy().map(name => [name, slots.limitOf(name) - slots.used(name)]))
    const found = store[finder](mchid, clock.now, slots.share, free)
    for (const { id, endpoint } of slots.admit(mchid, found, name => free[name] ?? slots.share)) {
      expect(store.claimDelivery(id, `owner ${id}`)).toMatchObject({ kind: 'claimed' })
      slots.take(endpoint)
      inProgress.set(id, endpoint)
    }
  }
  function scan(): void {
    do startFound()
    while (slots.canLend())
  }
  /** Ends deliveries to an endpoint, the first that were started first. */
  function end(endpoint: string, number = slots.used(endpoint)): void {
    const ids = [...inProgress].filter(([, of]) => of === endpoint).map(([id]) => id)
    for (const id of ids.slice(0, number)) {
      store.recordAttempt(id, { tries: 0, at: clock.now, ms: 1, status: 204, result: 'delivered' })
      inProgress.delete(id)
      slots.giveBack(endpoint)
    }
    scan()
  }
  const used = (names: readonly string[]) => names.map(name => slots.used(name))
  return { scan, end, used, inProgress, share: slots.share }
}

const FINDERS: readonly [Finder, string][] = [
  ['dueDeliveries', 'a process by itself'],
  ['reserveDueDeliveries', 'a process beside others'],
]

export const slotCases: readonly LedgerCase[] = [
  {
    name: 'due deliveries have a limit per endpoint, and single endpoints another, whatever they are called',
    run({ store, clock }) {
      const endpoints = ['a', 'b', 'constructor', 'hasOwnProperty', '__proto__']
      for (let at = 0; at < 6; at++) record(store, { endpoints })
      const limits = Object.fromEntries([
        ['b', 5],
        ['constructor', 0],
        ['__proto__', 1],
      ])
      const countsOf = (found: readonly { endpoint: string }[]) =>
        endpoints.map(name => found.filter(({ endpoint }) => endpoint === name).length)
      expect(countsOf(store.dueDeliveries(mchid, clock.now, 2, limits))).toEqual([2, 5, 0, 2, 1])
      expect(countsOf(store.dueDeliveries(mchid, clock.now, 2))).toEqual([2, 2, 2, 2, 2])
      expect(countsOf(store.reserveDueDeliveries(mchid, clock.now, 2, limits))).toEqual([2, 5, 0, 2, 1])
      // Reserved deliveries are not found again.
      expect(countsOf(store.reserveDueDeliveries(mchid, clock.now, 9))).toEqual([4, 1, 6, 4, 5])
    },
  },
  ...FINDERS.flatMap(([finder, process]): LedgerCase[] => [
    {
      name: `${process}: slow endpoints among 32 borrow what is idle, each other one has its share at once, and gets what they give back`,
      run(stage) {
        const { scan, end, used, share } = createProcess(stage, finder, 32)
        const [slow, others] = [namesOf('slow', 4), namesOf('other', 28)]
        for (let at = 0; at < MAX_PER_ENDPOINT + 10; at++) record(stage.store, { endpoints: slow })
        scan()
        expect(used(slow)).toEqual(Array(4).fill(MAX_PER_ENDPOINT))
        for (let at = 0; at < share + 2; at++) record(stage.store, { endpoints: others })
        scan()
        expect(used(others)).toEqual(Array(28).fill(share))
        // The slow ones have more than all others, and get none anew while those wait.
        end(slow[0]!, 3)
        expect(used(slow)).toEqual([MAX_PER_ENDPOINT - 3, ...Array(3).fill(MAX_PER_ENDPOINT)])
        for (const name of others) end(name)
        expect(used(others)).toEqual(Array(28).fill(2))
        for (const name of others) end(name)
        expect(used([...others, ...slow])).toEqual([...Array(28).fill(0), ...Array(4).fill(MAX_PER_ENDPOINT)])
      },
    },
    {
      name: `${process}: borrowed slots start no event before an earlier one of its subject has ended`,
      run(stage) {
        const { scan, end, used, inProgress } = createProcess(stage, finder, 32)
        for (let at = 0; at < 60; at++) record(stage.store, { subject: `order/${at % 20}` })
        scan()
        const subjects = () => [...inProgress.keys()].map(id => stage.store.delivery(mchid, id)!)
        expect(used(['shop'])).toEqual([20])
        const first = subjects().map(({ id }) => id)
        end('shop')
        expect(used(['shop'])).toEqual([20])
        end('shop')
        expect(used(['shop'])).toEqual([20])
        expect(Math.min(...subjects().map(({ id }) => id))).toBeGreaterThan(Math.max(...first) + 20)
        end('shop')
        expect(used(['shop'])).toEqual([0])
      },
    },
  ]),
]
