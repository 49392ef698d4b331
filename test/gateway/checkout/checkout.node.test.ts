import { createVerify, X509Certificate } from 'node:crypto'
import decodeQR from 'qr/decode.js'
import { beforeEach, expect, test } from 'vitest'
import { createTestGateway, json, type TestGateway } from '../test-gateway.ts'

let one: TestGateway
let order: Record<string, unknown>
beforeEach(async () => {
  one = await createTestGateway()
  order = { appid: one.simulator.merchant.appid, description: '茶', out_trade_no: 'T100001', amount: { total: 100 } }
})
const checkout = async (kind: string, more: object = {}, headers = {}) => {
  const response = await one.call(`/checkout/${kind}`, json({ ...order, ...more }, headers))
  return { status: response.status, body: (await response.json()) as Record<string, string> }
}
const payer = { payer: { openid: 'o1' } }
const h5 = { scene_info: { payer_client_ip: '127.0.0.1', h5_info: { type: 'Wap' } } }
/** Whether openssl's signature fits, by the merchant's certificate. */
const fits = (lines: (string | undefined)[], signature: string | undefined) =>
  createVerify('sha256')
    .update(lines.map(line => `${line}\n`).join(''))
    .verify(new X509Certificate(one.simulator.merchant.certificate).publicKey, signature!, 'base64')

test('JSAPI: what WeixinJSBridge takes, signed', async () => {
  const { status, body } = await checkout('jsapi', payer)
  expect([status, Object.keys(body).sort()]).toEqual([
    200,
    ['appId', 'nonceStr', 'package', 'paySign', 'signType', 'timeStamp'],
  ])
  expect(fits([body.appId, body.timeStamp, body.nonceStr, body.package], body.paySign)).toBe(true)
})

test('mini program: the same, without the appid that it knows itself', async () => {
  const { body } = await checkout('mini-program', payer)
  expect(Object.keys(body).sort()).toEqual(['nonceStr', 'package', 'paySign', 'signType', 'timeStamp'])
  const { appid } = one.simulator.merchant
  expect(fits([appid, body.timeStamp, body.nonceStr, body.package], body.paySign)).toBe(true)
})

test('App: what the SDK takes, signed', async () => {
  const { body } = await checkout('app')
  expect(body).toMatchObject({ partnerid: one.simulator.merchant.mchid, package: 'Sign=WXPay' })
  expect(fits([body.appid, body.timestamp, body.noncestr, body.prepayid], body.sign)).toBe(true)
})

test('H5: the URL, and where it leads back', async () => {
  const { body } = await checkout('h5', { ...h5, redirect_url: 'https://shop.example.com/orders/1?a=b' })
  expect(new URL(body.h5_url!).searchParams.get('redirect_url')).toBe('https://shop.example.com/orders/1?a=b')
})

test('Native: the text, and an SVG that holds it', async () => {
  const { body } = await checkout('native')
  expect(body).toEqual({
    code_url: expect.stringMatching(/^weixin:/),
    qr_svg: expect.stringMatching(/^<svg.*<\/svg>$/s),
  })
  expect(read(body.qr_svg!)).toBe(body.code_url)
})

/** Draws the SVG's path, a square where it begins each time, and reads it as a camera's picture. */
function read(svg: string): string {
  const scale = 4
  const width = Number(/viewBox="0 0 (\d+)/.exec(svg)?.[1]) * scale
  const data = new Uint8ClampedArray(width * width * 4).fill(255)
  let [x, y] = [0, 0]
  for (const [, command, first, second] of svg.matchAll(/([Mm])(-?\d+)[ ,]?(-?\d+)/g)) {
    const [dx, dy] = [Number(first), Number(second)]
    ;[x, y] = command === 'M' ? [dx, dy] : [x + dx, y + dy]
    for (let row = y * scale; row < (y + 1) * scale; row++)
      for (let column = x * scale; column < (x + 1) * scale; column++) {
        const at = (row * width + column) * 4
        data.fill(0, at, at + 3)
      }
  }
  return decodeQR({ width, height: width, data })
}

test("a service provider's order is started by the app whose openid pays", async () => {
  const { appid, mchid } = one.simulator.merchant
  const { sub_mchid } = one.simulator.examples
  const { appid: _, ...rest } = order
  const partner = { sp_appid: appid, sub_appid: 'wx0000000000000002', sub_mchid }
  const response = await one.call('/checkout/jsapi', json({ ...rest, ...partner, payer: { sp_openid: 'o1' } }))
  const body = (await response.json()) as Record<string, string>
  expect([response.status, body.appId]).toEqual([200, appid])
  expect(one.simulator.order('T100001')).toMatchObject({ notify_url: one.notifyUrl })
  expect((await one.ledger.depths(mchid)).watched).toEqual({ 'v3-partner-order': 1 })
})

test('it is told where to notify, and for whom, where the body does not say', async () => {
  await checkout('native')
  const { mchid } = one.simulator.merchant
  expect(one.simulator.order('T100001')).toMatchObject({ mchid, notify_url: one.notifyUrl })
  await checkout('native', { out_trade_no: 'T100002', notify_url: 'https://else.example.com/' })
  expect(one.simulator.order('T100002')).toMatchObject({ notify_url: 'https://else.example.com/' })
})

test('its order is watched, and stands in the audit trail; under the same key it is placed once', async () => {
  const key = { 'idempotency-key': 'k1' }
  const first = await checkout('jsapi', payer, key)
  const second = await checkout('jsapi', payer, key)
  expect(second.body).toEqual(first.body)
  expect(await one.ledger.calls('shop', { limit: 10 })).toMatchObject([
    { path: '/v3/pay/transactions/jsapi', amount: 100 },
  ])
  expect((await one.ledger.depths(one.simulator.merchant.mchid)).watched).toEqual({ 'v3-order': 1 })
})

test.each<[string, string, object, number, string]>([
  ['a way that there is not', 'pigeon', {}, 404, 'NOT_FOUND'],
  ['a refusal of WeChat Pay’s', 'native', { amount: { total: -1 } }, 400, 'PARAM_ERROR'],
  ['a redirect_url that is none', 'h5', { ...h5, redirect_url: 'javascript:alert(1)' }, 400, 'PARAMETER_INVALID'],
])('%s is told', async (_, kind, more, status, code) => {
  expect(await checkout(kind, more)).toMatchObject({ status, body: { code } })
  expect(one.simulator.order('T100001')).toBeUndefined()
})

test('without an address of its own it asks for notify_url', async () => {
  one = await one.restart({ publicUrl: undefined } as never)
  const response = await one.gateway.fetch(new Request('http://127.0.0.1/checkout/native', json(order)))
  expect(await response.json()).toMatchObject({ status: 400, code: 'NOTIFY_URL_MISSING' })
})

test('a checkout is counted as a call of APIv3, which it is', async () => {
  await checkout('native')
  const text = await (await one.call('/metrics')).text()
  expect(text).toMatch(/^wechatpay_edge_calls_total\{[^}]*api="v3"[^}]*\} 1$/m)
  expect(text).not.toContain('api="v2"')
})
