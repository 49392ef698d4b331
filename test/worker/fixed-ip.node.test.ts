import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listen } from '../../src/cli/simulator/server.ts'
import { listenHttp, MAX_CONNECTIONS, REQUEST_TIMEOUT } from '../../src/server/http.ts'
import { startServer } from '../../src/server/start.ts'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'
import { type Account, hashOf, startAccount, TOKEN, variablesOf } from './account.ts'

// The Worker in workerd, `serve` beside it, and WeChat Pay simulated at two addresses: one that it has listed, where `serve` calls
// from, and one that it has not, where the Worker calls from.

const FIXED_IP_TOKEN = 'wxe_token-of-the-worker'
const TRANSFERS = '/v3/fund-app/mch-transfer/transfer-bills'
/** WeChat Pay's own list, of the products in its documents, and its own words. */
const PAYS_OUT = /^\/(?:v3\/fund-app\/mch-transfer|v3\/transfer|mmpaymkttransfers\/sendredpack)/
const UNLISTED = '此IP地址不允许调用该接口'

let simulator: Simulator
let worker: Account
let direct: Account
/** Requests of `serve` to WeChat Pay, and of the Worker. */
const seen = { listed: [] as string[], unlisted: [] as string[] }
const logged: string[] = []
const closing: (() => Promise<void>)[] = []

/** WeChat Pay at one of its addresses. The client certificate is presented by whoever reaches it. */
async function openWechatpay(kind: 'listed' | 'unlisted'): Promise<string> {
  const { close, url } = await listen(
    async request => {
      const { pathname } = new URL(request.url)
      seen[kind].push(`${request.method} ${pathname}`)
      if (kind === 'listed' || !PAYS_OUT.test(pathname)) return simulator.mtlsFetch(request)
      return Response.json({ code: 'INVALID_REQUEST', message: UNLISTED }, { status: 400 })
    },
    { host: '127.0.0.1', port: 0 },
  )
  closing.push(close)
  return url
}

async function openServe(more: Record<string, string> = {}): Promise<string> {
  const { server } = await startServer({
    environment: {
      ...(await variablesOf(simulator, await openWechatpay('listed'))),
      WECHATPAY_APIV2_KEY: simulator.merchant.apiv2Key,
      GATEWAY_CONFIG: JSON.stringify({
        callers: [
          {
            name: 'worker',
            tokens: [hashOf(FIXED_IP_TOKEN)],
            allow: ['POST,GET /v3/fund-app/mch-transfer/**', 'POST /v2/mmpaymkttransfers/sendredpack'],
            maxAmount: 20_000,
          },
        ],
      }),
      ...more,
    },
    data: ':memory:',
    write: line => void logged.push(line),
  })
  const settings = { hostname: '127.0.0.1', port: 0, maxConnections: MAX_CONNECTIONS, requestTimeout: REQUEST_TIMEOUT }
  const { port, close } = await listenHttp({ ...settings, fetch: server.fetch, onFull: () => {} })
  closing.push(async () => {
    await close()
    await server.close()
  })
  return `http://127.0.0.1:${port}`
}

let bills = 0
const bill = (more: object = {}) => ({
  appid: simulator.merchant.appid,
  out_bill_no: `B${100_000 + bills++}`,
  transfer_scene_id: '1000',
  openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
  transfer_amount: 100,
  transfer_remark: '新会员开通有礼',
  transfer_scene_report_infos: [{ info_type: '活动名称', info_content: '新会员有礼' }],
  ...more,
})

async function call(account: Account, method: string, path: string, body?: object, more: Record<string, string> = {}) {
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...more }
  const response = await fetch(account.url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) })
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) }
}

