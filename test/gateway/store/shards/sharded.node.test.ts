import { describe, expect, test } from 'vitest'
import { settledBy } from '../../../../src/gateway/generated/settled-by.ts'
import { SUBJECT_FIELDS } from '../../../../src/gateway/number-fields.ts'
import type { NewEvent } from '../../../../src/gateway/store/event/events.ts'
import type { Ledger } from '../../../../src/gateway/store/ledger.ts'
import { DEDUPE_SUBJECTS } from '../../../../src/gateway/store/shards/events.ts'
import { placesOf } from '../../../../src/gateway/store/shards/layout.ts'
import { retireLayouts } from '../../../../src/gateway/store/shards/sharded-ledger.ts'
import { createShards, type ShardStage } from './stage.ts'

const mchid = '1900000109'
const endpoints = ['shop']
const payment = (number: number, more: Partial<NewEvent> = {}): NewEvent => ({
  mchid,
  api: 'v3',
  id: `EV-${number}`,
  event: 'TRANSACTION.SUCCESS',
  resource: JSON.stringify({ transaction_id: String(number), out_trade_no: `T${number}` }),
  subject: `transaction_id/${number}`,
  dedupeKey: `TRANSACTION.SUCCESS/transaction_id/${number}`,
  source: 'notification',
  createdAt: 1_767_225_600_000 + number,
  nonce: null,
  endpoints,
  settles: [{ kind: 'v3-order', number: `T${number}` }],
  ...more,
})
const refund = (number: number, of: number): NewEvent => ({
  ...payment(number),
  event: 'REFUND.SUCCESS',
  subject: `transaction_id/${of}`,
  dedupeKey: `REFUND.SUCCESS/refund_id/${number}`,
  settles: [{ kind: 'v3-refund', number: `R${number}` }],
})
const watchOf = (number: number) => ({ mchid, kind: 'v3-order', number: `T${number}`, query: {} })
const watched = async (ledger: Ledger) => Object.values((await ledger.depths(mchid)).watched).reduce((a, b) => a + b, 0)
const rowsOf = ({ databases }: ShardStage) =>
  databases.map(database => database.run<{ id: string }>('select id from event order by seq').map(({ id }) => id))

/** One attempt at a delivery. @returns the event that was delivered, and the deliveries that need not wait any longer */
async function deliver(ledger: Ledger, id: number, at: number): Promise<{ event: string; next: number[] } | undefined> {
  const claim = await ledger.claimDelivery(id)
  if (claim.kind !== 'claimed') return undefined
  const { unblocked } = await ledger.recordAttempt(id, {
    tries: claim.delivery.tries,
    at,
    ms: 1,
    status: 200,
    result: 'delivered',
  })
  return { event: claim.event.id, next: [...unblocked] }
}

test('a key is in the shard that SHA-256 says, in every release', async () => {
  const layout = { epoch: 3, sizes: [1, 2, 8, 64] }
  // printf 'transaction_id/42' | sha256sum → f4…
  expect(await placesOf('transaction_id/42', layout)).toEqual(await expectedPlaces('transaction_id/42', layout.sizes))
  expect(await placesOf('transaction_id/42', { epoch: 0, sizes: [1] })).toEqual([0])
})

async function expectedPlaces(key: string, sizes: readonly number[]): Promise<number[]> {
  const { createHash } = await import('node:crypto')
  const hash = createHash('sha256').update(key).digest().readUInt32BE(0)
  return [...new Set(sizes.map(size => hash % size))]
}

