import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { NewEvent } from '../../../../src/gateway/store/event/events.ts'
import type { EventPosition } from '../../../../src/gateway/store/event/search.ts'
import { type Ledger, openLedgerStore } from '../../../../src/gateway/store/ledger.ts'
import { remoteLedger } from '../../../../src/gateway/store/remote-ledger.ts'
import { readMerged } from '../../../../src/gateway/store/shards/merged-list.ts'
import { openDatabase } from '../../../../src/storage/sqlite.ts'
import { createShards } from './stage.ts'

// One ledger in one database is the model: whatever happens, shards that grow in the midst of it give the same results.

const mchid = '1900000109'
const endpoints = ['shop', 'crm']
const ORDERS = 6

/** An event of an order: its payment, a query that has found the payment, or one of two refunds. */
type Kind = 'payment' | 'query' | 'refund-1' | 'refund-2'
function eventOf(order: number, kind: Kind, nonce: string | null): Omit<NewEvent, 'createdAt'> {
  const refund = kind.startsWith('refund') ? `${order}-${kind}` : undefined
  const name = refund ? 'REFUND.SUCCESS' : 'TRANSACTION.SUCCESS'
  return {
    mchid,
    api: 'v3',
    id: `${kind}/${order}`,
    event: name,
    resource: JSON.stringify({ transaction_id: `42${order}`, out_trade_no: `T${order}` }),
    subject: `transaction_id/42${order}`,
    dedupeKey: refund ? `${name}/refund_id/${refund}` : `${name}/transaction_id/42${order}`,
    source: kind === 'query' ? 'query' : 'notification',
    nonce: kind === 'query' ? null : nonce,
    endpoints,
    settles: refund ? [{ kind: 'v3-refund', number: refund }] : [{ kind: 'v3-order', number: `T${order}` }],
  }
}

type Step =
  | { readonly do: 'record'; readonly order: number; readonly kind: Kind; readonly nonce: string | null }
  | { readonly do: 'repeat'; readonly order: number; readonly kind: Kind }
  | { readonly do: 'watch' | 'release' | 'unanswered' | 'accept'; readonly order: number }
  | { readonly do: 'attempt'; readonly delivery: number; readonly result: 'delivered' | 'dead' | 'failed' }
  | { readonly do: 'replay'; readonly delivery: number }
  | { readonly do: 'sweep' | 'read' | 'grow' }

const order = fc.integer({ min: 0, max: ORDERS - 1 })
const kind = fc.constantFrom<Kind>('payment', 'query', 'refund-1', 'refund-2')
const delivery = fc.nat(200)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('record' as const),
      order,
      kind,
      nonce: fc.constantFrom(null, 'N1', 'N2'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('repeat' as const), order, kind }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('watch', 'watch', 'release', 'unanswered', 'accept'), order }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('attempt' as const),
      delivery,
      result: fc.constantFrom('delivered', 'delivered', 'failed', 'dead'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('sweep', 'read') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('grow' as const) }) },
)

