import { beforeEach, describe, expect, test } from 'vitest'
import { KEY_AGE } from '../../../src/gateway/ledger/calls.ts'
import { LEASE } from '../../../src/gateway/ledger/deliveries.ts'
import type { NewEvent } from '../../../src/gateway/ledger/events.ts'
import { type Book, openBook } from '../../../src/gateway/ledger/ledger.ts'
import { openDatabase } from '../../../src/server/sqlite.ts'
import { memoryBook } from './memory.ts'

const mchid = '1900000109'
let book: Book
let clock: { now: number }
beforeEach(async () => {
  ;({ book, clock } = await memoryBook())
})

let number = 0
const event = (more: Partial<NewEvent> = {}): NewEvent => {
  number++
  return {
    ...{
      mchid,
      api: 'v3',
      id: `EV-${number}`,
      event: 'TRANSACTION.SUCCESS',
      resource: '{"a":1}',
      subject: null,
      fact: null,
    },
    ...{ source: 'notification', createdAt: clock.now + number, nonce: `n-${number}`, to: ['shop'] },
    ...more,
  }
}
const attempted = (result: 'delivered' | 'dead' | number, tries = 0) => ({
  tries,
  at: clock.now,
  ms: 5,
  status: 200,
  result,
})
const failed = (result: 'dead' | number, tries = 0) => ({
  tries,
  at: clock.now,
  ms: 5,
  status: 500,
  error: 'STATUS',
  result,
})
const claimed = (id: number) => book.claim(id).kind

describe('an event', () => {
  test('is there once, however often it comes; a repeat gives what nobody has tried yet', () => {
    const first = event()
    const recorded = book.record(first)
    expect(recorded.outcome).toBe('recorded')
    expect(book.record({ ...first, nonce: 'another' })).toEqual({ ...recorded, outcome: 'duplicate' })
    expect(book.events(mchid, { limit: 10 })).toMatchObject([{ id: first.id, repeats: 1 }])
    book.claim(recorded.deliveries[0]!)
    book.settle(recorded.deliveries[0]!, attempted('delivered'))
    expect(book.record({ ...first, nonce: 'a third' })).toMatchObject({ outcome: 'duplicate', deliveries: [] })
  })

  test('whose sending was seen before was replayed; that of APIv2, which repeats itself, is a duplicate', () => {
    const first = event()
    book.record(first)
    expect(book.record(first).outcome).toBe('replayed')
    const old = event({ nonce: null, api: 'v2' })
    book.record(old)
    expect(book.record(old).outcome).toBe('duplicate')
  })

  test('that tells what another has told is a duplicate of it', () => {
    const told = book.record(event({ id: 'query/1', fact: 'TRANSACTION.SUCCESS/42', source: 'query', nonce: null }))
    expect(book.record(event({ fact: 'TRANSACTION.SUCCESS/42' }))).toMatchObject({
      outcome: 'duplicate',
      seq: told.seq,
    })
    // Another merchant's number is another number.
    expect(book.record(event({ mchid: '2', fact: 'TRANSACTION.SUCCESS/42' })).outcome).toBe('recorded')
  })

  test('ends the watch of what it is about', () => {
    book.watch({ mchid, kind: 'v3-order', number: 'T1', query: {} }, clock.now)
    book.record(event({ settles: [{ kind: 'v3-order', number: 'T1' }] }))
    expect(book.takeDue(mchid, 10, clock.now)).toEqual([])
  })

  test('goes to each of its endpoints', () => {
    const { seq, deliveries } = book.record(event({ to: ['shop', 'books'] }))
    expect(book.deliveries(mchid, { seq, limit: 10 }).map(({ endpoint }) => endpoint)).toEqual(['books', 'shop'])
    expect(deliveries).toHaveLength(2)
  })
})

