import { expect, test } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import { sha256 } from '../../../src/core/crypto/digest.ts'
import { Wechatpay } from '../../../src/core/index.ts'
import { createAuthenticate } from '../../../src/gateway/caller/authenticate.ts'
import { harness, paid } from '../harness.ts'

const operator = async () => {
  const tokens = [`sha256:${await sha256(utf8('wxe_operator'))}`]
  return createAuthenticate([{ name: 'operator', credential: { tokens }, allow: ['GET /healthz', 'GET /metrics'] }])
}
const shown = { headers: { authorization: 'Bearer wxe_operator' } }

test('health: whether all is well for anybody, what was looked at for the operator', async () => {
  const plain = await harness()
  const { certificate, mchid } = plain.simulator.merchant
  const one = await plain.restart({ authenticate: await operator(), certificates: { [mchid]: certificate } })
  const open = await one.call('/healthz')
  expect([open.status, await open.json()]).toEqual([200, { status: 'ok' }])
  const told = await (await one.call('/healthz?deep', shown)).json()
  expect(told).toMatchObject({
    status: 'ok',
    checks: expect.arrayContaining([
      { merchant: mchid, check: 'certificate', status: 'ok', detail: expect.any(String) },
      { merchant: mchid, check: 'signed_call', status: 'ok', detail: expect.any(String) },
      { merchant: mchid, check: 'endpoints', status: 'ok', detail: 'TRANSACTION.SUCCESS goes to shop.' },
    ]),
  })
  expect((await one.call('/healthz', { headers: { authorization: 'Bearer wxe_another' } })).status).toBe(401)
})

test('health: a key that is not its certificate’s fails, and dead letters warn', async () => {
  const plain = await harness()
  const { merchant } = plain.simulator
  const other = (await harness()).simulator.merchant
  const wrong = new Wechatpay({ ...merchant, privateKey: other.privateKey })
  const failing = await plain.restart({ merchants: { [merchant.mchid]: wrong } })
  expect((await failing.call('/healthz')).status).toBe(503)
  await paid(plain, 'T100001').catch(() => {})
  const one = await plain.restart({ authenticate: await operator() })
  await one.ledger.record({
    ...{
      mchid: merchant.mchid,
      api: 'v3',
      id: 'E',
      event: 'TRANSACTION.SUCCESS',
      resource: '{}',
      subject: null,
      fact: null,
    },
    ...{ source: 'notification', createdAt: 0, nonce: null, to: ['shop'] },
  })
  await one.gateway.giveUp({ mchid: merchant.mchid, delivery: 1 })
  expect(await (await one.call('/healthz')).json()).toEqual({ status: 'warn' })
})

test('metrics: what was counted and what lies where, for who may', async () => {
  const plain = await harness()
  await paid(plain, 'T100001')
  await plain.drain()
  await plain.call('/notify/1', { method: 'POST' })
  const one = await plain.restart({ authenticate: await operator() })
  expect((await one.call('/metrics')).status).toBe(401)
  const response = await one.call('/metrics', shown)
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  const text = await response.text()
  const { mchid } = one.simulator.merchant
  for (const line of [
    `wechatpay_edge_calls_total{api="v3",caller="shop",mchid="${mchid}",outcome="OK"} 1`,
    `wechatpay_edge_notifications_total{mchid="${mchid}",outcome="recorded"} 1`,
    'wechatpay_edge_deliveries_total{endpoint="shop",outcome="delivered"} 1',
    'wechatpay_edge_refused_total{code="MERCHANT_UNKNOWN"} 1',
    `wechatpay_edge_deliveries_pending{mchid="${mchid}"} 0`,
    'wechatpay_edge_call_duration_seconds_count{api="v3"} 1',
  ])
    expect(text.split('\n')).toContain(line)
})