beforeAll(async () => {
  simulator = await createSimulator()
  const variables = {
    ...(await variablesOf(simulator, await openWechatpay('unlisted'))),
    WECHATPAY_APIV2_KEY: simulator.merchant.apiv2Key,
    GATEWAY_TOKEN: hashOf(TOKEN),
    GATEWAY_LOG: 'warn',
  }
  const url = await openServe()
  worker = await startAccount({ ...variables, GATEWAY_FIXED_IP_URL: url, GATEWAY_FIXED_IP_TOKEN: FIXED_IP_TOKEN })
  closing.push(worker.close)
  direct = await startAccount(variables)
  closing.push(direct.close)
})
afterAll(async () => {
  for (const close of closing.reverse()) await close()
})

describe('a Worker with a gateway at a fixed IP', () => {
  it('has it make a transfer, whose answer is WeChat Pay’s, verified', async () => {
    const before = seen.unlisted.length
    const answer = await call(worker, 'POST', TRANSFERS, bill())
    expect(answer).toMatchObject({ status: 200, body: { state: 'WAIT_USER_CONFIRM' } })
    expect(answer.headers.get('wechatpay-edge-verified-by')).toMatch(/^PUB_KEY_ID_/)
    expect(answer.headers.get('request-id')).toMatch(/./)
    expect(seen.listed.at(-1)).toBe(`POST ${TRANSFERS}`)
    expect(seen.unlisted.slice(before).filter(line => PAYS_OUT.test(line.split(' ')[1]!))).toEqual([])
  })

  it('has it query the transfer, and tells what WeChat Pay refuses', async () => {
    const { out_bill_no } = await call(worker, 'POST', TRANSFERS, bill()).then(({ body }) => body)
    expect(await call(worker, 'GET', `${TRANSFERS}/out-bill-no/${out_bill_no}`)).toMatchObject({
      body: { out_bill_no },
    })
    expect(await call(worker, 'GET', `${TRANSFERS}/out-bill-no/B999999`)).toMatchObject({
      status: 404,
      body: { code: expect.stringMatching(/NOT_?FOUND|NOT_?EXIST/) },
    })
  })

  it('has it send a red packet of APIv2, for which the Worker has no client certificate', async () => {
    const packet = {
      mch_billno: '1900000109202611281234567890',
      wxappid: simulator.merchant.appid,
      send_name: '茶馆',
      mch_id: simulator.merchant.mchid,
      re_openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
      total_amount: '100',
      total_num: '1',
      wishing: '恭喜',
      client_ip: '192.0.2.1',
      act_name: '新年',
      remark: '新年',
    }
    const answer = await call(worker, 'POST', '/v2/mmpaymkttransfers/sendredpack', packet)
    expect(answer).toMatchObject({ status: 200, body: { result_code: 'SUCCESS' } })
    expect(seen.listed.at(-1)).toBe('POST /mmpaymkttransfers/sendredpack')
  })

  it('makes all other calls itself', async () => {
    const before = seen.listed.length
    const answer = await call(worker, 'GET', `/v3/pay/transactions/out-trade-no/T1?mchid=${simulator.merchant.mchid}`)
    expect(answer.body.code).toBe('ORDER_NOT_EXIST')
    expect(seen.listed.length).toBe(before)
  })

  it('makes a transfer once under one idempotency key', async () => {
    const before = seen.listed.length
    const transfer = bill()
    const [first, second] = [
      await call(worker, 'POST', TRANSFERS, transfer, { 'idempotency-key': 'k1' }),
      await call(worker, 'POST', TRANSFERS, transfer, { 'idempotency-key': 'k1' }),
    ]
    expect(second.body).toEqual(first.body)
    expect(seen.listed.length - before).toBe(1)
  })

  it('is held to what the other gateway allows it, whatever its own callers may do', async () => {
    const before = seen.listed.length
    expect(await call(worker, 'POST', TRANSFERS, bill({ transfer_amount: 20_001 }))).toMatchObject({
      status: 403,
      body: { code: 'AMOUNT_OVER_CAP', mayHaveTakenEffect: false },
    })
    expect(await call(worker, 'POST', '/v2/mmpaymkttransfers/promotion/transfers', { amount: '1' })).toMatchObject({
      status: 502,
      body: { code: 'FIXED_IP_GATEWAY_REFUSED', detail: expect.stringContaining('FORBIDDEN') },
    })
    expect(seen.listed.length).toBe(before)
  })
})

