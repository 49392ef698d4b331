import { createHash, createSign, generateKeyPairSync, randomUUID } from 'node:crypto'
import { Wechatpay } from '../../../src/core/index.ts'
import type { settledBy } from '../../../src/gateway/generated/settled-by.ts'
import { createGateway } from '../../../src/gateway/index.ts'
import { openDatabase } from '../../../src/storage/sqlite.ts'
import { localLedger } from '../../../src/storage/sqlite-ledger.ts'
import { CALLER, json, SECRET } from '../test-gateway.ts'

// A service with a key of its own: it takes each call, loses its answer, and tells what became of it when it is asked.

export const mchid = '1900000109'
export const SUB = '1900000888'
const apiv2Key = '192006250b4c09247ec02edce69f6a2d'
export const merchantKeys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const platform = generateKeyPairSync('rsa', { modulusLength: 2048 })
const PUBLIC_KEY_ID = 'PUB_KEY_ID_0119000001092026010100000000000001'

const signedV3 = (fields: object): Response => {
  const body = JSON.stringify(fields)
  const timestamp = String(Math.floor(Date.now() / 1000))
  const nonce = randomUUID()
  const signature = createSign('RSA-SHA256')
    .update(`${timestamp}\n${nonce}\n${body}\n`)
    .sign(platform.privateKey, 'base64')
  return new Response(body, {
    headers: {
      'content-type': 'application/json',
      'wechatpay-serial': PUBLIC_KEY_ID,
      'wechatpay-nonce': nonce,
      'wechatpay-timestamp': timestamp,
      'wechatpay-signature': signature,
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

export type Row = (typeof settledBy)[number]
export const NUMBER = 'N100001'
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
/** Returns the fields of the call, and those that its query requires. */
export const bodyOf = (row: Row): Record<string, string> => {
  const names = [...row.params, row.number].filter(
    name => !/^(?:mch_?id|sp_mchid|combine_mch_?id|limit|offset|sign_type)$/.test(name),
  )
  const of = (name: string) =>
    name === row.number ? NUMBER : name.startsWith('sub_mch') ? SUB : name === 'appid' ? 'wx1' : `value-of-${name}`
  return Object.fromEntries(names.map(name => [name, of(name)]))
}
/** The same as the call has it, which nests some of it. */
export const placedBy = (row: Row): object => {
  const { ...body }: Record<string, unknown> = bodyOf(row)
  for (const [name, place] of Object.entries(row.from ?? {})) {
    const [object = '', member = ''] = place.split('.')
    body[object] = { [member]: body[name] }
    delete body[name]
  }
  return body
}

/** A response that names nobody but those that are added. */
export const NOBODY = { sub_mchid: undefined, sp_mchid: undefined }

/**
 * @param told the state that the service's response has; or, of a number, what it has of that
 * @param given the number that the response names
 * @param whole the response as it stands, in place of one that repeats what the call says
 */
export async function createTestGateway(
  row: Row,
  told: object | ((asked: { number: string }) => object),
  given = NUMBER,
  whole?: object,
) {
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
    if (whole) return row.api === 'v2' ? signedV2(whole as Record<string, string>) : signedV3(whole)
    const number = typeof told === 'function' ? pathname.split('/').at(-1)! : given
    const state = typeof told === 'function' ? told({ number }) : told
    const own = Object.fromEntries(
      ['sp_mchid', 'combine_mch_id'].flatMap(name => (row.params.includes(name) ? [[name, mchid]] : [])),
    )
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
    mchid,
    apiv2Key,
    serial: '3775B6A45ACD588826D15E583A95F5DD2A7F8B8A',
    apiv3Key: '0'.repeat(32),
    privateKey: merchantKeys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    platformKeys: { [PUBLIC_KEY_ID]: platform.publicKey.export({ type: 'spki', format: 'pem' }) as string },
    fetch: service,
    mtlsFetch: service,
    retry: false,
  })
  const received: { type: string; data: { source: string; resource: Record<string, unknown> } }[] = []
  const jobs: { mchid: string; delivery: number }[] = []
  const gateway = createGateway({
    merchants: { [mchid]: client },
    callers: [CALLER],
    authenticate: async () => CALLER,
    endpoints: [{ name: 'shop', url: 'https://shop.example.com/', events: ['*'], secrets: [SECRET] }],
    ledgerOf: () => ledger,
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

export const finalState = (row: Row): object =>
  row.as === undefined ? { [row.state!]: Object.keys(row.final!)[0] } : STATES[row.as]!
export const eventOf = (row: Row): string => {
  if (row.as === undefined) return Object.values(row.final!)[0] ?? `wechatpay-edge.${row.kind}.settled`
  if (/deduction$|^service-order$|^v2-combined$/.test(row.as)) return `wechatpay-edge.${row.kind}.settled`
  if (row.as === 'v2-refund') return 'refund-processed'
  if (row.as.endsWith('refund')) return 'REFUND.SUCCESS'
  return row.as === 'v2-order' ? 'transaction-success' : 'TRANSACTION.SUCCESS'
}
