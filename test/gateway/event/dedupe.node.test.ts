import { expect, test } from 'vitest'
import { parseJson, stringifyJson } from '../../../src/core/index.ts'
import type { Api } from '../../../src/definitions/call.ts'
import { correlate } from '../../../src/gateway/event/correlation.ts'
import { MAX_SKEW, type NewEvent } from '../../../src/gateway/store/event/events.ts'
import { events } from '../../catalogue/events.ts'
import { CALLER, createTestGateway } from '../test-gateway.ts'

// Which events are the same fact. Through the whole intake: from the simulator to the ledger.

type Fields = Record<string, unknown>

/** Per event, the fields that make two notifications with ids of their own the same fact. Any other event has none. */
const SAME_BY: Readonly<Record<string, readonly string[]>> = {
  'TRANSACTION.SUCCESS': ['transaction_id'],
  'REFUND.SUCCESS': ['refund_id'],
  'REFUND.CLOSED': ['refund_id'],
  'MCHTRANSFER.BILL.FINISHED': ['out_bill_no'],
  'MCHTRANSFER.QQWALLETBILL.FINISHED': ['out_bill_no'],
  'MCHTRANSFER.BATCH.FINISHED': ['out_batch_no'],
  'MCHTRANSFER.BATCH.CLOSED': ['out_batch_no'],
  'MEDICAL_INSURANCE.SUCCESS': ['out_trade_no'],
  'TRANSACTION.INDUSTRY_SUCCESS': ['out_trade_no'],
  'TRANSACTION.INDUSTRY_FAILED': ['out_trade_no'],
}
/** APIv2 gives its notifications no id: the fields that make two of them the same. */
const V2_SAME_BY: Readonly<Record<string, readonly string[]>> = {
  'combined-transactions-success': ['combine_out_trade_no'],
  'pap-contract-state-changed': ['contract_id', 'change_type', 'operate_time'],
  'transactions-risk-occurred': ['event_code'],
  'vehicle-state-changed-for-parking': ['plate_number', 'vehicle_event_createtime', 'vehicle_event_type'],
  'transaction-success': ['transaction_id', 'result_code'],
  'refund-processed': ['refund_id', 'refund_status'],
}

async function createIntake() {
  const { simulator, ledger } = await createTestGateway({
    authenticate: async () => CALLER,
    trustUnconfirmedV2: true,
    endpoints: [],
  })
  const { mchid } = simulator.merchant
  const url = 'https://gateway.example.com/notify'
  const count = async () => (await ledger.events(mchid, { limit: 500 })).length
  return {
    mchid,
    ledger,
    later: () => simulator.advance(600_000),
    /** @returns whether the ledger has one event more */
    async isNew(name: { api: Api; event: string }, resource?: Fields): Promise<boolean> {
      const before = await count()
      const sent = await simulator.notify.send({ ...name, url, ...(resource && { resource: stringifyJson(resource) }) })
      expect(sent, name.event).toMatchObject({ state: 'delivered' })
      return (await count()) > before
    },
    /** Returns the subjects of the newest events. */
    subjects: async (limit: number) => (await ledger.events(mchid, { limit })).map(({ subject }) => subject),
    /** The resource of the newest event, a list in a text as it was sent. */
    async last(): Promise<Fields> {
      const [newest] = await ledger.events(mchid, { limit: 1 })
      const resource = parseJson(newest!.resource) as Fields
      const { sub_order_list: list } = resource
      return list === undefined ? resource : { ...resource, sub_order_list: stringifyJson(list) }
    },
  }
}
const IS_QUESTION = /QUERY_TRANS_INFO|GET_MCH_INFO|TERMINATE_/
const changed = (value: unknown): unknown => (typeof value === 'string' ? `9${value}` : 9)

