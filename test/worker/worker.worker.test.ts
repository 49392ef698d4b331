import { exports } from 'cloudflare:workers'
import { describe, expect, test } from 'vitest'
import { createSimulator } from '../../src/simulator/index.ts'
import worker, { type Env } from '../../worker/index.ts'

// In workerd, on the configuration of wrangler.toml.
const fetchWorker = (path: string, init?: RequestInit) => exports.default.fetch(`https://gateway.example${path}`, init)

interface Example {
  mchid: string
  appid: string
  examples: { business_code: string; sub_mchid: string }
}

describe('without secrets', () => {
  test('WeChat Pay is simulated, and calls go out signed and come back verified', async () => {
    const { examples } = (await (await fetchWorker('/simulator')).json()) as Example
    const response = await fetchWorker(`/v3/apply4subject/applyment?business_code=${examples.business_code}`)
    expect([response.status, response.headers.get('wechatpay-edge-verified-by')]).toEqual([
      200,
      expect.stringMatching(/^PUB_KEY_ID_/),
    ])
    const journal = (await (await fetchWorker('/simulator/journal')).json()) as {
      requestId: string
      signature: string
    }[]
    expect(journal.find(({ requestId }) => requestId === response.headers.get('request-id'))?.signature).toBe('valid')
  })

  test('what the simulator shows holds no key', async () => {
    const text =
      (await (await fetchWorker('/simulator')).text()) + (await (await fetchWorker('/simulator/journal')).text())
    expect(text).not.toMatch(/PRIVATE KEY|apiv[23]Key|&key=(?!\*\*\*)/)
  })

  test('below /simulator one stands in for the shopper', async () => {
    const { mchid, appid } = (await (await fetchWorker('/simulator')).json()) as Example
    const control = async (path: string, body?: object) => {
      const text = await (
        await fetchWorker(`/simulator${path}`, body && { method: 'POST', body: JSON.stringify(body) })
      ).text()
      return text && JSON.parse(text)
    }
    await control('/notifications/hold', {})
    const out_trade_no = 'worker-1'
    const order = {
      mchid,
      appid,
      out_trade_no,
      description: 'd',
      notify_url: 'http://127.0.0.1:9/',
      amount: { total: 1 },
    }
    await fetchWorker('/v3/pay/transactions/native', { method: 'POST', body: JSON.stringify(order) })
    expect(await control('/pay', { out_trade_no })).toMatchObject({ trade_state: 'SUCCESS' })
    const query = await fetchWorker(`/v3/pay/transactions/out-trade-no/${out_trade_no}?mchid=${mchid}`)
    expect(await query.json()).toMatchObject({ trade_state: 'SUCCESS' })
    await control('/settle', {})
    expect(await control('/notifications')).toMatchObject([{ about: out_trade_no, event: 'TRANSACTION.SUCCESS' }])
  })

  test('calls at the same time share one simulator', async () => {
    const ids = await Promise.all(
      Array.from(
        { length: 5 },
        async () => ((await (await fetchWorker('/simulator')).json()) as { serial: string }).serial,
      ),
    )
    expect(new Set(ids).size).toBe(1)
  })
})

describe('with real keys', () => {
  const real = async (more: Partial<Env> = {}): Promise<Env> => {
    const { merchant, mtlsFetch } = await createSimulator()
    const [[id, key] = []] = Object.entries(merchant.platformKeys)
    return {
      WECHATPAY_MCHID: merchant.mchid,
      WECHATPAY_SERIAL: merchant.serial,
      WECHATPAY_PRIVATE_KEY: merchant.privateKey.replaceAll('\n', '\\n'),
      WECHATPAY_APIV3_KEY: merchant.apiv3Key,
      WECHATPAY_APIV2_KEY: merchant.apiv2Key,
      WECHATPAY_PUBLIC_KEY_ID: id,
      WECHATPAY_PUBLIC_KEY: key,
      // The binding of a client certificate: behind it WeChat Pay, simulated.
      WECHATPAY_MTLS: { fetch: mtlsFetch },
      ...more,
    }
  }
  const refund = (env: Env, headers: Record<string, string> = {}) => {
    const body = JSON.stringify({
      mch_id: env.WECHATPAY_MCHID,
      out_trade_no: 'none',
      out_refund_no: '1',
      total_fee: 1,
      refund_fee: 1,
    })
    return worker.fetch(
      new Request('https://gateway.example/v2/secapi/pay/refund', { method: 'POST', body, headers }),
      env,
    )
  }
  const token = { Authorization: 'Bearer token-of-the-gateway' }

  test('it serves nobody until a token is configured', async () => {
    const response = await refund(await real())
    const { detail } = (await response.json()) as { detail: string }
    expect([response.status, detail]).toEqual([500, expect.stringContaining('wrangler secret put GATEWAY_TOKEN')])
  })

  test('it serves nobody who does not show the token', async () => {
    const env = await real({ GATEWAY_TOKEN: 'token-of-the-gateway' })
    expect((await refund(env)).status).toBe(401)
    expect((await refund(env, { Authorization: 'Bearer another' })).status).toBe(401)
    expect((await refund(env, { Authorization: 'token-of-the-gateway' })).status).toBe(400)
    expect((await worker.fetch(new Request('https://gateway.example/simulator/journal'), env)).status).toBe(401)
  })

  test('who shows it gets through to WeChat Pay, with the client certificate where that is due', async () => {
    const response = await refund(await real({ GATEWAY_TOKEN: 'token-of-the-gateway' }), token)
    expect([response.status, await response.json()]).toEqual([
      200,
      expect.objectContaining({ return_code: 'SUCCESS', err_code: expect.any(String) }),
    ])
    expect(response.headers.get('wechatpay-edge-verified-by')).toBe('HMAC-SHA256')
  })

  test('a misspelt secret does not turn it into a simulation', async () => {
    const env = { WECHATPAY_MCH_ID: '1900000109', GATEWAY_TOKEN: 'token-of-the-gateway' } as Env
    const response = await refund(env, token)
    expect([response.status, await response.json()]).toEqual([
      500,
      expect.objectContaining({ detail: expect.stringContaining('WECHATPAY_MCHID') }),
    ])
  })

  test('a wrong secret is named, without its value', async () => {
    const response = await refund(
      await real({ GATEWAY_TOKEN: 'token-of-the-gateway', WECHATPAY_APIV3_KEY: 'too-short-a-key' }),
      token,
    )
    const text = await response.text()
    expect(JSON.parse(text)).toMatchObject({
      status: 500,
      code: 'OPTION_INVALID',
      detail: expect.stringContaining('WECHATPAY_APIV3_KEY'),
    })
    expect(text).not.toContain('too-short-a-key')
  })
})
