import { generateKeyPairSync } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { Wechatpay, type WechatpayOptions } from '../../../src/core/index.ts'
import { createAuthenticate } from '../../../src/gateway/caller/authenticate.ts'
import { hashOf } from '../../../src/gateway/caller/token.ts'
import { describeFault, hasKeysOf } from '../../../src/gateway/health/key-faults.ts'
import type { TestGateway } from '../test-gateway.ts'
import { createTestGateway, json, nativeOrder, payOrder } from '../test-gateway.ts'

// Keys that can be imported and are wrong all the same: only WeChat Pay's answers and notifications show it.

const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 })
const PRIVATE = String(foreign.privateKey.export({ type: 'pkcs8', format: 'pem' }))
const PUBLIC = String(foreign.publicKey.export({ type: 'spki', format: 'pem' }))
const OPERATOR = { headers: { authorization: 'Bearer wxe_operator' } }
const NATIVE = '/v3/pay/transactions/native'

let plain: TestGateway
let mchid: string
beforeEach(async () => {
  plain = await createTestGateway()
  mchid = plain.simulator.merchant.mchid
})

/** The gateway with the same ledger, whose client has other keys. */
const withKeys = (keys: Partial<WechatpayOptions> = {}): Promise<TestGateway> => {
  const { certificate: _, ...merchant } = plain.simulator.merchant
  const { fetch } = plain.simulator
  return plain.restart({ merchants: { [mchid]: new Wechatpay({ ...merchant, fetch, retry: false, ...keys }) } })
}
const publicKeyId = () => Object.keys(plain.simulator.merchant.platformKeys)[0]!
const place = (one: TestGateway, number = 'T100001') => one.call(NATIVE, json(nativeOrder(one, number)))

/** Returns the health that a gateway without memory reports, as another isolate does: to anybody, and to the operator. */
async function healthOf(path = '/healthz') {
  const tokens = [await hashOf('wxe_operator')]
  const callers = [{ name: 'operator', credential: { tokens }, allow: ['GET /healthz'] }]
  const other = await plain.restart({ authenticate: createAuthenticate(callers) })
  const open = await other.call(path.split('?')[0]!)
  const { status, checks } = await (await other.call(path, OPERATOR)).json()
  const [check] = (checks as { check: string; status: string; detail: string }[]).filter(({ check }) =>
    ['calls', 'v2_calls', 'notifications'].includes(check),
  )
  return { open: [open.status, (await open.json()).status], status, check }
}
const FINE = { open: [200, 'ok'], status: 'ok', check: undefined }

