import { createExecutionContext, createMessageBatch, getQueueResult, waitOnExecutionContext } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { kvCache } from '../../src/adapters/cloudflare.ts'
import { concat, utf8 } from '../../src/core/base/bytes.ts'
import { sha256 } from '../../src/core/crypto/digest.ts'
import { Wechatpay } from '../../src/core/index.ts'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'
import worker, { type Env } from '../../worker/index.ts'
import { ledgerOf } from '../../worker/ledger-calls.ts'
import { ADMIN, json, realEnvironment, serve, shop, TOKEN, TOKENS, unconfigured } from './real.ts'

// In workerd, on the configuration of wrangler.toml.
const fetchWorker = (path: string, init?: RequestInit) =>
  exports.default.fetch(`https://gateway.localhost${path}`, init)

interface Example {
  mchid: string
  appid: string
  examples: { business_code: string; sub_mchid: string }
}

describe('when a simulation is asked for', () => {
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
      const text = await (await fetchWorker(`/simulator${path}`, body && json(body))).text()
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
    await fetchWorker('/v3/pay/transactions/native', json(order))
    expect(await control('/pay', { out_trade_no })).toMatchObject({ trade_state: 'SUCCESS' })
    const query = await fetchWorker(`/v3/pay/transactions/out-trade-no/${out_trade_no}?mchid=${mchid}`)
    expect(await query.json()).toMatchObject({ trade_state: 'SUCCESS' })
    await control('/settle', {})
    expect(await control('/notifications')).toMatchObject([{ reference: out_trade_no, event: 'TRANSACTION.SUCCESS' }])
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

describe('a payment, from the order to the shop, by the real Durable Object and the real queue', () => {
  const ORDER = 'worker-e2e-1'
  let mchid: string

  beforeAll(async () => {
    await shop.forget()
    const merchant = (await (await fetchWorker('/simulator')).json()) as Example
    mchid = merchant.mchid
    await fetchWorker('/simulator/notifications/release', json({}))
    const order = {
      mchid,
      appid: merchant.appid,
      out_trade_no: ORDER,
      description: '茶',
      amount: { total: 100 },
      notify_url: `https://gateway.localhost/notify/${mchid}`,
    }
    const placed = await fetchWorker('/v3/pay/transactions/native', json(order))
    expect(placed.status).toBe(200)
  })

  test('the notification is recorded, delivered by the queue, and found in the ledger by the admin', async () => {
    await fetchWorker('/simulator/pay', json({ out_trade_no: ORDER }))
    await fetchWorker('/simulator/settle', json({}))
    const came = await vi.waitUntil(async () => (await shop.received()).find(({ text }) => text.includes(ORDER)), {
      timeout: 50_000,
      interval: 200,
    })
    expect(JSON.parse(came!.text)).toMatchObject({
      type: 'TRANSACTION.SUCCESS',
      data: { mchid, source: 'notification' },
    })
    const { events } = (await (await fetchWorker(`/admin/merchants/${mchid}/events`)).json()) as {
      events: { event: string; seq: number }[]
    }
    const paid = events.filter(({ event }) => event === 'TRANSACTION.SUCCESS')
    expect(paid.length).toBeGreaterThan(0)
    await vi.waitUntil(
      async () => {
        const row = (await (await fetchWorker(`/admin/merchants/${mchid}/events/${paid[0]!.seq}`)).json()) as {
          deliveries: { state: string }[]
        }
        return row.deliveries.every(({ state }) => state === 'delivered')
      },
      { timeout: 50_000 },
    )
  })
})

describe('streams', () => {
  test('an upload whose meta comes first is sent on while it comes in, with its length', async () => {
    const content = Uint8Array.from(
      { length: 40_000 },
      (_, at) => [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10][at] ?? at % 256,
    )
    const meta = JSON.stringify({ filename: 'a.png', sha256: await sha256(content) })
    const disposition = 'Content-Disposition: form-data; name='
    const head = `--b\r\n${disposition}"meta"\r\nContent-Type: application/json\r\n\r\n${meta}\r\n--b\r\n${disposition}"file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n`
    const body = concat(utf8(head), content, utf8('\r\n--b--\r\n'))
    const headers = { 'content-type': 'multipart/form-data; boundary=b', 'content-length': String(body.length) }
    const response = await fetchWorker('/v3/merchant/media/upload', { method: 'POST', body, headers })
    expect([response.status, await response.json()]).toEqual([200, { media_id: expect.any(String) }])
  })

  test('a body without end is cut where it is too long', async () => {
    const endless = new ReadableStream({ pull: it => it.enqueue(new Uint8Array(100_000)) })
    const init = { method: 'POST', body: endless, duplex: 'half' } as RequestInit
    const context = createExecutionContext()
    const response = await worker.fetch(new Request('https://gateway.localhost/notify', init), env, context)
    expect([response.status, await response.json()]).toEqual([413, { code: 'FAIL', message: 'BODY_TOO_LARGE' }])
  })
})

describe('with real keys', () => {
  let simulator: Simulator
  beforeAll(async () => {
    simulator = await createSimulator({ mchid: '1900000333' })
  })
  const real = (more: Record<string, unknown> = {}) => realEnvironment(simulator, more)
  const refund = (given: Env, headers: Record<string, string> = {}) => {
    const numbers = {
      mch_id: given.WECHATPAY_MCHID,
      out_trade_no: 'none',
      out_refund_no: '1',
      total_fee: 1,
      refund_fee: 1,
    }
    return serve('/v2/secapi/pay/refund', given, json(numbers, headers))
  }
  const token = { Authorization: `Bearer ${TOKEN}` }
  const admin = { Authorization: `Bearer ${ADMIN}` }
  const told = async (response: Response) => [response.status, ((await response.json()) as { code: string }).code]

  test('it serves nobody until a token is configured, and names the variable', async () => {
    const { GATEWAY_TOKEN: _, GATEWAY_ADMIN_TOKEN: __, ...none } = real()
    const response = await refund(none as Env)
    const { detail } = (await response.json()) as { detail: string }
    expect([response.status, detail]).toEqual([500, expect.stringContaining('GATEWAY_TOKEN')])
  })

  test('it serves nobody who does not show the token', async () => {
    expect(await told(await refund(real()))).toEqual([401, 'UNAUTHENTICATED'])
    expect(await told(await refund(real(), { Authorization: 'Bearer another' }))).toEqual([401, 'UNAUTHENTICATED'])
    expect(await told(await serve('/admin/merchants', real(), { headers: token }))).toEqual([403, 'FORBIDDEN'])
    expect(await told(await serve('/v3/certificates', real(), { headers: admin }))).toEqual([403, 'FORBIDDEN'])
    expect((await serve('/simulator/journal', real())).status).toBe(404)
  })

  test('who shows it gets through to WeChat Pay, with the client certificate where that is due; the call stands in the audit trail', async () => {
    const response = await refund(real(), token)
    expect([response.status, await response.json()]).toEqual([
      200,
      expect.objectContaining({ return_code: 'SUCCESS', err_code: expect.any(String) }),
    ])
    expect(response.headers.get('wechatpay-edge-verified-by')).toBe('HMAC-SHA256')
    const trail = await serve('/admin/callers/default/calls', real(), { headers: admin })
    expect(await trail.json()).toMatchObject({
      calls: [{ path: '/v2/secapi/pay/refund', amount: 1, numbers: { out_refund_no: '1' }, in_doubt: false }],
    })
  })

  test('a notification stands in its merchant’s Durable Object once, and its delivery is carried out by a batch', async () => {
    await shop.forget()
    const given = real()
    const { mchid } = simulator.merchant
    const sent: Request[] = []
    const notifier = await createSimulator({
      state: simulator.snapshot(),
      deliver: async (input, init) => {
        const request = new Request(input, init)
        sent.push(request.clone() as Request)
        const context = createExecutionContext()
        const response = await worker.fetch(request, given, context)
        await waitOnExecutionContext(context)
        return response
      },
    })
    const resource = { out_trade_no: 'real-1', transaction_id: '4200000000000000001', trade_state: 'SUCCESS' }
    const url = `https://gateway.localhost/notify/${mchid}`
    const { id } = await notifier.notify.send({ url, event: 'TRANSACTION.SUCCESS', resource })
    await notifier.notify.repeat(id)
    expect(await notifier.notify.tampered(id)).toMatchObject({ status: 401 })
    expect(await serve('/x', given)).toMatchObject({ status: 404 })
    const ledger = ledgerOf(env.LEDGER)(mchid)
    expect(await ledger.events(mchid, { limit: 10 })).toMatchObject([{ id, repeats: 1 }])
    const replayed = await worker.fetch(sent[0]!, given, createExecutionContext())
    expect([replayed.status, await replayed.json()]).toEqual([401, { code: 'FAIL', message: 'REPLAYED' }])

    const [delivery] = await ledger.deliveries(mchid, { limit: 1 })
    const message = { id: '1', timestamp: new Date(), attempts: 1, body: { mchid, delivery: delivery!.id } }
    const batch = createMessageBatch('wechatpay-edge-deliveries', [message])
    const context = createExecutionContext()
    await worker.queue(batch, given, context)
    expect(await getQueueResult(batch, context)).toMatchObject({ explicitAcks: ['1'], retryMessages: [] })
    expect(await ledger.delivery(mchid, delivery!.id)).toMatchObject({
      state: 'delivered',
      attempts: [{ status: 204 }],
    })
    expect((await shop.received()).map(({ text }) => JSON.parse(text).data.resource)).toEqual([resource])
  })

  test('metrics and health are the operator’s; who shows nothing learns whether all is well', async () => {
    const open = await serve('/healthz', real())
    expect([open.status, await open.json()]).toEqual([200, { status: 'ok' }])
    const all = (await (await serve('/healthz', real(), { headers: admin })).json()) as { checks: { check: string }[] }
    expect(all.checks.map(({ check }) => check)).toEqual([
      'configuration',
      'key_pair',
      'certificate',
      'apiv3_key',
      'platform_keys',
      'ledger',
      'ledger_write',
      'endpoints',
      'sweep',
    ])
    expect((await serve('/metrics', real(), { headers: token })).status).toBe(403)
    const metrics = await (await serve('/metrics', real(), { headers: admin })).text()
    expect(metrics).toContain('wechatpay_edge_notifications_total{mchid="1900000333",outcome="recorded"} 1')
    expect(metrics).toContain('wechatpay_edge_notifications_total{mchid="1900000333",outcome="replayed"} 1')
  })

  test('platform certificates come from KV: an isolate that wakes up to a notification fetches nothing', async () => {
    const waking = await createSimulator({
      platform: 'certificate',
      mchid: '1900000444',
      deliver: async (input, init) => worker.fetch(new Request(input, init), given, createExecutionContext()),
    })
    const { merchant, fetch: send } = waking
    // Another isolate has stored the encrypted response there.
    const certificateCache = kvCache(env.WECHATPAY_CERTIFICATES!, `wechatpay-edge/certificates/${merchant.mchid}`)
    await new Wechatpay({ ...merchant, fetch: send, certificateCache }).v3.certificates.get()
    const given = real({
      WECHATPAY_MCHID: merchant.mchid,
      WECHATPAY_SERIAL: merchant.serial,
      WECHATPAY_PRIVATE_KEY: merchant.privateKey,
      WECHATPAY_APIV3_KEY: merchant.apiv3Key,
      WECHATPAY_PUBLIC_KEY_ID: undefined,
      WECHATPAY_PUBLIC_KEY: undefined,
      // Nobody answers there.
      WECHATPAY_BASE_URL: 'http://127.0.0.1:9',
    })
    const url = `https://gateway.localhost/notify/${merchant.mchid}`
    expect(await waking.notify.send({ url, event: 'TRANSACTION.SUCCESS' })).toMatchObject({ state: 'delivered' })
    expect(await ledgerOf(env.LEDGER)(merchant.mchid).events(merchant.mchid, { limit: 10 })).toHaveLength(1)
  })

  test('the cron sweeps', async () => {
    const start = Date.now()
    await worker.scheduled({}, real())
    const { checks } = (await (await serve('/healthz', real(), { headers: admin })).json()) as {
      checks: { check: string; detail: string }[]
    }
    const { detail } = checks.find(({ check }) => check === 'sweep')!
    const [ended = ''] = /\d{4}-[^ ]+Z/.exec(detail) ?? []
    expect(Date.parse(ended), detail).toBeGreaterThanOrEqual(start - 1000)
  })

  test('a misspelt secret does not turn it into a simulation', async () => {
    const given = unconfigured({ ...TOKENS, WECHATPAY_MCH_ID: '1900000109' })
    const response = await refund(given, token)
    expect([response.status, await response.json()]).toEqual([
      500,
      expect.objectContaining({ detail: expect.stringContaining('WECHATPAY_MCHID') }),
    ])
  })

  test.each([
    ['LEDGER', 'durable_objects.bindings'],
    ['DELIVERIES', 'queues.producers'],
  ])('a missing binding %s is named, with the table that binds it', async (name, table) => {
    const operator = { headers: { Authorization: `Bearer ${ADMIN}` } }
    const response = await serve('/healthz', real({ [name]: undefined }), operator)
    expect([response.status, await response.json()]).toEqual([
      500,
      expect.objectContaining({
        code: 'OPTION_MISSING',
        detail: expect.stringMatching(new RegExp(`^${name}: missing.*\\[\\[${table}\\]\\].*env\\.NAME`)),
      }),
    ])
  })

  test('without the rate limit, or the store of certificates that are needed, health warns and the log tells', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    const operator = { headers: { Authorization: `Bearer ${ADMIN}` } }
    const warned = async (more: Record<string, unknown>) => {
      const { checks } = (await (await serve('/healthz', real(more), operator)).json()) as {
        checks: { check: string; status: string; detail: string }[]
      }
      return checks.flatMap(({ check, status, detail }) =>
        check === 'configuration' && status === 'warn' ? detail.split(':')[0] : [],
      )
    }
    expect(await warned({})).toEqual([])
    expect(await warned({ NOTIFY_RATE_LIMIT: undefined })).toEqual(['NOTIFY_RATE_LIMIT'])
    // With WeChat Pay's public key no certificate has to be kept.
    expect(await warned({ WECHATPAY_CERTIFICATES: undefined })).toEqual([])
    const byCertificate = { WECHATPAY_PUBLIC_KEY: undefined, WECHATPAY_PUBLIC_KEY_ID: undefined }
    expect(await warned(byCertificate)).toEqual([])
    expect(await warned({ ...byCertificate, WECHATPAY_CERTIFICATES: undefined })).toEqual(['WECHATPAY_CERTIFICATES'])
    const lines = log.mock.calls.flat().map(line => JSON.parse(line) as { event: string; kind?: string })
    log.mockRestore()
    const kinds = lines.filter(({ event }) => event === 'configuration').map(({ kind }) => kind)
    expect(kinds).toEqual(['NOTIFY_RATE_LIMIT', 'WECHATPAY_CERTIFICATES'])
  })

  test('a wrong secret is named, without its value', async () => {
    const response = await refund(real({ WECHATPAY_APIV3_KEY: 'too-short-a-key' }), token)
    const text = await response.text()
    expect(JSON.parse(text)).toMatchObject({
      status: 500,
      code: 'OPTION_INVALID',
      detail: expect.stringContaining('WECHATPAY_APIV3_KEY'),
    })
    expect(text).not.toContain('too-short-a-key')
  })
})