/** Carries out steps on one ledger, which knows rows by its own numbers, and tells them by names that are the same everywhere. */
function createActor(ledgerFor: () => Ledger, clock: { now: number }) {
  const deliveries: number[] = []
  const named = new Map<number, string>()
  const placed = new Map<number, number[]>()
  let position: EventPosition | undefined
  const read: string[] = []
  const watchOf = (number: number) => ({ mchid, kind: 'v3-order', number: `T${number}`, query: { n: String(number) } })

  async function act(given: Step): Promise<unknown> {
    const ledger = ledgerFor()
    switch (given.do) {
      case 'record': {
        const event = { ...eventOf(given.order, given.kind, given.nonce), createdAt: clock.now }
        const { outcome, seq, deliveries: ids } = await ledger.recordEvent(event)
        if (outcome === 'recorded') {
          deliveries.push(...ids)
          for (const [at, id] of ids.entries()) named.set(id, `${given.kind}/${given.order} to ${endpoints[at]}`)
        }
        return [outcome, (await ledger.event(mchid, seq))?.id, ids.map(id => named.get(id))]
      }
      case 'repeat':
        return (await ledger.recordRepeat(mchid, `${given.kind}/${given.order}`))?.outcome
      case 'watch': {
        const { placedAt, isOtherQuery } = await ledger.watch(watchOf(given.order), clock.now + 5_000)
        placed.set(given.order, [...(placed.get(given.order) ?? []), placedAt])
        return isOtherQuery
      }
      case 'release': {
        const times = placed.get(given.order)
        const at = times?.pop()
        return at === undefined ? undefined : ledger.releaseWatch(watchOf(given.order), at)
      }
      case 'unanswered':
        return ledger.recordUnanswered(watchOf(given.order))
      case 'accept':
        return ledger.acceptWatch(watchOf(given.order))
      case 'attempt': {
        const id = deliveries[given.delivery % Math.max(1, deliveries.length)]
        if (id === undefined) return undefined
        const claim = await ledger.claimDelivery(id, 'owner')
        if (claim.kind !== 'claimed') return [claim.kind, 'at' in claim ? claim.at : null]
        const { tries } = claim.delivery
        const result = given.result === 'failed' ? clock.now + 10 : given.result
        const { unblocked } = await ledger.recordAttempt(id, { tries, at: clock.now, ms: 1, status: 500, result })
        return [claim.event.id, tries, unblocked.map(other => named.get(other))]
      }
      case 'replay': {
        const id = deliveries[given.delivery % Math.max(1, deliveries.length)]
        return id === undefined ? undefined : ledger.replayDelivery(mchid, id)
      }
      case 'sweep': {
        const due = await ledger.claimDueWatches(mchid, 100, clock.now + 100)
        for (const { id, placed_at } of due) await ledger.rescheduleQuery(id, clock.now + 20, { placedAt: placed_at })
        return due.map(({ number, queries, accepted, expires_at }) => [number, queries, accepted, expires_at]).sort()
      }
      case 'read': {
        position ??= { seq: 0, at: 0, check: '' }
        const page = await ledger.eventsAfter(mchid, { after: position, limit: 4, maxLength: 1e6 })
        read.push(...page.rows.map(({ id }) => id))
        // A client continues from the row that it has seen last, not from the end of the page.
        position = page.positions?.at(-1) ?? page.position
        return undefined
      }
      case 'grow':
        return undefined
    }
  }

  async function summary(): Promise<unknown> {
    const ledger = ledgerFor()
    for (let at = 0; at < 60; at++) await act({ do: 'read' })
    const listed: (readonly [string, number])[] = []
    for (let before: string | undefined; ; ) {
      const page = await readMerged(
        ledger,
        { limit: 3, before },
        {
          read: (part, own) => part.searchEvents(mchid, own),
          numberOf: row => row.seq,
          timeOf: row => row.received_at,
        },
      )
      listed.push(...page.rows.map(({ id, repeats }) => [id, repeats] as const))
      if (page.next === null) break
      before = String(page.next)
    }
    const numbers: string[] = []
    for (let before: number | undefined; ; ) {
      const rows = await ledger.deliveries(mchid, before === undefined ? { limit: 5 } : { limit: 5, before })
      numbers.push(...rows.map(({ id, state, tries }) => `${named.get(id)} ${state} ${tries}`))
      if (rows.length < 5) break
      before = rows.at(-1)!.id
    }
    return {
      listed,
      deliveries: numbers.sort(),
      read: [...read].sort(),
      depths: await ledger.depths(mchid),
      due: (await ledger.dueDeliveries(mchid, clock.now, 1000)).map(({ id }) => named.get(id)).sort(),
      next: await ledger.nextDueAt(mchid),
      lost: (await ledger.takeLostDeliveries(mchid, clock.now + 1e9, 1000)).map(id => named.get(id)).sort(),
    }
  }
  return { act, summary }
}

test('shards that grow in the midst of any history give the same results as one ledger', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom([1, 2, 4, 8], [1, 8], [2, 4], [4]),
      fc.array(fc.tuple(step, fc.nat(2)), { minLength: 20, maxLength: 70 }),
      async (sizes, steps) => {
        const clock = { now: Date.parse('2026-01-01T00:00:00Z') }
        const stage = await createShards(8)
        const store = openLedgerStore(await openDatabase(':memory:'), () => clock.now)
        const one = remoteLedger(async (method, args) => (store[method] as (...args: unknown[]) => unknown)(...args))
        const model = createActor(() => one, clock)
        // Three processes, of which any may still have the configuration of before.
        let size = 0
        const processes = [0, 1, 2].map(() => stage.open(sizes[0]))
        let process = 0
        const sharded = createActor(() => processes[process]!, clock)
        for (const [given, by] of steps) {
          clock.now += 7
          stage.clock.now = clock.now
          process = by
          if (given.do === 'grow') {
            size = Math.min(size + 1, sizes.length - 1)
            processes[by] = stage.open(sizes[size])
          }
          // Replayed where an earlier layout has it, a dead letter does not hold back what is elsewhere by now: worker/README.md.
          if (given.do === 'replay' && sizes.length > 1) continue
          expect(await sharded.act(given), given.do).toEqual(await model.act(given))
        }
        process = 0
        expect(await sharded.summary()).toEqual(await model.summary())
        for (const database of stage.databases) database.close()
      },
    ),
    { numRuns: Number(process.env.HISTORIES ?? 20) },
  )
  // Takes several times as long on a busy machine.
}, 240_000)
