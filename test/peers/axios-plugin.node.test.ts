import { beforeAll, describe, expect, test } from 'vitest'
import { Wechatpay as Plugin } from 'wechatpay-axios-plugin'
import { importGcmKey, openGcm } from '../../src/core/crypto/aes.ts'
import { Wechatpay } from '../../src/core/index.ts'
import { createSimulator, type PlatformMode, type Simulator } from '../../src/simulator/index.ts'
import { serve } from '../fixtures/server.ts'

// Somebody else's client, unchanged but for the host, served by our simulator over HTTP.

async function served(platform: PlatformMode) {
  const simulator = await createSimulator({ platform })
  const server = await serve(request => simulator.fetch(request))
  return { simulator, server, plugin: pluginOf(simulator, server.url, await certsOf(simulator, platform)) }
}

/** It fetches no certificates: it gets what a merchant would have downloaded. */
async function certsOf(simulator: Simulator, platform: PlatformMode): Promise<Record<string, string>> {
  const { platformKeys, apiv3Key } = simulator.merchant
  if (platform === 'public-key') return platformKeys
  const { data } = await new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch }).v3.certificates.get()
  const key = await importGcmKey(apiv3Key)
  const certificates = data.data.map(
    async ({ serial_no, encrypt_certificate }) => [serial_no, await openGcm(encrypt_certificate, key)] as const,
  )
  return { ...platformKeys, ...Object.fromEntries(await Promise.all(certificates)) }
}

// biome-ignore lint/suspicious/noExplicitAny: its chain has no types
function pluginOf({ merchant }: Simulator, baseURL: string, certs: Record<string, string>): any {
  const { mchid, serial, privateKey, apiv2Key: secret } = merchant
  return new Plugin({ mchid, serial, privateKey, certs, secret, baseURL })
}

describe.each<PlatformMode>(['public-key', 'certificate', 'both'])('wechatpay-axios-plugin in mode %s', platform => {
  let context: Awaited<ReturnType<typeof served>>
  beforeAll(async () => {
    context = await served(platform)
    return () => context.server[Symbol.asyncDispose]()
  })
  const order = (out_trade_no: string) => {
    const { appid, mchid } = context.simulator.merchant
    return {
      appid,
      mchid,
      description: 'Image形象店',
      out_trade_no,
      notify_url: 'https://example.com/',
      amount: { total: 100 },
    }
  }

  test('APIv3: places, queries, closes and refunds orders, and verifies every answer', async () => {
    const { plugin, simulator } = context
    const { mchid } = simulator.merchant
    const { transactions } = plugin.v3.pay
    expect((await transactions.native.post(order('P1000001'))).data.code_url).toMatch(/^weixin:/)
    const query = async (out_trade_no: string) =>
      (await transactions.outTradeNo.$out_trade_no$.get({ out_trade_no, params: { mchid } })).data
    expect((await query('P1000001')).trade_state).toBe('NOTPAY')
    simulator.pay({ out_trade_no: 'P1000001' })
    expect((await query('P1000001')).trade_state).toBe('SUCCESS')
    const refund = {
      out_trade_no: 'P1000001',
      out_refund_no: 'R1000001',
      amount: { refund: 50, total: 100, currency: 'CNY' },
    }
    expect((await plugin.v3.refund.domestic.refunds.post(refund)).data.amount.refund).toBe(50)

    await transactions.native.post(order('P1000002'))
    const closed = await transactions.outTradeNo.$out_trade_no$.close.post({ mchid }, { out_trade_no: 'P1000002' })
    expect(closed.status).toBe(204)
    expect((await query('P1000002')).trade_state).toBe('CLOSED')
  })

  test('APIv3: is told the documented error', async () => {
    const { plugin, simulator } = context
    const missing = plugin.v3.pay.transactions.id.$id$.get({
      id: '420000',
      params: { mchid: simulator.merchant.mchid },
    })
    await expect(missing).rejects.toMatchObject({ response: { status: 404, data: { code: 'ORDER_NOT_EXIST' } } })
  })

  test('APIv2: places and queries an order, with MD5 and HMAC-SHA256', async () => {
    const { plugin, simulator } = context
    const { appid, mchid: mch_id } = simulator.merchant
    for (const sign_type of ['MD5', 'HMAC-SHA256']) {
      const out_trade_no = `P2-${sign_type}`
      const message = {
        appid,
        mch_id,
        sign_type,
        body: '茶 <&>',
        out_trade_no,
        total_fee: '100',
        spbill_create_ip: '127.0.0.1',
        notify_url: 'https://example.com/',
        trade_type: 'NATIVE',
      }
      expect((await plugin.v2.pay.unifiedorder.post(message)).data).toMatchObject({
        return_code: 'SUCCESS',
        result_code: 'SUCCESS',
        trade_type: 'NATIVE',
      })
      expect((await plugin.v2.pay.orderquery.post({ appid, mch_id, sign_type, out_trade_no })).data).toMatchObject({
        trade_state: 'NOTPAY',
        out_trade_no,
      })
    }
  })

  test("with another merchant's key is refused as the real service does", async () => {
    const { simulator, server } = context
    const stranger = await createSimulator()
    const { serial, privateKey } = stranger.merchant
    const wrongKey = pluginOf(
      { ...simulator, merchant: { ...simulator.merchant, privateKey } },
      server.url,
      await certsOf(simulator, platform),
    )
    await expect(wrongKey.v3.certificates.get()).rejects.toMatchObject({
      response: {
        status: 401,
        data: { code: 'SIGN_ERROR', detail: { sign_information: { method: 'GET', url: '/v3/certificates' } } },
      },
    })
    const wrongSerial = pluginOf(
      { ...simulator, merchant: { ...simulator.merchant, serial } },
      server.url,
      await certsOf(simulator, platform),
    )
    await expect(wrongSerial.v3.certificates.get()).rejects.toMatchObject({
      response: { status: 401, data: { code: 'SIGN_ERROR' } },
    })
  })
})
