import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'
import { v2, v3 } from './node-client.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await createSimulator({ platform: 'both' })
})

const RUNS = { numRuns: 150 }
const paths = fc.constantFrom(
  ...['/v3/certificates', '/v3/pay/transactions/jsapi', '/v3/refund/domestic/refunds', '/v3/merchant/media/upload'],
  ...['/v3/payroll-card/authentications/pre-order', '/v3', '/v3/', '/', '/pay/unifiedorder', '/pay/orderquery'],
  ...['/pay/refundquery', '/secapi/pay/refund', '/secsvc/realnameauth', '/papay/entrustweb', '/v3/bill/tradebill'],
)
const names = fc.constantFrom(
  ...[
    'appid',
    'mchid',
    'description',
    'out_trade_no',
    'notify_url',
    'amount',
    'payer',
    'scene_info',
    'total',
    'identity',
  ],
  ...[
    'openid',
    'attach',
    'detail',
    'refund',
    'currency',
    'goods_detail',
    'from',
    'out_refund_no',
    '__proto__',
    'limit_pay',
  ],
)
const { json } = fc.letrec(tie => ({
  json: fc.oneof({ depthSize: 'small' }, fc.jsonValue(), fc.dictionary(names, tie('json')), fc.array(tie('json'))),
}))

/** A refusal in the documented form, and never the simulator's own fault. */
async function expectRefusal(response: Response): Promise<void> {
  const text = await response.text()
  expect(response.headers.get('request-id')).toBeTruthy()
  expect(response.status).toBeLessThan(500)
  expect(text).not.toContain('系统')
  expect(simulator.journal.at(-1)!.code).toBeTruthy()
}

describe('whatever arrives is answered', () => {
  it('unsigned: any method, path, headers, bytes', async () => {
    const methods = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD')
    const header = fc.oneof(
      fc.string(),
      fc.string().map(text => `WECHATPAY2-SHA256-RSA2048 ${text}`),
      fc.constant('WECHATPAY2-SHA256-RSA2048 mchid="1"'),
    )
    const type = fc.constantFrom(
      'application/json',
      'text/xml',
      'multipart/form-data; boundary=x',
      'multipart/form-data',
      '',
    )
    await fc.assert(
      fc.asyncProperty(
        methods,
        paths,
        fc.string(),
        header,
        type,
        fc.uint8Array(),
        async (method, path, query, value, contentType, bytes) => {
          const headers = new Headers({ Accept: '*/*', 'User-Agent': 'x', 'Content-Type': contentType })
          try {
            headers.set('Authorization', value)
          } catch {} // not a header any client could send
          const body = ['GET', 'HEAD'].includes(method) ? null : bytes
          await expectRefusal(await simulator.fetch(`https://x.example${path}?${query}`, { method, headers, body }))
        },
      ),
      RUNS,
    )
  })

  it('multipart of any bytes', async () => {
    const piece = fc.constantFrom(
      '--x',
      '\r\n',
      '--',
      '\r\n\r\n',
      '--x--',
      'Content-Disposition: form-data; name="meta"',
      '{}',
      '\n',
      'a',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async pieces => {
        const headers = {
          Accept: '*/*',
          'User-Agent': 'x',
          Authorization: 'WECHATPAY2-SHA256-RSA2048 mchid="1",nonce_str="1",timestamp="1",serial_no="1",signature="1"',
        }
        const body = pieces.join('')
        await expectRefusal(
          await simulator.fetch('https://x.example/v3/merchant/media/upload', {
            method: 'POST',
            headers: { ...headers, 'Content-Type': 'multipart/form-data; boundary="x"' },
            body,
          }),
        )
      }),
      RUNS,
    )
  })

  it('signed: any JSON', async () => {
    await fc.assert(
      fc.asyncProperty(
        paths.filter(path => path.startsWith('/v3')),
        fc.oneof(
          json.map(value => JSON.stringify(value)),
          fc.string(),
        ),
        async (path, body) => {
          const answer = await v3(simulator, 'POST', path, { body })
          expect([400, 404, 405]).toContain(answer.status)
          expect(answer.json).toMatchObject({ code: expect.any(String), message: expect.any(String) })
        },
      ),
      RUNS,
    )
  })

  it('signed: an order with one field of any JSON', async () => {
    const { appid, mchid } = simulator.merchant
    const order = {
      appid,
      mchid,
      description: 'd',
      out_trade_no: 'garbage-1',
      notify_url: 'https://example.com',
      amount: { total: 1 },
      payer: { openid: 'o' },
    }
    await fc.assert(
      fc.asyncProperty(names, json, async (name, value) => {
        const answer = await v3(simulator, 'POST', '/v3/pay/transactions/jsapi', { body: { ...order, [name]: value } })
        expect([200, 400, 403]).toContain(answer.status)
      }),
      RUNS,
    )
  })

  it('signed: any APIv2 message', async () => {
    const v2Paths = paths.filter(path => /^\/(pay|sec)/.test(path))
    const v2Names = fc.constantFrom(
      'out_trade_no',
      'transaction_id',
      'total_fee',
      'refund_fee',
      'out_refund_no',
      'offset',
      'attach',
      'body',
      'trade_type',
      'constructor',
    )
    const texts = fc.string({ unit: 'grapheme' }).map(text => text.replaceAll(']]>', ''))
    await fc.assert(
      fc.asyncProperty(v2Paths, fc.dictionary(v2Names, texts), async (path, params) => {
        const answer = await v2(simulator, path, params, true)
        expect(answer.return_code).toMatch(/^(SUCCESS|FAIL)$/)
        expect(answer.err_code ?? '').not.toBe('SYSTEMERROR')
        expect(answer.return_msg).not.toBe('系统错误')
      }),
      RUNS,
    )
  })
})
