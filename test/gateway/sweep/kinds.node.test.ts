import { createHash, createSign, generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { settledBy } from '../../../src/gateway/generated/settled-by.ts'
import { createGateway } from '../../../src/gateway/index.ts'
import { localLedger } from '../../../src/server/ledger.ts'
import { openDatabase } from '../../../src/server/sqlite.ts'
import { CALLER, json, SECRET } from '../harness.ts'

// A service with a key of its own: it takes each call, loses its answer, and tells what became of it when it is asked.

const mchid = '1900000109'
const SUB = '1900000888'
const apiv2Key = '192006250b4c09247ec02edce69f6a2d'
const merchantKeys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const platform = generateKeyPairSync('rsa', { modulusLength: 2048 })
const PUBLIC_KEY_ID = 'PUB_KEY_ID_0119000001092026010100000000000001'

const signedV3 = (fields: object): Response => {
  const body = JSON.stringify(fields)
  const timestamp = String(Math.floor(Date.now() / 1000))
  const signature = createSign('RSA-SHA256').update(`${timestamp}\nn\n${body}\n`).sign(platform.privateKey, 'base64')
  return new Response(body, {
    headers: {
      ...{ 'content-type': 'application/json', 'wechatpay-serial': PUBLIC_KEY_ID, 'wechatpay-nonce': 'n' },
      ...{ 'wechatpay-timestamp': timestamp, 'wechatpay-signature': signature },
    },
  })
}
const signedV2 = (fields: Record<string, string>): Response => {
  const all: Record<string, string> = { return_code: 'SUCCESS', result_code: 'SUCCESS', ...fields }
  const text = Object.keys(all)
    .sort()
    .map(name => `${name}=${all[name]}`)
    .join('&')
  const sign = createHash('md5').update(`${text}&key=${apiv2Key}`).digest('hex').toUpperCase()
  const xml = Object.entries({ ...all, sign }).map(([name, value]) => `<${name}>${value}</${name}>`)
  return new Response(`<xml>${xml.join('')}</xml>`)
}

type Row = (typeof settledBy)[number]
const NUMBER = 'N100001'
const STATES: Readonly<Record<string, object>> = {
  order: { trade_state: 'SUCCESS', transaction_id: '42' },
  deduction: { trade_state: 'PAY_FAIL', transaction_id: '42' },
  combined: { sub_orders: [{ trade_state: 'SUCCESS', mchid }] },
  refund: { status: 'SUCCESS', refund_id: '50', amount: {} },
  'combined-deduction': {
    sub_orders: [
      { trade_state: 'SUCCESS', mchid },
      { trade_state: 'PAY_FAIL', mchid },
    ],
  },
  'overseas-refund': { status: 'SUCCESS', id: '50', amount: {} },
  'service-order': { state: 'USER_PAID' },
  'v2-combined': { trade_state: 'SUCCESS', sub_order_list: '{"order_num":1,"order_list":[]}' },
  'v2-order': { trade_state: 'SUCCESS', transaction_id: '42' },
  'v2-deduction': { trade_state: 'PAY_FAIL', transaction_id: '42' },
  'v2-refund': { refund_count: '1', out_refund_no_0: NUMBER, refund_id_0: '50', refund_status_0: 'SUCCESS' },
}
/** What the call says, and its query requires. */
const bodyOf = (row: Row): Record<string, string> => {
  const names = [...row.params, row.number].filter(name => !/^(?:mch_?id|sp_mchid|limit|offset|sign_type)$/.test(name))
  const of = (name: string) =>
    name === row.number ? NUMBER : name.startsWith('sub_mch') ? SUB : name === 'appid' ? 'wx1' : `value-of-${name}`
  return Object.fromEntries(names.map(name => [name, of(name)]))
}
/** The same as the call has it, which nests some of it. */
const placedBy = (row: Row): object => {
  const { ...body }: Record<string, unknown> = bodyOf(row)
  for (const [name, place] of Object.entries(row.from ?? {})) {
    const [object = '', member = ''] = place.split('.')
    body[object] = { [member]: body[name] }
    delete body[name]
  }
  return body
}

/** A response that names nobody but those that are added. */
const NOBODY = { sub_mchid: undefined, sp_mchid: undefined }

async function createShop(row: Row, told: object | ((asked: { number: string }) => object), given = NUMBER) {
  const queries: { method: string; url: string; body: string }[] = []
  const service: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    const { pathname } = new URL(request.url)
    const [method, template = ''] = row.query.replace('/v2/', '/').split(' ')
    const isQuery =
      new RegExp(`^(?:/hk)?${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(pathname) && request.method === method
    if (!isQuery || (row.calls as string[]).includes(`${request.method} ${pathname}`))
      throw new TypeError('the connection broke')
    queries.push({ method: request.method, url: request.url, body: await request.text() })
    const number = typeof told === 'function' ? pathname.split('/').at(-1)! : given
    const state = typeof told === 'function' ? told({ number }) : told
    const own: Record<string, string> = row.params.includes('sp_mchid') ? { sp_mchid: mchid } : {}
    const named: Record<string, string> = { ...bodyOf(row), ...own, [row.number]: number }
    if (row.api === 'v2') {
      // A list names its refunds by their place.
      const { out_refund_no: _, transaction_id: __, refund_id: ___, ...rest } = named
      return signedV2({
        ...(row.as === 'v2-refund' ? rest : named),
        mch_id: mchid,
        ...(state as Record<string, string>),
      })
    }
    const answer = row.as?.startsWith('combined') ? { combine_mchid: mchid, [row.number]: number } : named
    return signedV3(row.at ? { [row.at]: { ...answer, ...state } } : { ...answer, ...state })
  }
  const clock = { now: Date.now() }
  const ledger = localLedger(await openDatabase(':memory:'), () => clock.now)
  const client = new Wechatpay({
    ...{ mchid, apiv2Key, serial: '3775B6A45ACD588826D15E583A95F5DD2A7F8B8A', apiv3Key: '0'.repeat(32) },
    privateKey: merchantKeys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    platformKeys: { [PUBLIC_KEY_ID]: platform.publicKey.export({ type: 'spki', format: 'pem' }) as string },
    ...{ fetch: service, mtlsFetch: service, retry: false },
  })
  const received: { type: string; data: { source: string; resource: Record<string, unknown> } }[] = []
  const jobs: { mchid: string; delivery: number }[] = []
  const gateway = createGateway({
    ...{ merchants: { [mchid]: client }, callers: [CALLER], authenticate: async () => CALLER },
    endpoints: [{ name: 'shop', url: 'https://shop.example.com/', events: ['*'], secrets: [SECRET] }],
    ledger: () => ledger,
    outbox: { enqueue: async more => void jobs.push(...more) },
    fetchOf: () => async (input, init) => {
      received.push(JSON.parse(await new Request(input, init).text()))
      return new Response(null, { status: 204 })
    },
    now: () => clock.now,
  })
  const watched = async () => (await ledger.depths(mchid)).watched
  const inDoubt = async () => (await ledger.depths(mchid)).inDoubt
  return {
    queries,
    received,
    watched,
    inDoubt,
    async call(call: string, body: object = placedBy(row)) {
      const [method = '', path = ''] = call.split(' ')
      const url = new URL(
        path.replace(/\{(\w+)\}/g, (_, name) => (name === row.number ? NUMBER : '1')),
        'https://gateway.example',
      )
      return gateway.fetch(new Request(url, { ...json(body), method }))
    },
    async sweep(minutes = 6) {
      clock.now += minutes * 60_000
      await gateway.sweep()
      for (let job = jobs.shift(); job; job = jobs.shift()) await gateway.deliver(job)
    },
  }
}

const finalState = (row: Row): object =>
  row.as === undefined ? { [row.state!]: Object.keys(row.final!)[0] } : STATES[row.as]!
const eventOf = (row: Row): string => {
  if (row.as === undefined) return Object.values(row.final!)[0] ?? `wechatpay-edge.${row.kind}.settled`
  if (/deduction$|^service-order$|^v2-combined$/.test(row.as)) return `wechatpay-edge.${row.kind}.settled`
  if (row.as === 'v2-refund') return 'refund-processed'
  if (row.as.endsWith('refund')) return 'REFUND.SUCCESS'
  return row.as === 'v2-order' ? 'transaction-success' : 'TRANSACTION.SUCCESS'
}

describe.each(settledBy.map(row => [row.kind, row] as const))('%s', (kind, row) => {
  test.each(row.calls.map(call => [call]))(
    'a lost answer to %s is asked for, and what became of it is told',
    async call => {
      const shop = await createShop(row, finalState(row))
      expect((await shop.call(call)).status).toBe(502)
      expect(await shop.watched()).toEqual({ [kind]: 1 })
      await shop.sweep()
      expect(shop.queries).toHaveLength(1)
      expect(shop.received.map(({ type, data }) => [type, data.source])).toEqual([[eventOf(row), 'query']])
      expect(await shop.watched()).toEqual({})
    },
  )

  test('an answer about another number settles nothing', async () => {
    const shop = await createShop(row, row.as === 'v2-refund' ? { refund_count: '1' } : finalState(row), 'N100002')
    await shop.call(row.calls[0]!)
    await shop.sweep()
    expect([shop.queries.length, shop.received, await shop.watched()]).toEqual([1, [], { [kind]: 1 }])
  })

  test('a state that is not final is asked for again', async () => {
    const open = row.as === undefined ? { [row.state!]: 'PROCESSING' } : { trade_state: 'NOTPAY', status: 'PROCESSING' }
    const shop = await createShop(row, row.as === 'combined' ? { sub_orders: [{ trade_state: 'NOTPAY' }] } : open)
    await shop.call(row.calls[0]!)
    await shop.sweep()
    await shop.sweep(11)
    expect([shop.queries.length, shop.received, await shop.watched()]).toEqual([2, [], { [kind]: 1 }])
  })
})

const WEEKS = 40 * 24 * 60
const rowOf = (kind: string): Row => settledBy.find(row => row.kind === kind)!
/** What becomes of a lost call of a kind that has this state for weeks. */
async function waitInVain(kind: string, state: object) {
  const shop = await createShop(rowOf(kind), state)
  await shop.call(rowOf(kind).calls[0]!)
  await shop.sweep()
  await shop.sweep(WEEKS)
  return { watched: await shop.watched(), inDoubt: await shop.inDoubt(), received: shop.received }
}
const NOTHING = { watched: {}, inDoubt: {}, received: [] }

describe('an order that has not ended when it is asked for no more', () => {
  test.each([
    ['v3-order', { trade_state: 'NOTPAY' }],
    ['v3-order', { trade_state: 'USERPAYING' }],
    ['v2-order', { trade_state: 'NOTPAY' }],
    ['v3-combined-order', { sub_orders: [{ trade_state: 'NOTPAY' }, { trade_state: 'CLOSED' }] }],
  ])('is given up where nobody has paid it: %s %j', async (kind, state) => {
    expect(await waitInVain(kind, state)).toEqual(NOTHING)
  })

  test.each([
    ['v3-order', { trade_state: 'ACCEPT' }],
    ['v3-partner-order', { trade_state: 'A_STATE_OF_TOMORROW' }],
    ['v2-order', { trade_state: 'ACCEPT' }],
    ['v3-combined-order', { sub_orders: [{ trade_state: 'SUCCESS' }, { trade_state: 'CLOSED' }] }],
    ['v3-combined-order', { sub_orders: [{ trade_state: 'SUCCESS' }, { trade_state: 'NOTPAY' }] }],
    ['v3-combined-order', { sub_orders: [] }],
  ])('is in doubt where money may have moved: %s %j', async (kind, state) => {
    const { inDoubt, received } = await waitInVain(kind, state)
    expect([inDoubt, received]).toEqual([{ [kind]: 1 }, []])
  })
})

describe('a deduction of APIv3 that fails', () => {
  test.each([
    ['v3-deduction', 'PAYERROR'],
    ['v3-deduction', 'PAY_FAIL'],
    ['v3-partner-deduction', 'PAYERROR'],
    ['v3-partner-deduction', 'CLOSED'],
  ])('is told as an event of ours: %s %s', async (kind, trade_state) => {
    for (const call of rowOf(kind).calls) {
      const shop = await createShop(rowOf(kind), { trade_state })
      await shop.call(call)
      await shop.sweep()
      expect(shop.received).toMatchObject([
        { type: `wechatpay-edge.${kind}.settled`, data: { source: 'query', resource: { trade_state } } },
      ])
      expect(await shop.watched()).toEqual({})
    }
  })

  test('is not idle while nobody knows whether it is made', async () => {
    const { inDoubt } = await waitInVain('v3-deduction', { trade_state: 'ACCEPT' })
    expect(inDoubt).toEqual({ 'v3-deduction': 1 })
  })
})

describe('a call that leaves out what its query requires', () => {
  const row = rowOf('v3-profit-sharing-return')

  test('is not watched, because no query could settle it', async () => {
    const shop = await createShop(row, finalState(row))
    const { out_order_no: _, ...body } = bodyOf(row)
    expect((await shop.call(row.calls[0]!, { ...body, order_id: '30000001' })).status).toBe(502)
    expect(await shop.watched()).toEqual({})
    await shop.sweep(WEEKS)
    expect([shop.queries, await shop.inDoubt()]).toEqual([[], {}])
  })
})

describe('overseas', () => {
  test.each([
    ['a merchant', { mchid }, { mchid }],
    ['an institution', { sp_mchid: mchid, sub_mchid: SUB }, { sp_mchid: mchid, sub_mchid: SUB }],
    ['a merchant that its call does not name', {}, { mchid }],
    ['an institution that its call does not name', { sub_mchid: SUB }, { sp_mchid: mchid, sub_mchid: SUB }],
  ])('the query names %s as the call does', async (_, placed, asked) => {
    for (const kind of ['v3-global-order', 'v3-global-refund', 'v3-hong-kong-order', 'v3-hong-kong-refund']) {
      const row = rowOf(kind)
      const shop = await createShop(row, { ...finalState(row), ...NOBODY, ...asked })
      await shop.call(row.calls[0]!, { ...placed, [row.number]: NUMBER })
      await shop.sweep()
      const { searchParams } = new URL(shop.queries[0]!.url)
      expect([kind, Object.fromEntries(searchParams)]).toEqual([kind, asked])
      expect(shop.received).toHaveLength(1)
    }
  })

  test('two paid orders, which have an id and no transaction_id, are two events', async () => {
    const row = rowOf('v3-global-order')
    const shop = await createShop(row, ({ number }) => ({ trade_state: 'SUCCESS', id: `42${number}`, ...NOBODY }))
    for (const number of ['N100001', 'N100002']) await shop.call(row.calls[0]!, { mchid, out_trade_no: number })
    await shop.sweep()
    expect(shop.received.map(({ type, data }) => [type, data.resource.out_trade_no])).toEqual([
      ['TRANSACTION.SUCCESS', 'N100001'],
      ['TRANSACTION.SUCCESS', 'N100002'],
    ])
  })

  test('a closed refund is told in the words of the notification', async () => {
    const row = rowOf('v3-global-refund')
    const amount = { refund: 100, currency: 'HKD', payer_refund: 92, payer_currency: 'CNY' }
    const found = { status: 'REFUNDCLOSE', id: '50', recv_account: 'CARD 1234', amount, out_trade_no: 'T100001' }
    const shop = await createShop(row, { ...found, ...NOBODY })
    await shop.call(row.calls[0]!, { mchid, out_refund_no: NUMBER })
    await shop.sweep()
    const [{ type, data }] = shop.received as [(typeof shop.received)[number]]
    expect(type).toBe('REFUND.CLOSED')
    expect(data.resource).toMatchObject({
      ...{
        refund_id: '50',
        refund_status: 'CLOSED',
        out_refund_no: NUMBER,
        user_received_account: 'CARD 1234',
        amount,
      },
    })
  })
})

describe('a service order of 支付分 that has been completed', () => {
  const row = rowOf('v3-smart-retail-completion')
  const swept = async (state: object) => {
    const shop = await createShop(row, state)
    await shop.call(row.calls[0]!)
    await shop.sweep()
    return [shop.received.length, await shop.watched()]
  }

  test('is asked for until it is paid', async () => {
    expect(await swept({ state: 'FINISHED', total_amount: 100 })).toEqual([0, { [row.kind]: 1 }])
    expect(await swept({ state: 'FINISHED' })).toEqual([0, { [row.kind]: 1 }])
    expect(await swept({ state: 'USER_PAID', total_amount: 100 })).toEqual([1, {}])
  })

  test('is over at once where nothing is to be paid', async () => {
    expect(await swept({ state: 'FINISHED', total_amount: 0 })).toEqual([1, {}])
  })
})

describe('a combined deduction', () => {
  const row = rowOf('v3-combined-deduction')
  const swept = async (...states: string[]) => {
    const shop = await createShop(row, { sub_orders: states.map(trade_state => ({ trade_state, mchid })) })
    await shop.call(row.calls[0]!)
    await shop.sweep()
    return shop.received.map(({ type }) => type)
  }

  test('is a payment where all of it is paid, and an event of ours where some of it failed', async () => {
    expect(await swept('SUCCESS', 'SUCCESS')).toEqual(['TRANSACTION.SUCCESS'])
    expect(await swept('SUCCESS', 'PAY_FAIL')).toEqual(['wechatpay-edge.v3-combined-deduction.settled'])
    expect(await swept('PAY_FAIL', 'CLOSED')).toEqual(['wechatpay-edge.v3-combined-deduction.settled'])
    expect(await swept('SUCCESS', 'ACCEPT')).toEqual([])
    expect(await swept()).toEqual([])
  })
})

test('an order of 医保 that nobody paid is given up without an alarm', async () => {
  const row = rowOf('v3-medical-insurance-order')
  const shop = await createShop(row, { mix_pay_status: 'MIX_PAY_CREATED' })
  await shop.call(row.calls[0]!)
  await shop.sweep(8 * 24 * 60)
  expect([shop.queries.length, shop.received, await shop.watched(), await shop.inDoubt()]).toEqual([1, [], {}, {}])
})

test('a ride whose deduction is refused is told', async () => {
  const row = rowOf('v3-ride-deduction')
  const shop = await createShop(row, { trade_state: 'PAY_FAIL' })
  await shop.call(row.calls[0]!)
  await shop.sweep()
  expect(shop.received.map(({ type }) => type)).toEqual(['wechatpay-edge.v3-ride-deduction.settled'])
})

test('the query of a face deduction has what the call nests', async () => {
  const row = rowOf('v3-face-deduction')
  const shop = await createShop(row, finalState(row))
  await shop.call(row.calls[0]!, {
    ...{ out_trade_no: NUMBER, sp_mchid: mchid, sub_mchid: SUB, business: { business_product_id: 2 } },
  })
  await shop.sweep()
  expect(new URL(shop.queries[0]!.url).searchParams.get('business_product_id')).toBe('2')
})

test.each([
  'POST /v2/transit/pay/payapply',
  'POST /v2/wxv/finishrentbill',
  'POST /v3/ecommerce/subsidies/create',
  'POST /v3/ecommerce/profitsharing/after-sales-orders',
])('%s has no query by a number of its own and is not watched', async call => {
  const shop = await createShop(rowOf('v3-order'), {})
  await shop.call(call, {
    out_trade_no: NUMBER,
    out_order_no: NUMBER,
    sub_mchid: SUB,
    transaction_id: '42',
    refund_id: '50',
  })
  expect(await shop.watched()).toEqual({})
})

test('a redirected refund that fails with the same account again is told again', async () => {
  const row = rowOf('v3-refund')
  const shop = await createShop(row, { status: 'ABNORMAL', refund_id: '50', user_received_account: 'CARD 1234' })
  for (const call of row.calls) {
    await shop.call(call)
    await shop.sweep()
    expect(await shop.watched()).toEqual({})
    await shop.sweep(1)
  }
  expect(shop.received.map(({ type }) => type)).toEqual(['REFUND.ABNORMAL', 'REFUND.ABNORMAL'])
})
