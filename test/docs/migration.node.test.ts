import { readFileSync } from 'node:fs'
import Tenpay from 'tenpay'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Wechatpay as Plugin, Rsa } from 'wechatpay-axios-plugin'
import Pay from 'wechatpay-node-v3'
import { PayRequest } from 'wechatpay-node-v3/dist/lib/pay-request.js'
import { listen } from '../../src/cli/simulator/server.ts'
import { parseXml } from '../../src/core/codec/xml.ts'
import { Wechatpay } from '../../src/core/index.ts'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'
import { chineseOf } from './documents.ts'

// Each row of a migration guide has a call of the other package and ours. Both are run against the simulator, and must send
// the same request.

const HOST = 'https://api.mch.weixin.qq.com'

interface SentRequest {
  readonly target: string
  readonly serial: string | null
  readonly body: unknown
}

let simulator: Simulator
let server: Awaited<ReturnType<typeof listen>>
let sent: SentRequest[] = []

beforeAll(async () => {
  simulator = await createSimulator({
    seed: 'migration',
    platform: 'both',
    deliver: async () => new Response(null, { status: 204 }),
  })
  server = await listen(
    async request => {
      const copy = request.clone()
      const { pathname, search } = new URL(request.url)
      if (pathname !== '/v3/certificates') {
        const body = bodyOf(await copy.text())
        const isEncrypted = JSON.stringify(body)?.includes(ENCRYPTED)
        // Otherwise the header only names the key that the response should be signed with.
        const serial = isEncrypted ? request.headers.get('wechatpay-serial') : null
        sent.push({ target: `${request.method} ${pathname}${search}`, serial, body })
      }
      // As over TLS with the merchant's client certificate.
      return simulator.mtlsFetch(request)
    },
    { host: '127.0.0.1', port: 0 },
  )
})
afterAll(() => server.close())

const ENCRYPTED = '(encrypted)'

/** Reads a body without what differs in every call: the signature, its nonce, and encrypted text. */
function bodyOf(text: string): unknown {
  if (text === '') return undefined
  if (!text.startsWith('<')) return JSON.parse(text, (_, value) => (/^[\w+/]{342}==$/.test(value) ? ENCRYPTED : value))
  const { nonce_str, sign, sign_type, ...fields } = parseXml(text)
  expect([nonce_str, sign]).toEqual([expect.any(String), expect.any(String)])
  return fields
}