describe('the health of a Worker with a gateway at a fixed IP', () => {
  const ADMIN = 'wxe_token-of-the-operator'
  const fixedIpOf = async (more: Record<string, string>, query = '?deep') => {
    const account = await startAccount({
      ...(await variablesOf(simulator, await openWechatpay('unlisted'))),
      GATEWAY_TOKEN: hashOf(TOKEN),
      GATEWAY_ADMIN_TOKEN: hashOf(ADMIN),
      GATEWAY_LOG: 'warn',
      GATEWAY_FIXED_IP_TOKEN: FIXED_IP_TOKEN,
      ...more,
    })
    const headers = { authorization: `Bearer ${ADMIN}` }
    const response = await fetch(`${account.url}/healthz${query}`, { headers })
    const text = await response.text()
    await account.close()
    expect(text).not.toContain(FIXED_IP_TOKEN)
    const { checks } = JSON.parse(text) as { checks: { check: string; status: string; detail: string }[] }
    return { http: response.status, ...checks.find(({ check }) => check === 'fixed_ip') }
  }

  it('tells whether it answers and knows the token, without a payout and without WeChat Pay', async () => {
    const url = await openServe()
    const before = seen.listed.length
    expect(await fixedIpOf({ GATEWAY_FIXED_IP_URL: url })).toMatchObject({
      http: 200,
      status: 'ok',
      detail: expect.stringContaining('knows the token'),
    })
    expect(await fixedIpOf({ GATEWAY_FIXED_IP_URL: url, GATEWAY_FIXED_IP_TOKEN: 'wxe_another' })).toMatchObject({
      http: 503,
      status: 'fail',
      detail: expect.stringContaining('GATEWAY_FIXED_IP_TOKEN'),
    })
    expect(seen.listed.length).toBe(before)
  })

  it('fails where nobody answers, or a proxy does; without ?deep nobody is asked', async () => {
    const nobody = 'http://127.0.0.1:9'
    expect(await fixedIpOf({ GATEWAY_FIXED_IP_URL: nobody })).toMatchObject({ http: 503, status: 'fail' })
    expect(await fixedIpOf({ GATEWAY_FIXED_IP_URL: nobody }, '')).toMatchObject({ http: 200, status: 'ok' })
    const proxy = await listen(async () => new Response('Bad Gateway', { status: 502 }), { host: '127.0.0.1', port: 0 })
    closing.push(proxy.close)
    expect(await fixedIpOf({ GATEWAY_FIXED_IP_URL: proxy.url })).toMatchObject({
      status: 'fail',
      detail: expect.stringContaining('responds with status 502, but not as a gateway'),
    })
  })
})

describe('a Worker without one', () => {
  it('gives WeChat Pay’s refusal as it is, and beside it what to do', async () => {
    const { status, headers, body } = await call(direct, 'POST', TRANSFERS, bill())
    expect([status, body]).toEqual([400, { code: 'INVALID_REQUEST', message: UNLISTED }])
    expect(headers.get('wechatpay-edge-hint')).toMatch(/listed IP addresses only.*GATEWAY_FIXED_IP_URL/)
  })
})

describe('two gateways that take each other for the one with the fixed IP', () => {
  it('do not send a call to and fro', async () => {
    const variables = { GATEWAY_FIXED_IP_URL: 'http://127.0.0.1:9', GATEWAY_FIXED_IP_TOKEN: 'wxe_another' }
    const url = await openServe(variables)
    const headers = {
      authorization: `Bearer ${FIXED_IP_TOKEN}`,
      'content-type': 'application/json',
      'wechatpay-edge-forwarded': '1',
    }
    const before = seen.listed.length
    const response = await fetch(url + TRANSFERS, { method: 'POST', headers, body: JSON.stringify(bill()) })
    expect([response.status, await response.json()]).toMatchObject([508, { code: 'FIXED_IP_LOOP' }])
    expect(seen.listed.length).toBe(before)
  })
})
