/** Requests that a page of another site makes a browser send to WeChat Pay's own paths: unsigned, because pages have no key. */
import { beforeEach, describe, expect, test } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { createSimulator, type Exchange, type Simulator, type SimulatorRecord } from '../../../src/simulator/index.ts'

const ORIGIN = 'http://127.0.0.1:8989'
let simulator: Simulator
let reported: Exchange[]
beforeEach(async () => {
  reported = []
  simulator = await createSimulator({ onExchange: exchange => reported.push(exchange) })
})

const post = (headers: Record<string, string>, path = '/v3/pay/transactions/native') =>
  simulator.fetch(`${ORIGIN}${path}`, { method: 'POST', body: '{}', headers })

describe('a page of another site', () => {
  test.each<[string, Record<string, string>]>([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another port of this machine', { 'sec-fetch-site': 'same-site' }],
    ['another site, in an older browser', { origin: 'https://evil.example' }],
    ['a sandboxed frame', { origin: 'null' }],
  ])('adds nothing to the journal and uses up no fault: %s', async (_, headers) => {
    simulator.faults.add({ kind: 'status', status: 500, count: 1 })
    for (const path of ['/v3/pay/transactions/native', '/pay/unifiedorder', '/none']) {
      const response = await post(headers, path)
      expect([response.status, await response.text()]).toEqual([403, expect.stringContaining('another site')])
      expect(response.headers.get('request-id')).toMatch(/^[0-9A-F]{40}-0$/)
    }
    expect(simulator.journal).toEqual([])
    expect(reported.map(({ status, code }) => [status, code])).toEqual(Array(3).fill([403, '403']))
    expect((await post({})).status).toBe(500)
  })

  test('adds nothing by a frame or an image, which also send GET', async () => {
    for (const destination of ['iframe', 'image', 'empty']) {
      const headers = {
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': destination === 'iframe' ? 'navigate' : 'no-cors',
        'sec-fetch-dest': destination,
      }
      expect((await simulator.fetch(`${ORIGIN}/papay/entrustweb?x=1`, { headers })).status).toBe(403)
    }
    expect(simulator.journal).toEqual([])
  })
})

describe('a shopper who follows a link to a page of WeChat Pay', () => {
  const NAVIGATION = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  const CROSS_SITE = { ...NAVIGATION, 'sec-fetch-site': 'cross-site' }
  let records: SimulatorRecord[]
  beforeEach(() => {
    records = []
    simulator.observe(record => records.push(record))
  })
  const follow = async (url: string, headers: Record<string, string>) =>
    (await simulator.fetch(url, { headers })).status

  test('reaches it from another site, which fills neither the journal nor the timeline', async () => {
    for (const path of ['/papay/entrustweb?x=1', '/v3/certificates', '/none'])
      expect(await follow(ORIGIN + path, CROSS_SITE)).not.toBe(403)
    expect([simulator.journal, records, reported.length]).toEqual([[], [], 3])
  })

  test('is recorded if the merchant has signed the link', async () => {
    const wxpay = new Wechatpay({ ...simulator.merchant, baseUrl: ORIGIN, fetch: simulator.fetch })
    const { appid, mchid } = simulator.merchant
    const contract = { plan_id: 1, contract_code: 'C1', request_serial: 1, contract_display_account: 'a' }
    const link = await wxpay.v2.papay.entrustweb.url({
      params: {
        appid,
        mch_id: mchid,
        ...contract,
        notify_url: 'https://merchant.example/notify',
        version: '1.0',
        timestamp: '1767225600',
      },
    })
    await follow(link, CROSS_SITE)
    expect(simulator.journal).toMatchObject([{ path: '/papay/entrustweb', signature: 'valid' }])
    expect(records).toMatchObject([{ kind: 'request', exchange: { path: '/papay/entrustweb' } }])
  })

  test('is recorded from a shop on another port of this machine, signed or not', async () => {
    await follow(`${ORIGIN}/papay/entrustweb?x=1`, { ...NAVIGATION, 'sec-fetch-site': 'same-site' })
    expect([simulator.journal.length, records.length]).toEqual([1, 1])
  })
})

test('a program without the headers of a browser is in the journal, signed or not', async () => {
  const program = { accept: '*/*', 'user-agent': 'curl' }
  expect((await post(program)).status).toBe(401)
  expect(simulator.journal).toMatchObject([{ status: 401, signature: 'absent' }])
})