test('two APIv3 notifications with ids of their own are two events, but for payments, refunds, transfers and the like with the same numbers', async () => {
  const { isNew, last } = await createIntake()
  const v3 = events.filter(({ api, event }) => api === 'v3' && !IS_QUESTION.test(event) && event !== 'REFUND.ABNORMAL')
  const same: string[] = []
  for (const name of v3) {
    expect(await isNew(name), name.event).toBe(true)
    const resource = await last()
    if (!(await isNew(name, resource))) same.push(name.event)
    for (const field of SAME_BY[name.event] ?? [])
      expect(await isNew(name, { ...resource, [field]: changed(resource[field]) }), `${name.event} ${field}`).toBe(true)
  }
  expect(same.sort()).toEqual(Object.keys(SAME_BY).sort())
})

test("the ends of two sub-merchants' transfers with one number are two events about two things", async () => {
  const { isNew, last, subjects } = await createIntake()
  for (const event of Object.keys(SAME_BY).filter(name => name.startsWith('MCHTRANSFER.'))) {
    const name = { api: 'v3', event } as const
    expect(await isNew(name), event).toBe(true)
    const resource = await last()
    for (const sub_mchid of ['1900000888', '1900000999'])
      expect(await isNew(name, { ...resource, sub_mchid }), `${event} ${sub_mchid}`).toBe(true)
    expect(await isNew(name, { ...resource, sub_mchid: '1900000999' }), event).toBe(false)
    const [first, second] = await subjects(2)
    expect(first).not.toBe(second)
  }
})

test("a sub-merchant's transfer that is notified is asked for no more, and no other sub-merchant's", async () => {
  const { ledger, isNew, last, mchid } = await createIntake()
  const name = { api: 'v3', event: 'MCHTRANSFER.BILL.FINISHED' } as const
  const watch = { mchid, kind: 'v3-partner-transfer', query: {} }
  await ledger.watch({ ...watch, number: '1900000888/T1' }, Date.now())
  await ledger.watch({ ...watch, number: '1900000999/T1' }, Date.now())
  const watched = async () => (await ledger.depths(mchid)).watched
  expect(await isNew(name)).toBe(true)
  const resource = { ...(await last()), out_bill_no: 'T1', state: 'SUCCESS' }
  expect(await watched()).toEqual({ 'v3-partner-transfer': 2 })
  await isNew(name, { ...resource, sub_mchid: '1900000888' })
  expect(await watched()).toEqual({ 'v3-partner-transfer': 1 })
  await isNew(name, { ...resource, sub_mchid: '1900000999' })
  expect(await watched()).toEqual({})
})

test('two APIv2 notifications are two events when a field that tells them apart differs', async () => {
  const { isNew, last } = await createIntake()
  const told: string[] = []
  for (const name of events.filter(({ api, event }) => api === 'v2' && !event.includes('.'))) {
    expect(await isNew(name), name.event).toBe(true)
    const resource = await last()
    expect(await isNew(name, resource), name.event).toBe(false)
    for (const field of V2_SAME_BY[name.event] ?? [])
      expect(await isNew(name, { ...resource, [field]: OTHER[field] ?? changed(resource[field]) }), field).toBe(true)
    told.push(name.event)
  }
  expect(told.sort()).toEqual(Object.keys(V2_SAME_BY).sort())
})
const OTHER: Readonly<Record<string, string>> = {
  change_type: 'DELETE',
  result_code: 'FAIL',
  refund_status: 'REFUNDCLOSE',
  vehicle_event_type: 'BLOCKED',
  operate_time: '2026-11-28 10:00:00',
  vehicle_event_createtime: '20261128100000',
}