/** The rows of the table of calls: the other package's code, and ours. */
function rowsOf(path: string): (readonly [theirs: string, ours: string])[] {
  const [table = ''] = readFileSync(path, 'utf8').match(/(?<=^## (?:Calls|调用)\n\n)(?:\|.*\n)+/m) ?? []
  return [...table.matchAll(/^\| `([^`]+)` \| `([^`]+)` \|$/gm)].slice(1).map(([, theirs, ours]) => [theirs!, ours!])
}

const guide = (name: string): string => `docs/migration/${name}.md`

async function evaluate(code: string, scope: Readonly<Record<string, unknown>>): Promise<SentRequest[]> {
  sent = []
  await new Function(...Object.keys(scope), `return ${code}`)(...Object.values(scope))
  return [...sent]
}

/** Places a paid order, an unpaid one and a refund, so that every call has something to be about. */
async function createScope(number: string) {
  const { appid, mchid, apiv2Key: _, ...rest } = simulator.merchant
  const wxpay = new Wechatpay({ ...simulator.merchant, baseUrl: server.url, mtlsFetch: fetch })
  const notify_url = 'https://shop.example.com/notify'
  return {
    wxpay,
    scope: {
      wxpay,
      appid,
      mchid,
      mch_id: mchid,
      notify_url,
      description: 'tea',
      body: 'tea',
      out_trade_no: number,
      out_refund_no: `${number}R`,
      amount: { total: 100 },
      payer: { openid: simulator.examples.openid },
      scene_info: { payer_client_ip: '127.0.0.1', h5_info: { type: 'Wap' } },
      spbill_create_ip: '127.0.0.1',
      auth_code: `13${number.slice(1).padStart(16, '0')}`,
      order: { appid, mchid, notify_url, description: 'tea', out_trade_no: number, amount: { total: 100 } },
      receiver: { appid, type: 'MERCHANT_ID', account: '1900000110', relation_type: 'STORE' },
      name: '张三',
    } as Record<string, unknown>,
    rest,
  }
}

/** Brings the order to the state in which the call makes sense. */
async function prepare(code: string, { wxpay, scope }: Awaited<ReturnType<typeof createScope>>): Promise<void> {
  const { appid, mchid, notify_url, out_trade_no, out_refund_no, spbill_create_ip } = scope as Record<string, string>
  const isV2 = /\.v2\./.test(code)
  if (/unifiedorder|transactions[.'/]*(?:native|jsapi|app|h5)|micropay|receivers/.test(code)) return
  if (isV2) {
    const order = { appid, mch_id: mchid, out_trade_no, notify_url, body: 'tea', total_fee: 100, spbill_create_ip }
    await wxpay.v2.pay.unifiedorder.post({ ...order, trade_type: 'NATIVE' } as never)
  } else await wxpay.v3.pay.transactions.native.post(scope.order as never)
  if (/close/.test(code)) return
  scope.transaction_id = simulator.pay({ out_trade_no: out_trade_no! }).transaction_id
  if (!/refunds\._|refundquery/.test(code)) return
  await wxpay.v3.refund.domestic.refunds.post({
    out_trade_no,
    out_refund_no: out_refund_no!,
    amount: { refund: 30, total: 100, currency: 'CNY' },
  } as never)
}

const peers: Readonly<Record<string, (scope: Record<string, unknown>) => object>> = {
  'wechatpay-axios-plugin'() {
    const { mchid, serial, privateKey, certificate, apiv2Key, platformKeys } = simulator.merchant
    const certs = {
      ...platformKeys,
      ...simulator.certificates,
    }
    const merchant = { cert: certificate, key: privateKey }
    const [publicKeyId] = Object.keys(platformKeys)
    const wxpay = new Plugin({
      mchid,
      serial,
      privateKey,
      certs,
      secret: apiv2Key,
      merchant,
      baseURL: `${server.url}/`,
    } as never)
    // A promise must not hold its chain, which has a `then`.
    return { wxpay, Rsa, certs, serial: publicKeyId }
  },
  'wechatpay-node-v3'() {
    const { appid, mchid, privateKey, certificate, apiv3Key } = simulator.merchant
    const [publicKey, key] = [Buffer.from(certificate), Buffer.from(privateKey)]
    const pay = new Pay({ appid, mchid, publicKey, privateKey: key, key: apiv3Key })
    const inner = new PayRequest()
    const there = (url: string) => url.replace(HOST, server.url)
    pay.createHttp({
      get: (url: string, headers: Record<string, string>) => inner.get(there(url), headers),
      post: (url: string, params: Record<string, unknown>, headers: Record<string, string>) =>
        inner.post(there(url), params, headers),
      upload: inner.upload,
    } as never)
    return { pay }
  },
  tenpay({ notify_url }) {
    const { appid, mchid, apiv2Key } = simulator.merchant
    const api = new Tenpay({
      appid,
      mchid,
      partnerKey: apiv2Key,
      pfx: Buffer.from(''),
      notify_url,
      refund_url: notify_url,
    })
    for (const [name, url] of Object.entries<string>(api.urls)) api.urls[name] = url.replace(HOST, server.url)
    return { api }
  },
}

let count = 0

describe.each(Object.keys(peers))('the guide for %s', name => {
  const rows = rowsOf(guide(name))

  it('shows the same calls in Chinese', () => {
    expect(rows.length).toBeGreaterThan(5)
    expect(rowsOf(chineseOf(guide(name)))).toEqual(rows)
  })

  it.each(rows)('%s sends what ours sends', async (theirs, ours) => {
    const context = await createScope(`M${String(++count).padStart(8, '0')}`)
    await prepare(ours, context)
    const expected = await evaluate(theirs, { ...context.scope, ...peers[name]!(context.scope) })
    // A call that can be made once only is about another order then.
    const again = /close|micropay/.test(ours) ? await createScope(`M${String(++count).padStart(8, '0')}`) : context
    if (again !== context) await prepare(ours, again)
    const requests = await evaluate(ours, again.scope)
    const comparable = (list: SentRequest[]) => JSON.parse(JSON.stringify(list).replace(/M\d{8}|13\d{16}/g, 'NUMBER'))
    expect(requests).toHaveLength(1)
    expect(comparable(requests)).toEqual(comparable(expected))
  })
})
