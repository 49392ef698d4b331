import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { CALL_LEASE } from '../../../src/gateway/store/call/calls.ts'
import type { Ledger } from '../../../src/gateway/store/ledger.ts'
import { createTestGateway, json, nativeOrder, type TestGateway } from '../test-gateway.ts'

const key = { 'idempotency-key': 'order-1' }
const SECOND = 1000
/** When each request has reached WeChat Pay, and when it was let go of: seconds since the test began. */
let sent: { from: number; until: number | undefined }[]
let answer: () => void
let one: TestGateway
let clock: TestGateway['clock']
let seconds: number

beforeEach(async () => {
  ;[sent, seconds] = [[], 0]
  one = await createTestGateway()
  const { merchant, fetch } = one.simulator
  const slow: typeof globalThis.fetch = async (input, init) => {
    const request = { from: seconds, until: undefined as number | undefined }
    sent.push(request)
    init?.signal?.addEventListener('abort', () => {
      request.until ??= seconds
    })
    await new Promise<void>(resolve => {
      answer = resolve
    })
    request.until ??= seconds
    return fetch(input, init)
  }
  // A client that is patient, as its user may configure it.
  const client = new Wechatpay({ ...merchant, fetch: slow, retry: false, timeout: 3600 * SECOND })
  one = await one.restart({ merchants: { [merchant.mchid]: client } })
  clock = one.clock
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] })
})
afterEach(() => void vi.useRealTimers())

const place = () => one.call('/v3/pay/transactions/native', json(nativeOrder(one, 'T100001'), key))
/** Lets what is under way go on: keys are imported, and the ledger commits, off this thread. */
const settle = async () => {
  for (let turn = 0; turn < 50; turn++) await new Promise(resolve => setImmediate(resolve))
}
const until = async (holds: () => boolean) => {
  const deadline = Date.now() + 15 * SECOND
  while (!holds() && Date.now() < deadline) await settle()
  expect(holds()).toBe(true)
}
/** Time passes, for the clock of the ledger and for timers. */
const pass = async (span: number) => {
  for (let at = 0; at < span; at++) {
    clock.now += SECOND
    seconds++
    await vi.advanceTimersByTimeAsync(SECOND)
    await settle()
  }
}

test('the same Idempotency-Key is not sent again for as long as its first call lasts', async () => {
  const first = place()
  await until(() => sent.length === 1)
  for (let minute = 0; minute < 5; minute++) {
    await pass(61)
    expect((await place()).status).toBe(409)
  }
  expect(sent).toHaveLength(1)
  answer()
  expect((await first).status).toBe(200)
  const again = await place()
  expect([again.status, again.headers.get('idempotency-replayed'), sent.length]).toEqual([200, 'true', 1])
})

test('a call whose lease cannot be renewed is given up before another may begin under its key', async () => {
  const reached = one.ledger
  let isReached = true
  const cut = new Proxy(reached, {
    get: (ledger, name: keyof Ledger) =>
      (name === 'renewCall' || name === 'endCall') && !isReached
        ? () => Promise.reject(new Error('out of reach'))
        : ledger[name],
  })
  one = await one.restart({ ledgerOf: () => cut, now: () => clock.now })
  const first = place()
  await until(() => sent.length === 1)
  await pass(100)
  isReached = false
  const another = (async () => {
    let response = await place()
    while (response.status === 409) {
      await pass(1)
      response = await place()
    }
    return response
  })()
  await until(() => sent.length === 2)
  const [given, begun] = sent
  expect(given!.until).toBeLessThan(begun!.from)
  expect(begun!.from - 100).toBeLessThanOrEqual(CALL_LEASE / SECOND + 1)
  expect(await (await first).json()).toMatchObject({ code: 'ABORTED', mayHaveTakenEffect: true })
  isReached = true
  answer()
  expect((await another).status).toBe(200)
})

test('a process that has died keeps no key for longer than a lease', async () => {
  const dead = place().catch(() => {})
  await until(() => sent.length === 1)
  // Its timers do not strike any more.
  vi.clearAllTimers()
  clock.now += CALL_LEASE
  const second = place()
  await until(() => sent.length === 2)
  answer()
  expect((await second).status).toBe(200)
  void dead
})

/** Seconds: most of a lease. */
const LATE = (CALL_LEASE / SECOND) * 0.7

/** A ledger whose methods can be replaced. */
const changed = (ledger: Ledger, methods: Partial<Ledger>): Ledger =>
  new Proxy(ledger, { get: (target, name: keyof Ledger) => methods[name] ?? target[name] })

test('a lease counts from before the ledger was asked: a ledger that answers late does not prolong it', async () => {
  const reached = one.ledger
  let answerWatch: (() => void) | undefined
  const outOfReach = () => Promise.reject(new Error('out of reach'))
  const late = changed(reached, {
    renewCall: outOfReach,
    endCall: outOfReach,
    async watch(...given) {
      if (sent.length === 0)
        await new Promise<void>(resolve => {
          answerWatch = resolve
        })
      return reached.watch(...given)
    },
  })
  one = await one.restart({ ledgerOf: () => late, now: () => clock.now })
  const first = place()
  await until(() => answerWatch !== undefined)
  await pass(LATE)
  answerWatch!()
  await until(() => sent.length === 1)
  const another = (async () => {
    let response = await place()
    while (response.status === 409) {
      await pass(1)
      response = await place()
    }
    return response
  })()
  await until(() => sent.length === 2)
  expect(sent[0]!.until).toBeLessThan(sent[1]!.from)
  expect(await (await first).json()).toMatchObject({ code: 'ABORTED', mayHaveTakenEffect: true })
  answer()
  expect((await another).status).toBe(200)
})

test('nothing renews the lease of a call that has ended, whatever it ended in', async () => {
  let renewals = 0
  const failing = changed(one.ledger, {
    endCall: () => Promise.reject(new Error('out of reach')),
    renewCall: async () => {
      renewals++
      return true
    },
  })
  const fail = () => {
    throw new Error('no log')
  }
  const log = { level: 'warn', debug() {}, info() {}, warn: fail, error: fail } as const
  one = await one.restart({ ledgerOf: () => failing, log, now: () => clock.now })
  const call = place().catch(() => {})
  await until(() => sent.length === 1)
  answer()
  await settle()
  await call
  renewals = 0
  await pass(60)
  expect(renewals).toBe(0)
})