describe('a call shows that', () => {
  test.each<[string, () => Partial<WechatpayOptions>, string, RegExp]>([
    ['the private key is not the serial’s', () => ({ privateKey: PRIVATE }), 'SIGN_ERROR', /private key, the serial/],
    [
      'the public key is not WeChat Pay’s',
      () => ({ platformKeys: { [publicKeyId()]: PUBLIC } }),
      'SIGNATURE_INVALID',
      /公钥/,
    ],
  ])('%s: health fails for everybody, until a call succeeds', async (_, keys, code, advice) => {
    const wrong = await withKeys(keys())
    expect(await healthOf()).toEqual(FINE)
    expect((await place(wrong)).status).toBeGreaterThan(400)
    await wrong.gateway.flushCounts()
    const found = await healthOf()
    expect(found).toMatchObject({
      open: [503, 'fail'],
      check: { check: 'calls', status: 'fail', detail: expect.stringMatching(advice) },
    })
    expect(found.check!.detail).toContain(code)
    const right = await withKeys()
    expect((await place(right)).status).toBe(200)
    expect(await healthOf()).toEqual(FINE)
  })

  test('a query tells it too, and a signed error of WeChat Pay’s is as good as success', async () => {
    const query = `/v3/pay/transactions/out-trade-no/none?mchid=${mchid}`
    expect((await (await withKeys({ privateKey: PRIVATE })).call(query)).status).toBe(401)
    expect((await healthOf()).status).toBe('fail')
    expect((await (await withKeys()).call(query)).status).toBe(404)
    expect(await healthOf()).toEqual(FINE)
  })

  test('a success of another API says nothing of the keys that failed, and the other API is not accused', async () => {
    const wrong = await withKeys({ privateKey: PRIVATE })
    const v2Query = '/v2/pay/orderquery'
    const { appid } = plain.simulator.merchant
    const asks = json({ appid, mch_id: mchid, out_trade_no: 'T100001' })
    await place(wrong)
    expect((await wrong.call(v2Query, asks)).headers.get('wechatpay-edge-verified-by')).toBe('HMAC-SHA256')
    expect(await healthOf()).toMatchObject({ status: 'fail', check: { check: 'calls' } })
    expect((await place(await withKeys())).status).toBe(200)
    expect(await healthOf()).toEqual(FINE)

    await (await withKeys({ apiv2Key: 'x'.repeat(32) })).call(v2Query, asks)
    expect((await place(await withKeys(), 'T100002')).status).toBe(200)
    const found = await healthOf()
    expect(found).toMatchObject({ open: [503, 'fail'], check: { check: 'v2_calls' } })
    expect(found.check!.detail).toContain('APIv2 key')
    await (await withKeys()).call(v2Query, asks)
    expect(await healthOf()).toEqual(FINE)
  })

  test('keys that were wrong accuse nobody once the configuration has none, and after a day without a call they warn', async () => {
    const { appid } = plain.simulator.merchant
    const asks = json({ appid, mch_id: mchid, out_trade_no: 'T100001' })
    await (await withKeys({ apiv2Key: 'x'.repeat(32) })).call('/v2/pay/orderquery', asks)
    const [fault] = await plain.ledger.faults(mchid)
    const told = (client: Partial<WechatpayOptions>) =>
      hasKeysOf(fault!, new Wechatpay({ ...plain.simulator.merchant, ...client }))
    expect([told({}), told({ apiv2Key: undefined as never })]).toEqual([true, false])
    expect(hasKeysOf({ ...fault!, kind: 'brand_calls' }, new Wechatpay(plain.simulator.merchant))).toBe(false)
    expect((await healthOf()).open).toEqual([503, 'fail'])
    const statusAfter = (ms: number) => describeFault(fault!, fault!.at + ms).status
    expect([statusAfter(24 * 3_600_000 - 1), statusAfter(24 * 3_600_000)]).toEqual(['fail', 'warn'])
  })

  test('a caller who names another merchant accuses no key', async () => {
    const { appid } = plain.simulator.merchant
    const named = json({ appid, mch_id: '1900000112', out_trade_no: 'T100001' }, { 'wechatpay-edge-mchid': mchid })
    const wrong = await withKeys({ apiv2Key: 'x'.repeat(32) })
    await wrong.call('/v2/pay/orderquery', named)
    await wrong.call('/v2/xdc/apiv2sandbox/pay/orderquery', json({ appid, mch_id: mchid, out_trade_no: 'T100001' }))
    const combined = { combine_appid: appid, combine_mch_id: '1900000112', combine_out_trade_no: 'T100001' }
    await wrong.call('/v2/pay/queryorder', json(combined, { 'wechatpay-edge-mchid': mchid }))
    expect(await plain.ledger.faults(mchid)).toEqual([])
    // APIv3 verifies with the key of the merchant that the gateway names, whatever the call contains.
    const query = `/v3/pay/transactions/out-trade-no/sandbox1?mchid=${mchid}`
    await (await withKeys({ privateKey: PRIVATE })).call(query)
    expect(await plain.ledger.faults(mchid)).toMatchObject([{ kind: 'calls' }])
    await (await withKeys()).call(query)
    await wrong.call('/v2/pay/orderquery', json({ appid, mch_id: mchid, out_trade_no: 'T100001' }))
    expect(await plain.ledger.faults(mchid)).toMatchObject([{ kind: 'v2_calls' }])
  })

  test('a failure of a kind that only another version knows is left out', async () => {
    for (const kind of ['constructor', 'brand_unknown', 'v9_calls'])
      await plain.ledger.recordFault(mchid, kind as never, 'SIGN_ERROR')
    const { status, checks } = await (await plain.call('/healthz')).json()
    expect([status, JSON.stringify(checks ?? [])]).toEqual(['ok', expect.not.stringContaining('undefined')])
    expect(await healthOf()).toEqual(FINE)
  })

  test('a deep look, which succeeds, ends the failure', async () => {
    await place(await withKeys({ privateKey: PRIVATE }))
    expect((await healthOf()).status).toBe('fail')
    expect((await healthOf('/healthz?deep')).status).toBe('ok')
    expect(await healthOf()).toEqual(FINE)
  })

  test('nothing of the keys is wrong when nobody answers, or WeChat Pay refuses what was asked', async () => {
    await place(await withKeys({ fetch: () => Promise.reject(new TypeError('fetch failed')) }))
    await place(await withKeys({ fetch: async () => new Response('<html>', { status: 502 }) }))
    await (await withKeys()).call(NATIVE, json({ ...nativeOrder(plain, 'T100002'), amount: { total: 0 } }))
    expect(await healthOf()).toEqual(FINE)
  })
})