describe('growing', () => {
  test('an event of one shard is a duplicate under four, wherever it would go now', async () => {
    const stage = await createShards(4)
    const one = stage.open()
    for (let at = 0; at < 40; at++) await one.recordEvent(payment(at))
    const four = stage.open(4)
    for (let at = 0; at < 40; at++) expect((await four.recordEvent(payment(at))).outcome).toBe('duplicate')
    // Found by a query: another id, and the same dedupe key.
    for (let at = 0; at < 40; at++)
      expect((await four.recordEvent(payment(at, { id: `query/${at}`, source: 'query' }))).outcome).toBe('duplicate')
    for (let at = 0; at < 40; at++) expect((await four.recordRepeat(mchid, `EV-${at}`))?.outcome).toBe('duplicate')
    expect(rowsOf(stage).map(rows => rows.length)).toEqual([40, 0, 0, 0])
  })

  test('new subjects are spread, and the numbers that are given out name the shard', async () => {
    const stage = await createShards(4)
    const ledger = stage.open(4)
    const recorded = []
    for (let at = 0; at < 80; at++) recorded.push(await ledger.recordEvent(payment(at)))
    expect(rowsOf(stage).every(rows => rows.length > 8)).toBe(true)
    expect(new Set(recorded.map(({ seq }) => seq)).size).toBe(80)
    for (const [at, { seq, deliveries }] of recorded.entries()) {
      expect((await ledger.event(mchid, seq))?.id).toBe(`EV-${at}`)
      expect((await ledger.delivery(mchid, deliveries[0]!))?.seq).toBe(seq)
    }
  })

  test('due deliveries of all shards together have a limit per endpoint, and single endpoints another', async () => {
    const stage = await createShards(4)
    const ledger = stage.open(4)
    const names = ['a', 'b', 'c', '__proto__']
    for (let at = 0; at < 40; at++) await ledger.recordEvent(payment(at, { endpoints: names }))
    expect(rowsOf(stage).every(rows => rows.length >= 4)).toBe(true)
    const limits = Object.fromEntries([
      ['b', 4],
      ['c', 0],
      ['__proto__', 1],
    ])
    const countsOf = async (...more: [limits?: typeof limits]) => {
      const found = await ledger.dueDeliveries(mchid, stage.clock.now, 2, ...more)
      return names.map(name => found.filter(({ endpoint }) => endpoint === name).length)
    }
    expect(await countsOf(limits)).toEqual([2, 4, 0, 1])
    expect(await countsOf()).toEqual([2, 2, 2, 2])
  })

  test('a process that knows one shard only is refused, learns of the others, and records nothing twice', async () => {
    const stage = await createShards(4)
    const [old, grown] = [stage.open(), stage.open(4)]
    await old.recordEvent(payment(0))
    for (let at = 1; at < 30; at++) await grown.recordEvent(payment(at))
    for (let at = 0; at < 30; at++) expect((await old.recordEvent(payment(at))).outcome).toBe('duplicate')
    expect(rowsOf(stage).flat()).toHaveLength(30)
  })

  test('an event waits for an earlier one of its subject that one shard has not delivered yet', async () => {
    const stage = await createShards(8)
    const one = stage.open()
    const first: number[] = []
    for (let at = 0; at < 20; at++) first.push(...(await one.recordEvent(payment(at))).deliveries)
    const eight = stage.open(8)
    const second: number[] = []
    for (let at = 0; at < 20; at++) second.push(...(await eight.recordEvent(refund(100 + at, at))).deliveries)
    for (const id of second) expect((await eight.claimDelivery(id)).kind).toBe('blocked')
    const order: string[] = []
    for (let queue = [...first]; queue.length > 0; ) {
      const done = await deliver(eight, queue.shift()!, stage.clock.now)
      order.push(done!.event)
      queue = [...done!.next, ...queue]
    }
    expect(order).toEqual(Array.from({ length: 20 }, (_, at) => [`EV-${at}`, `EV-${100 + at}`]).flat())
    // Nothing is pending any more, so that the next one goes where it belongs.
    for (let at = 0; at < 20; at++) await eight.recordEvent(refund(200 + at, at))
    expect(rowsOf(stage)[0]!.filter(id => id.startsWith('EV-2')).length).toBeLessThan(15)
  })

  test('a watch of one shard is placed again, and ended, under four', async () => {
    const stage = await createShards(4)
    const one = stage.open()
    for (let at = 0; at < 20; at++) await one.watch(watchOf(at), stage.clock.now)
    const four = stage.open(4)
    for (let at = 0; at < 40; at++) await four.watch(watchOf(at), stage.clock.now)
    expect(await watched(four)).toBe(40)
    // The second call of the same order is refused: the first is watched still.
    for (let at = 0; at < 20; at++) await four.releaseWatch(watchOf(at), stage.clock.now)
    expect(await watched(four)).toBe(40)
    for (let at = 0; at < 40; at++) await four.recordEvent(payment(at))
    expect(await watched(four)).toBe(0)
  })

  test('the same Idempotency-Key meets its first call', async () => {
    const stage = await createShards(8)
    const callOf = (id: string, key: string) => ({
      id,
      caller: 'shop',
      mchid,
      method: 'POST',
      path: '/v3/x',
      numbers: {},
      amount: null,
      key,
      hash: 'h',
    })
    const response = { status: 200, headers: {}, body: '{}' }
    const ended = { status: 200, code: null, wechatpayRequestId: null, inDoubt: false, response }
    const one = stage.open()
    for (let at = 0; at < 10; at++) {
      await one.beginCall(callOf(`A${at}`, `K${at}`))
      await one.endCall(`A${at}`, ended)
    }
    const eight = stage.open(8)
    for (let at = 10; at < 20; at++) {
      await eight.beginCall(callOf(`A${at}`, `K${at}`))
      // By another process, which does not know where the call began.
      await stage.open(8).endCall(`A${at}`, ended)
    }
    for (let at = 0; at < 20; at++)
      expect(await eight.beginCall(callOf(`B${at}`, `K${at}`))).toEqual({ outcome: 'replay', response })
    const [{ n } = { n: 0 }] = stage.databases[0]!.run<{ n: number }>('select count(*) as n from call')
    expect(n).toBeLessThan(16)
  })

  test('growth in steps keeps what the steps between have recorded', async () => {
    const stage = await createShards(8)
    for (const [at, size] of [1, 2, 4, 8].entries()) {
      const ledger = stage.open(size)
      for (let number = 0; number < 20; number++) await ledger.recordEvent(payment(100 * at + number))
    }
    const ledger = stage.open(8)
    for (let at = 0; at < 4; at++)
      for (let number = 0; number < 20; number++)
        expect((await ledger.recordEvent(payment(100 * at + number))).outcome).toBe('duplicate')
    expect(rowsOf(stage).flat()).toHaveLength(80)
  })

  test('a smaller number is ignored: the ledger keeps its shards', async () => {
    const stage = await createShards(4)
    for (let at = 0; at < 20; at++) await stage.open(4).recordEvent(payment(at))
    const fewer = stage.open(2)
    for (let at = 0; at < 20; at++) expect((await fewer.recordEvent(payment(at))).outcome).toBe('duplicate')
  })

  test('growth that happens in the midst of a call changes neither its outcome nor what is recorded', async () => {
    for (let step = 0; step < 6; step++) {
      const stage = await createShards(8)
      const two = stage.open(2)
      await two.watch(watchOf(7), stage.clock.now)
      await two.watch(watchOf(7), stage.clock.now)
      let calls = 0
      let isGrowing = false
      stage.before = async () => {
        if (isGrowing || calls++ !== step) return
        isGrowing = true
        await stage.open(8).depths(mchid)
        isGrowing = false
      }
      // Released once, so that one of the two calls is left.
      await two.releaseWatch(watchOf(7), stage.clock.now)
      expect(await watched(two)).toBe(1)
      const { outcome } = await two.recordEvent(payment(7, { nonce: 'N' }))
      expect(outcome).toBe('recorded')
      expect(rowsOf(stage).flat()).toEqual(['EV-7'])
      expect(await watched(two)).toBe(0)
    }
  })
})