test('profit sharing of one payment under the name of payments is as many events as there are notifications', async () => {
  const { isNew } = await createIntake()
  const transaction_id = '4200000000202611210000000001'
  const share = { mchid: '1900000109', transaction_id, order_id: '30000001', out_order_no: 'P1' }
  const receiver = { type: 'MERCHANT_ID', account: '1900000109', amount: 1, description: 'x' }
  const name = { api: 'v3', event: 'TRANSACTION.SUCCESS' } as const
  expect(await isNew(name, { ...share, receiver })).toBe(true)
  expect(await isNew(name, { ...share, receiver: { ...receiver, amount: 2 } })).toBe(true)
  expect(await isNew(name, { ...share, receiver, order_id: '30000002' })).toBe(true)
  const order = { mchid: '1900000109', out_trade_no: 'T1', transaction_id, trade_state: 'SUCCESS' }
  expect(await isNew(name, order)).toBe(true)
  expect(await isNew(name, order)).toBe(false)
})

test('an order that another state is notified of is another event, and only a paid one is the fact that a query finds', async () => {
  const { isNew } = await createIntake()
  const name = { api: 'v3', event: 'TRANSACTION.SUCCESS' } as const
  const order = { mchid: '1900000109', out_trade_no: 'T1', transaction_id: '4200000000202611210000000001' }
  expect(await isNew(name, { ...order, trade_state: 'PAYERROR' })).toBe(true)
  expect(await isNew(name, { ...order, trade_state: 'SUCCESS' })).toBe(true)
  const sub = { mchid: '1900000109', out_trade_no: 'S1' }
  const combined = { combine_mchid: '1900000109', combine_out_trade_no: 'C1' }
  expect(await isNew(name, { ...combined, sub_orders: [{ ...sub, trade_state: 'PAYERROR' }] })).toBe(true)
  expect(await isNew(name, { ...combined, sub_orders: [{ ...sub, trade_state: 'SUCCESS' }] })).toBe(true)
})

test('a failed deduction of APIv3 that is notified ends its watch, and that of no order', async () => {
  const { ledger, isNew, mchid } = await createIntake()
  const name = { api: 'v3', event: 'TRANSACTION.SUCCESS' } as const
  for (const kind of ['v3-order', 'v3-deduction'])
    await ledger.watch({ mchid, kind, number: 'T1', query: {} }, Date.now())
  const order = { mchid, out_trade_no: 'T1', transaction_id: '4200000000202611210000000001' }
  const watched = async () => (await ledger.depths(mchid)).watched
  expect(await isNew(name, { ...order, trade_state: 'ACCEPT' })).toBe(true)
  expect(await watched()).toEqual({ 'v3-order': 1, 'v3-deduction': 1 })
  expect(await isNew(name, { ...order, trade_state: 'PAY_FAIL' })).toBe(true)
  expect(await watched()).toEqual({ 'v3-order': 1 })
})

test('a refund that becomes abnormal again with the same account is another event', async () => {
  const { isNew, later } = await createIntake()
  const name = { api: 'v3', event: 'REFUND.ABNORMAL' } as const
  const refund = { mchid: '1900000109', out_trade_no: 'T1', transaction_id: '42', out_refund_no: 'R1', refund_id: '50' }
  const abnormal = { ...refund, refund_status: 'ABNORMAL', user_received_account: 'CARD 1234', amount: {} }
  expect(await isNew(name, abnormal)).toBe(true)
  await later()
  expect(await isNew(name, abnormal)).toBe(true)
})

test('an abnormal refund that a query has told is not told again by its notification', async () => {
  const { isNew, ledger, mchid } = await createIntake()
  const name = { api: 'v3', event: 'REFUND.ABNORMAL' } as const
  const abnormal = {
    mchid,
    out_refund_no: 'R1',
    refund_id: '50',
    refund_status: 'ABNORMAL',
    user_received_account: 'C',
  }
  const inAMinute = Date.now() + 60_000
  await ledger.recordEvent({
    mchid,
    api: 'v3',
    id: 'query/1',
    event: name.event,
    resource: '{}',
    subject: null,
    source: 'query',
    endpoints: [],
    dedupeKey: 'REFUND.ABNORMAL/refund_id/50/C',
    createdAt: inAMinute,
    occurredSince: inAMinute - 600_000,
    nonce: null,
  })
  expect(await isNew(name, abnormal)).toBe(false)
})

