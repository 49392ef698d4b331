/** Reading the rows of ledgers over HTTP: what an operator gets, and everybody who gets nothing. */
import { beforeEach, describe, expect, it } from 'vitest'
import { hashOf } from '../../../src/gateway/caller/token.ts'
import type { Caller, GatewayOptions } from '../../../src/gateway/index.ts'
import type { Ledger } from '../../../src/gateway/store/ledger.ts'
import { createShards } from '../store/shards/stage.ts'
import { createTestGateway, json, type TestGateway } from '../test-gateway.ts'

const TOKENS = {
  admin: 'wxe_admin_0123456789abcdef0123456789abcdef',
  reader: 'wxe_reader_0123456789abcdef0123456789abcdef',
  shop: 'wxe_shop_0123456789abcdef0123456789abcdef',
  branch: 'wxe_branch_0123456789abcdef0123456789abcdef',
}
const ORIGIN = 'https://gateway.example.com'

let one: TestGateway
let mchid: string
let opened: string[]

/** Creates a gateway whose ledgers have two shards each, as in Durable Objects. */
async function createSharded(): Promise<TestGateway> {
  const ledgers = new Map<string, Ledger>()
  const own: string[] = []
  opened = own
  const stages = await Promise.all(Array.from({ length: 6 }, () => createShards(2)))
  const open = (name: string): Ledger => {
    own.push(name)
    return stages[own.length - 1]!.open(2)
  }
  const ledgerOf = (name: string): Ledger => {
    const ledger = ledgers.get(name) ?? open(name)
    ledgers.set(name, ledger)
    return ledger
  }
  return createTestGateway({ ...(await withCallers()), ledgerOf })
}

async function withCallers(): Promise<Partial<GatewayOptions>> {
  const callers: Caller[] = [
    { name: 'admin', credential: { tokens: [await hashOf(TOKENS.admin)] }, allow: ['* /admin/**'] },
    { name: 'reader', credential: { tokens: [await hashOf(TOKENS.reader)] }, allow: ['GET /admin/**'] },
    { name: 'shop', credential: { tokens: [await hashOf(TOKENS.shop)] }, allow: ['* /v3/**'] },
    {
      name: 'branch',
      credential: { tokens: [await hashOf(TOKENS.branch)] },
      allow: ['* /admin/**'],
      merchants: ['1900000001'],
    },
  ]
  return { callers, authenticate: undefined as never }
}

beforeEach(async () => {
  one = await createSharded()
  mchid = one.simulator.merchant.mchid
})

const as = (name: keyof typeof TOKENS) => ({ authorization: `Bearer ${TOKENS[name]}` })
const query = (more: object = {}) => ({ ledger: mchid, shard: 0, table: 'event', ...more })

async function send(path: string, init: RequestInit, gateway = one) {
  const response = await gateway.call(path, init)
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  return { status: response.status, headers: response.headers, body: (await response.json()) as any }
}

const readRows = (body: object, headers: Record<string, string> = as('admin')) =>
  send('/admin/ledgers/rows', json(body, headers))

async function notify(number: number): Promise<void> {
  const resource = JSON.stringify({ transaction_id: `42${number}`, out_trade_no: `T${number}`, trade_state: 'SUCCESS' })
  await one.simulator.notify.send({ api: 'v3', event: 'TRANSACTION.SUCCESS', url: one.notifyUrl, resource })
}

describe('GET /admin/ledgers', () => {
  it('lists the ledgers of merchants, callers and the gateway, with their objects and tables', async () => {
    const { status, body } = await send('/admin/ledgers', { headers: as('admin') })
    expect(status).toBe(200)
    expect(body.ledgers).toEqual(
      [mchid, 'caller/admin', 'caller/reader', 'caller/shop', 'caller/branch', 'gateway'].map(name => ({
        name,
        shards: 2,
      })),
    )
    expect(body.tables).toContain('event')
  })

  it('says of ledgers in a database that the program can open it', async () => {
    const local = await createTestGateway(await withCallers())
    const listed = await send('/admin/ledgers', { headers: as('admin') }, local)
    expect([listed.status, listed.body.code]).toEqual([404, 'NOT_FOUND'])
    expect(listed.body.detail).toContain('--data')
    const rows = await send('/admin/ledgers/rows', json(query(), as('admin')), local)
    expect([rows.status, rows.body.code]).toEqual([404, 'NOT_FOUND'])
  })
})