describe('the calls that a payment makes', () => {
  const pay = async (stage: ShardStage, ledger: Ledger, number: number): Promise<string[]> => {
    stage.calls.length = 0
    await ledger.watch(watchOf(number), stage.clock.now)
    const { deliveries } = await ledger.recordEvent(payment(number))
    await deliver(ledger, deliveries[0]!, stage.clock.now)
    return stage.calls.map(([, method]) => method)
  }
  const ONE = ['watch', 'recordEvent', 'claimDelivery', 'recordAttempt']

  test('are one more at most with several shards, and four more while an earlier place may have it', async () => {
    const stage = await createShards(4)
    expect(await pay(stage, stage.open(), 0)).toEqual(ONE)
    const ledger = stage.open(4)
    await ledger.depths(mchid)
    const growing: number[] = []
    for (let at = 1; at < 30; at++) growing.push((await pay(stage, ledger, at)).length)
    expect(Math.max(...growing)).toBe(ONE.length + 4)
    for (const database of stage.databases) database.run('delete from event')
    await retireLayouts(ledger)
    const lists: string[][] = []
    for (let at = 30; at < 60; at++) lists.push(await pay(stage, ledger, at))
    expect(lists).toContainEqual(ONE)
    expect(lists).toContainEqual(['watch', 'recordEvent', 'endWatches', 'claimDelivery', 'recordAttempt'])
    expect(Math.max(...lists.map(({ length }) => length))).toBe(ONE.length + 1)
  })

  test('of a refund ask all shards, because its number is not that of its payment', async () => {
    const stage = await createShards(4)
    const ledger = stage.open(4)
    await ledger.depths(mchid)
    stage.calls.length = 0
    await ledger.recordEvent({ ...refund(1, 2), settles: [] })
    expect(stage.calls.map(([, method]) => method)).toEqual(['holdsEvent', 'holdsEvent', 'holdsEvent', 'recordEvent'])
    // Found by a query whose response does not name the payment.
    const found = { ...refund(1, 2), id: 'query/1', subject: 'out_refund_no/1' }
    expect((await ledger.recordEvent(found)).outcome).toBe('duplicate')
  })

  test('of an event whose dedupe key is always its subject ask one: nothing else in it can be the subject', () => {
    const rows = settledBy.filter(({ as, number, final = {} }) => {
      const isNotified = Object.values(final).some(event => event !== null)
      return as === undefined && isNotified && DEDUPE_SUBJECTS.has(number)
    })
    expect(rows.map(({ kind }) => kind)).toContain('v3-transfer')
    for (const { kind, number, fields = [] } of rows)
      expect([kind, ...fields.filter(name => SUBJECT_FIELDS.includes(name))]).toEqual([kind, number])
    expect(SUBJECT_FIELDS[0]).toBe('transaction_id')
  })
})