test.each([-120_000, 0, 2_000, 120_000])(
  'an abnormal refund that is notified ends its watch, where WeChat Pay’s clock differs by %i ms',
  async skew => {
    const { ledger, mchid } = await createIntake()
    await ledger.watch({ mchid, kind: 'v3-refund', number: 'R1', query: {} }, Date.now())
    const notified = Math.floor((Date.now() + skew) / 1000) * 1000
    const event = {
      mchid,
      api: 'v3' as const,
      event: 'REFUND.ABNORMAL',
      resource: '{}',
      subject: null,
      endpoints: [],
      nonce: null,
      dedupeKey: 'REFUND.ABNORMAL/refund_id/50/C',
      settles: [{ kind: 'v3-refund', number: 'R1' }],
    }
    const notification = { ...event, id: 'EV-1', source: 'notification' as const, createdAt: notified }
    const occurredSince = notified - MAX_SKEW
    expect((await ledger.recordEvent({ ...notification, occurredSince })).outcome).toBe('recorded')
    expect((await ledger.depths(mchid)).watched).toEqual({})
  },
)

test('a notification after the query that found the same abnormal refund is no second one', async () => {
  const { ledger, mchid } = await createIntake()
  const found = Date.now()
  const event = {
    mchid,
    api: 'v3' as const,
    event: 'REFUND.ABNORMAL',
    resource: '{}',
    subject: null,
    endpoints: [],
    nonce: null,
    dedupeKey: 'REFUND.ABNORMAL/refund_id/50/C',
  }
  await ledger.recordEvent({
    ...event,
    id: 'query/1',
    source: 'query',
    createdAt: found,
    occurredSince: found - 60_000,
  })
  const createdAt = found + 2_000
  const notification = { ...event, id: 'EV-1', source: 'notification' as const, createdAt }
  expect((await ledger.recordEvent({ ...notification, occurredSince: createdAt - MAX_SKEW })).outcome).toBe('duplicate')
})

test('a payment of a sub-merchant’s and its refund are about one thing, so that they are delivered in order', () => {
  const named = { sub_mchid: '1900000888', out_trade_no: 'T1', transaction_id: '42' }
  const subjects = ['TRANSACTION.INDUSTRY_SUCCESS', 'REFUND.SUCCESS'].map(
    event => correlate({ api: 'v3', event, resource: { ...named, trade_state: 'SUCCESS', refund_id: '50' } }).subject,
  )
  expect(new Set(subjects)).toEqual(new Set(['transaction_id/42']))
})

test('a late repetition of the first failure does not end the watch of the redirected refund', async () => {
  const { isNew, ledger, mchid } = await createIntake()
  const name = { api: 'v3', event: 'REFUND.ABNORMAL' } as const
  const abnormal = {
    mchid,
    out_refund_no: 'R1',
    refund_id: '50',
    refund_status: 'ABNORMAL',
    user_received_account: 'C',
  }
  const event: NewEvent = {
    mchid,
    api: 'v3' as const,
    id: 'EV-1',
    event: name.event,
    resource: JSON.stringify(abnormal),
    subject: null,
    endpoints: [],
    dedupeKey: 'REFUND.ABNORMAL/refund_id/50/C',
    createdAt: Date.now() - 600_000,
    occurredSince: Date.now() - 900_000,
    source: 'notification' as const,
    nonce: null,
    settles: [{ kind: 'v3-refund', number: 'R1' }],
  }
  const watch = () => ledger.watch({ mchid, kind: 'v3-refund', number: 'R1', query: {} }, Date.now())
  await ledger.recordEvent(event)
  await watch()
  expect((await ledger.recordEvent(event)).outcome).toBe('duplicate')
  expect((await ledger.depths(mchid)).watched).toEqual({ 'v3-refund': 1 })
  expect(await isNew(name, abnormal)).toBe(true)
})