describe('a delivery', () => {
  test('is taken on by one at a time, and given back by who died over it', () => {
    const [id] = book.record(event()).deliveries as [number]
    expect(claimed(id)).toBe('go')
    expect(book.claim(id)).toEqual({ kind: 'later', at: clock.now + LEASE })
    expect(book.due(mchid, clock.now, 10)).toEqual([])
    clock.now += LEASE
    expect(book.due(mchid, clock.now, 10)).toMatchObject([{ id }])
    expect(claimed(id)).toBe('go')
  })

  test('leases of a process that is no more are given back at once', () => {
    const [id] = book.record(event()).deliveries as [number]
    book.claim(id)
    book.releaseLeases()
    expect(claimed(id)).toBe('go')
  })

  test('that failed waits for its time', () => {
    const [id] = book.record(event()).deliveries as [number]
    book.claim(id)
    book.settle(id, failed(clock.now + 5000))
    expect(book.claim(id)).toEqual({ kind: 'later', at: clock.now + 5000 })
    expect(book.nextDue(mchid)).toBe(clock.now + 5000)
    clock.now += 5000
    expect(book.claim(id)).toMatchObject({ kind: 'go', delivery: { tries: 1 } })
    book.settle(id, attempted('delivered', 1))
    expect(claimed(id)).toBe('done')
    expect(book.delivery(mchid, id)).toMatchObject({
      state: 'delivered',
      tries: 2,
      attempts: [
        { status: 500, error: 'STATUS' },
        { status: 200, error: null },
      ],
    })
  })

  test('that is settled late, when another has tried meanwhile, changes nothing, but that it arrived', () => {
    const [id] = book.record(event()).deliveries as [number]
    book.claim(id)
    clock.now += LEASE
    book.claim(id)
    book.settle(id, failed(clock.now + 9000))
    book.settle(id, failed('dead'))
    expect(book.delivery(mchid, id)).toMatchObject({ state: 'pending', tries: 1 })
    book.settle(id, attempted('delivered'))
    expect(book.delivery(mchid, id)).toMatchObject({ state: 'delivered' })
    book.settle(id, failed('dead', 1))
    expect(book.delivery(mchid, id)).toMatchObject({ state: 'delivered' })
  })

  test('waits for those before it that are about the same thing, in the order in which they were made', () => {
    const subject = 'transaction_id/42'
    const later = book.record(event({ subject, createdAt: clock.now + 2000 })).deliveries[0]!
    const earlier = book.record(event({ subject, createdAt: clock.now + 1000 })).deliveries[0]!
    const elsewhere = book.record(event({ subject, createdAt: clock.now + 3000, to: ['books'] })).deliveries[0]!
    const other = book.record(event({ subject: 'transaction_id/43', createdAt: clock.now + 3000 })).deliveries[0]!
    expect([later, earlier, elsewhere, other].map(claimed)).toEqual(['blocked', 'go', 'go', 'go'])
    expect(book.due(mchid, clock.now + LEASE, 10).map(({ id }) => id)).not.toContain(later)
    expect(book.settle(earlier, failed(clock.now + 60_000))).toEqual([])
    expect(claimed(later)).toBe('blocked')
    clock.now += 60_000
    book.claim(earlier)
    expect(book.settle(earlier, attempted('delivered', 1))).toEqual([later])
    expect(claimed(later)).toBe('go')
  })

  test('that was given up holds up nobody, and can be replayed', () => {
    const subject = 'transaction_id/42'
    const first = book.record(event({ subject })).deliveries[0]!
    const second = book.record(event({ subject })).deliveries[0]!
    book.claim(first)
    expect(book.settle(first, failed('dead'))).toEqual([second])
    expect(book.deliveries(mchid, { state: 'dead', limit: 10 })).toMatchObject([{ id: first }])
    expect(book.depths(mchid)).toMatchObject({ pending: 1, dead: 1 })
    expect(book.replay(mchid, first)).toBe(true)
    expect(book.replay('2', first)).toBe(false)
    expect(claimed(first)).toBe('go')
  })

  test('of a question is nothing for the outbox', () => {
    const { deliveries } = book.record(event({ isQuestion: true }))
    expect(claimed(deliveries[0]!)).toBe('done')
    expect(book.due(mchid, clock.now, 10)).toEqual([])
    expect(book.replay(mchid, deliveries[0]!)).toBe(false)
  })

  test('is added where an event is sent to an endpoint that is new', () => {
    const { seq } = book.record(event({ to: [] }))
    expect(book.resend(mchid, seq, ['books'])).toHaveLength(1)
    expect(book.deliveries(mchid, { seq, limit: 10 })).toMatchObject([{ endpoint: 'books', state: 'pending' }])
    expect(book.resend(mchid, 999, ['books'])).toEqual([])
  })
})