describe('a notification with a valid signature that does not decrypt', () => {
  const WRONG = { apiv3Key: 'x'.repeat(32) }

  test('warns of the APIv3 key, until one is decrypted', async () => {
    const wrong = await withKeys(WRONG)
    await payOrder(wrong, 'T100001')
    expect(await healthOf()).toMatchObject({
      open: [200, 'warn'],
      status: 'warn',
      check: { check: 'notifications', detail: expect.stringContaining('APIv3 key is wrong') },
    })
    await withKeys()
    await plain.simulator.notify.repeat(plain.simulator.notifications[0]!.id)
    expect(await healthOf()).toEqual(FINE)
  })

  test('costs one row in a minute, however often it is sent', async () => {
    const ran: string[] = []
    plain = await createTestGateway({}, {}, database => ({
      ...database,
      run(statement, ...values) {
        ran.push(statement)
        return database.run(statement, ...values)
      },
    }))
    const notes = () => ran.filter(statement => statement.includes('into fault')).length
    const wrong = await withKeys(WRONG)
    await payOrder(wrong, 'T100001')
    for (let at = 0; at < 20; at++) await plain.simulator.notify.repeat(plain.simulator.notifications[0]!.id)
    expect(notes()).toBe(1)
    wrong.clock.now += 60_000
    await plain.simulator.notify.repeat(plain.simulator.notifications[0]!.id)
    expect(notes()).toBe(2)
  })
})

test.each<[string, Record<string, string>, string]>([
  ['nothing', {}, '{}'],
  ['a notification that nobody signed', { 'wechatpay-signature': 'AAAA', 'wechatpay-serial': 'KNOWN' }, '{}'],
  ['an unknown serial', { 'wechatpay-signature': 'AAAA', 'wechatpay-serial': 'PUB_KEY_ID_0' }, '{}'],
  [
    'a refund notification of APIv2, which has no signature',
    {},
    '<xml><return_code>SUCCESS</return_code><appid>wx</appid><mch_id>MCHID</mch_id><nonce_str>n</nonce_str><req_info>AAAAAAAAAAAAAAAAAAAAAA==</req_info></xml>',
  ],
])('a stranger who sends %s does not change what health says', async (_, headers, body) => {
  const sent = new Headers(headers)
  if (sent.get('wechatpay-serial') === 'KNOWN') sent.set('wechatpay-serial', publicKeyId())
  if (sent.has('wechatpay-serial')) {
    sent.set('wechatpay-timestamp', String(Math.floor(Date.now() / 1000)))
    sent.set('wechatpay-nonce', 'n')
  }
  const response = await plain.call(`/notify/${mchid}`, {
    method: 'POST',
    headers: sent,
    body: body.replace('MCHID', mchid),
  })
  expect(response.status >= 400 || (await response.text()).includes('FAIL')).toBe(true)
  expect(await plain.ledger.faults(mchid)).toEqual([])
  expect(await healthOf()).toEqual(FINE)
})

test('health and metrics show when the last sweep ended, and health warns when none has for minutes', async () => {
  const sweepOf = async () => {
    const { checks } = await (await plain.call('/healthz', OPERATOR)).json()
    return checks.find(({ check }: { check: string }) => check === 'sweep')
  }
  const gauge = async () => {
    const text = await (await plain.call('/metrics')).text()
    return /^wechatpay_edge_last_sweep_timestamp_seconds (.*)$/m.exec(text)?.[1]
  }
  expect([await sweepOf(), await gauge()]).toMatchObject([{ status: 'ok' }, '0'])
  plain.clock.now = Date.parse('2026-11-29T04:00:00Z')
  await plain.gateway.sweep()
  plain.clock.now += 60_000
  expect([await sweepOf(), await gauge()]).toMatchObject([
    { status: 'ok', detail: 'The last sweep ended at 2026-11-29T04:00:00.000Z.' },
    String(Date.UTC(2026, 10, 29, 4) / 1000),
  ])
  plain.clock.now += 5 * 60_000
  expect(await sweepOf()).toMatchObject({ status: 'warn', detail: expect.stringContaining('cron') })
})