describe('one refund under two subjects', () => {
  const byNotification = refund(1, 1)
  const byQuery: NewEvent = { ...byNotification, id: 'query/1', source: 'query', subject: 'refund_id/1' }

  test('is recorded once if one comes after the other', async () => {
    const stage = await createShards(8)
    await stage.open(8).recordEvent(byNotification)
    expect((await stage.open(8).recordEvent(byQuery)).outcome).toBe('duplicate')
  })

  test('is recorded twice by two processes in the same moment, which the documents say', async () => {
    const stage = await createShards(8)
    const ledgers = [stage.open(8), stage.open(8)]
    for (const ledger of ledgers) await ledger.lastSweep()
    let arrived = 0
    let release = () => {}
    const both = new Promise<void>(resolve => {
      release = resolve
    })
    stage.before = async (_, method) => {
      if (method !== 'recordEvent') return
      if (++arrived === 2) release()
      await both
    }
    const recorded = await Promise.all([ledgers[0]!.recordEvent(byNotification), ledgers[1]!.recordEvent(byQuery)])
    expect(recorded.map(({ outcome }) => outcome)).toEqual(['recorded', 'recorded'])
  })
})

describe('the events after a position', () => {
  /** Reads everything, and each page again from the position behind each of its rows. */
  async function readAll(ledger: Ledger, query: { limit: number; maxLength: number }): Promise<string[]> {
    const found: string[] = []
    let after: Parameters<Ledger['eventsAfter']>[1]['after'] = { at: 0 }
    for (let isAtEnd = false; !isAtEnd; ) {
      const page = await ledger.eventsAfter(mchid, { ...query, after })
      expect(page.rows.length).toBeLessThanOrEqual(query.limit)
      const length = page.rows.reduce((sum, { resource }) => sum + resource.length, 0)
      expect(page.rows.length === 1 || length <= query.maxLength).toBe(true)
      found.push(...page.rows.map(({ id }) => id))
      after = page.position
      isAtEnd = page.isAtEnd
    }
    return found
  }

  test.each([
    { limit: 1, maxLength: 1e6 },
    { limit: 9, maxLength: 1e6 },
    { limit: 100, maxLength: 150 },
  ])('of eight shards fit into $limit rows and $maxLength bytes, and none is passed over', async query => {
    const stage = await createShards(8)
    const ledger = stage.open(8)
    for (let at = 0; at < 60; at++) {
      stage.clock.now++
      await ledger.recordEvent(payment(at))
    }
    const found = await readAll(ledger, query)
    expect(found).toHaveLength(60)
    expect(new Set(found).size).toBe(60)
  })
})