describe('a call', () => {
  const call = (more: object = {}) => {
    number++
    return {
      ...{ id: `R-${number}`, caller: 'shop', mchid, method: 'POST', path: '/v3/x', numbers: { out_trade_no: '1' } },
      ...{ amount: 100, key: null, hash: null },
      ...more,
    }
  }
  const answer = { status: 200, headers: { 'x-a': 'b' }, body: '{}' }
  const ended = { status: 200, code: null, wechatpayRequestId: 'W', inDoubt: false, answer }

  test('stands in the audit trail from its beginning, in doubt until it ends', () => {
    const one = call()
    expect(book.begin(one)).toEqual({ outcome: 'go', isInDoubt: false })
    expect(book.calls('shop', { limit: 10 })).toMatchObject([
      { id: one.id, ended_at: null, in_doubt: true, amount: 100 },
    ])
    clock.now += 1
    book.end(one.id, ended)
    expect(book.calls('shop', { limit: 10 })).toMatchObject([
      { status: 200, in_doubt: false, wechatpay_request_id: 'W', numbers: { out_trade_no: '1' } },
    ])
    expect(book.calls('another', { limit: 10 })).toEqual([])
  })

  test('under a key that was answered gets the same answer; another under it none', () => {
    const one = call({ key: 'k', hash: 'h' })
    book.begin(one)
    expect(book.begin(call({ key: 'k', hash: 'h' }))).toEqual({ outcome: 'running' })
    book.end(one.id, ended)
    expect(book.begin(call({ key: 'k', hash: 'h' }))).toEqual({ outcome: 'same', answer })
    expect(book.begin(call({ key: 'k', hash: 'other' }))).toEqual({ outcome: 'other' })
    expect(book.begin(call({ key: 'k', hash: 'h', caller: 'books' }))).toEqual({ outcome: 'go', isInDoubt: false })
  })

  test('that ended in doubt may be made again under its key where it is repeatable, by nobody else', () => {
    const one = call({ key: 'k', hash: 'h' })
    book.begin(one)
    book.end(one.id, { ...ended, inDoubt: true, answer: null })
    const again = { key: 'k', hash: 'h' }
    expect(book.begin(call({ ...again, hash: 'other' }))).toEqual({ outcome: 'other' })
    expect(book.begin(call(again))).toEqual({ outcome: 'doubt', id: one.id })
    expect(book.begin(call({ ...again, isRepeatable: true }))).toEqual({ outcome: 'go', isInDoubt: true })
  })

  test('that had no effect and whose answer was not kept may be made again under its key', () => {
    const one = call({ key: 'k', hash: 'h' })
    book.begin(one)
    book.end(one.id, { ...ended, status: 429, answer: null })
    expect(book.begin(call({ key: 'k', hash: 'h' }))).toEqual({ outcome: 'go', isInDoubt: false })
  })

  test('whose maker died is in doubt after a minute', () => {
    const [one, again] = [call({ key: 'k', hash: 'h' }), { key: 'k', hash: 'h', isRepeatable: true }]
    book.begin(one)
    clock.now += 60_000
    expect(book.begin(call({ ...again, isRepeatable: false }))).toEqual({ outcome: 'doubt', id: one.id })
    expect(book.begin(call(again))).toEqual({ outcome: 'go', isInDoubt: true })
    expect(book.begin(call(again))).toEqual({ outcome: 'running' })
  })

  test('gives its key free after a day', () => {
    const one = call({ key: 'k', hash: 'h' })
    book.begin(one)
    book.end(one.id, ended)
    clock.now += KEY_AGE
    expect(book.begin(call({ key: 'k', hash: 'other' }))).toEqual({ outcome: 'go', isInDoubt: false })
  })
})

test('a watch is taken by one at a time, and looked at again when it is due', () => {
  book.watch({ mchid, kind: 'v3-order', number: 'T1', query: { mchid } }, clock.now + 1000)
  book.watch({ mchid, kind: 'v3-order', number: 'T1', query: {} }, clock.now)
  expect(book.takeDue(mchid, 10, clock.now + 5000)).toEqual([])
  clock.now += 1000
  const [row] = book.takeDue(mchid, 10, clock.now + 5000)
  expect(row).toMatchObject({ number: 'T1', query: { mchid }, looks: 0 })
  expect(book.takeDue(mchid, 10, clock.now + 5000)).toEqual([])
  book.lookAgain(row!.id, clock.now + 7000)
  clock.now += 7000
  expect(book.takeDue(mchid, 10, clock.now)).toMatchObject([{ looks: 1 }])
  expect(book.depths(mchid).watched).toEqual({ 'v3-order': 1 })
})

test('a token bucket lets a burst pass, and then as many as flow in', () => {
  const rate = { most: 2, seconds: 10 }
  expect([book.take('shop', rate), book.take('shop', rate), book.take('shop', rate)]).toEqual([0, 0, 5000])
  expect(book.take('books', rate)).toBe(0)
  clock.now += 5000
  expect([book.take('shop', rate), book.take('shop', rate)]).toEqual([0, 5000])
})

test('counters grow, by their labels in any order', () => {
  book.add([{ name: 'a', labels: { x: '1', y: '2' }, by: 1 }])
  book.add([{ name: 'a', labels: { y: '2', x: '1' }, by: 0.5 }])
  expect(book.counters()).toEqual([{ name: 'a', labels: { x: '1', y: '2' }, value: 1.5 }])
})

test('a ledger of a newer version is not touched', async () => {
  const database = await openDatabase(':memory:')
  openBook(database)
  database.run('update schema_version set version = 99')
  expect(() => openBook(database)).toThrow('version 99')
})