describe('POST /admin/ledgers/rows', () => {
  it('returns the rows of one object after a key, and none of them is kept by a browser', async () => {
    for (let number = 0; number < 12; number++) await notify(number)
    const pages = await Promise.all([0, 1].map(shard => readRows(query({ shard }))))
    expect(pages.map(({ status, body }) => [status, body.next])).toEqual([
      [200, null],
      [200, null],
    ])
    expect(pages[0]!.headers.get('cache-control')).toBe('no-store')
    const rows = pages.flatMap(({ body }) => body.rows)
    expect(rows).toHaveLength(12)
    for (const row of rows) expect(row).toMatchObject({ mchid, webhook_id: expect.stringMatching(/^evt_/) })
    const last = pages[0]!.body.rows.at(-1)
    expect((await readRows(query({ after: [last.seq] }))).body).toEqual({ rows: [], next: null })
  })

  it('is refused without a token to whoever is admitted by other means, as a browser behind Cloudflare Access is', async () => {
    const admin: Caller = { name: 'admin', credential: { tokens: [] }, allow: ['* /admin/**'] }
    const admitted = await createTestGateway({ ...(await withCallers()), authenticate: async () => admin })
    const refused = await send('/admin/ledgers/rows', json(query()), admitted)
    expect([refused.status, refused.body.code]).toEqual([403, 'FORBIDDEN'])
  })

  it('is in the audit trail of the caller, with each page', async () => {
    await readRows(query())
    await readRows(query({ shard: 1 }))
    const { body } = await send('/admin/callers/admin/calls', { headers: as('admin') })
    expect(body.calls).toMatchObject([
      { method: 'POST', path: '/admin/ledgers/rows', status: 200, caller: 'admin' },
      { method: 'POST', path: '/admin/ledgers/rows', status: 200, caller: 'admin' },
    ])
  })

  it.each(['reader', 'shop', 'branch'] as const)('refuses the caller %s', async name => {
    const { status, body } = await readRows(query(), as(name))
    expect([status, body.code]).toEqual([403, 'FORBIDDEN'])
  })

  it('refuses a request without a token', async () => {
    const { status, body } = await readRows(query(), {})
    expect([status, body.code]).toEqual([401, 'UNAUTHENTICATED'])
  })

  it('refuses a session of the console, also of an operator who may act', async () => {
    const opened = await one.call('/admin/session', json({ token: TOKENS.admin }, { origin: ORIGIN }))
    const { csrf } = (await opened.json()) as { csrf: string }
    const cookie = opened.headers.get('set-cookie')!.split(';')[0]!
    const headers = { cookie, origin: ORIGIN, 'sec-fetch-site': 'same-origin', 'wechatpay-edge-csrf': csrf }
    const { status, body } = await readRows(query(), headers)
    expect([status, body.code]).toEqual([403, 'FORBIDDEN'])
    expect(body.detail).toContain('Only a token')
    expect((await send('/admin/sweep', { method: 'POST', headers })).status).toBe(200)
  })

  it.each([
    ['a ledger that is not configured', { ledger: '1900000999' }],
    ['a ledger of a caller that is not configured', { ledger: 'caller/nobody' }],
    ['a ledger that is no name', { ledger: ['gateway'] }],
    ['no shard', { shard: undefined }],
    ['a negative shard', { shard: -1 }],
    ['a shard that is no integer', { shard: 0.5 }],
    ['a table that is left out of exports', { table: 'layout' }],
    ['a table of SQLite', { table: 'sqlite_master' }],
    ['SQL in place of a table', { table: 'event where 1=1 --' }],
    ['a property of objects in place of a table', { table: 'toString' }],
    ['a key with too many values', { after: [1, 2] }],
    ['a key that is no list', { after: '1' }],
    ['a key with an object', { after: [{}] }],
    ['a key with a number that SQLite does not have', { after: ['9'.repeat(30), 1] }],
  ])('refuses %s', async (_, more) => {
    const before = opened.length
    const { status, body } = await readRows(query(more))
    expect([status, body.code]).toEqual([400, 'BODY_INVALID'])
    // A name from a request opens no ledger, which on Cloudflare would create an object. That of the caller is for the audit trail.
    expect(
      opened.slice(before).filter(name => !/^(?:\d+|gateway|caller\/(?:admin|reader|shop|branch))$/.test(name)),
    ).toEqual([])
  })

  it('refuses a shard that the ledger does not have', async () => {
    const { status, body } = await readRows(query({ shard: 2 }))
    expect([status, body.code, body.detail]).toEqual([404, 'NOT_FOUND', 'The ledger has no shard 2.'])
  })
})
