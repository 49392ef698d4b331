import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { type SimulatorServer, startSimulatorServer } from './simulator-server.ts'
import { identityFor, requestBytes, requestedIssuers, type StrictAnswer, sendBytes, validate } from './strict-client.ts'

// The official Java SDK, and the samples of the official documentation, byte for byte as they leave the machine, over HTTPS under
// WeChat Pay's own host name.

/** okhttp writes the last two itself. */
const JAVA_SDK = {
  Accept: 'application/json',
  'User-Agent':
    'WechatPay-Java/0.2.17 (Linux/5.15.0) Java/17.0.9 Credential/WechatPay2Credential Validator/WechatPay2Validator okhttp3/4.12.0',
  'Accept-Encoding': 'gzip',
}

/** `WXPayUtility` of the documentation, with okhttp. */
const javaSample = (publicKeyId: string) => ({
  Accept: 'application/json',
  'Wechatpay-Serial': publicKeyId,
  'Accept-Encoding': 'gzip',
  'User-Agent': 'okhttp/4.12.0',
})

/** `wechatpay/wechatpay` with Guzzle: it names a content type where there is no content. */
const PHP_SDK = {
  'User-Agent': 'wechatpay-php/1.4.12 GuzzleHttp/7 curl/7.88.1 (Linux/5.15.0) PHP/8.2.7',
  Accept: 'application/json, text/plain, application/x-gzip, application/pdf, image/png, image/*;q=0.5',
  'Content-Type': 'application/json; charset=utf-8',
}

const SAMPLE =
  '/v3/compliance/inactive-merchant-identity-verification/merchants/1900000000/verifications/28011678863778000000123124312'

describe.each(['public-key', 'certificate'])('a strict client in mode %s', platform => {
  let simulated: SimulatorServer
  let key: string
  let keys: Record<string, string>
  beforeAll(async () => {
    simulated = await startSimulatorServer({ platform, tls: true })
    key = await simulated.file('apiclient_key.pem')
    keys = Object.fromEntries(
      await Promise.all(
        (await simulated.names()).flatMap(name => {
          const [, serial] = /^wechatpay_(\w+)\.pem$/.exec(name) ?? []
          if (serial) return [simulated.file(name).then(pem => [serial, pem])]
          return name === 'pub_key_id.txt' ? [Promise.all([simulated.file(name), simulated.file('pub_key.pem')])] : []
        }),
      ),
    )
    return () => simulated[Symbol.asyncDispose]()
  })
  const v3 = (
    method: string,
    target: string,
    headers: Record<string, string>,
    body?: object,
  ): Promise<StrictAnswer> => {
    const { mchid, serial } = simulated
    const text = body && JSON.stringify(body)
    return sendBytes(
      simulated,
      requestBytes({ method, target, headers, mchid, serial, key, ...(text && { body: text }) }),
    )
  }
  const post = (target: string, body: object) =>
    v3('POST', target, { ...JAVA_SDK, 'Content-Type': 'application/json; charset=utf-8' }, body)

  it('finds every header under the name that WeChat Pay writes, and verifies the response', async () => {
    const { appid, mchid, notify_url } = simulated
    const order = { appid, mchid, description: '茶', out_trade_no: 'S-000001', notify_url, amount: { total: 1 } }
    const placed = await post('/v3/pay/transactions/native', order)
    expect(placed.status).toBe(200)
    validate(placed, keys)
    expect([...placed.headers.keys()].filter(name => /^(wechatpay|request|content-type)/i.test(name)).sort()).toEqual([
      'Content-Type',
      'Request-ID',
      'Wechatpay-Nonce',
      'Wechatpay-Serial',
      'Wechatpay-Signature',
      'Wechatpay-Signature-Type',
      'Wechatpay-Timestamp',
    ])
    const found = await v3('GET', `/v3/pay/transactions/out-trade-no/S-000001?mchid=${mchid}`, JAVA_SDK)
    validate(found, keys)
    expect(JSON.parse(found.body)).toMatchObject({ trade_state: 'NOTPAY' })
  })

  it('verifies a 204, which has no body but says of what type it would be', async () => {
    const closed = await post('/v3/pay/transactions/out-trade-no/S-000001/close', { mchid: simulated.mchid })
    expect([closed.status, closed.body]).toEqual([204, ''])
    validate(closed, keys)
  })

  it('finds the headers of a refusal, signed or not, and of what nginx refuses', async () => {
    const refused = await v3('GET', `/v3/pay/transactions/out-trade-no/none?mchid=${simulated.mchid}`, JAVA_SDK)
    expect(refused.status).toBe(404)
    validate(refused, keys)
    const unsigned = await sendBytes(
      simulated,
      'GET /v3/certificates HTTP/1.1\r\nAccept: */*\r\nUser-Agent: x\r\nHost: x\r\nConnection: close\r\n\r\n',
    )
    expect([unsigned.status, unsigned.headers.has('Content-Type'), unsigned.headers.has('Request-ID')]).toEqual([
      401,
      true,
      true,
    ])
    const missing = await sendBytes(simulated, 'GET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect([missing.status, missing.headers.get('Content-Type')]).toEqual([404, 'text/html'])
  })

  it('takes the bytes of the Java and PHP samples', async () => {
    const id = Object.keys(keys)[0]!
    for (const headers of [javaSample(id), PHP_SDK]) {
      const answer = await v3('GET', SAMPLE, headers)
      expect([answer.status, JSON.parse(answer.body)]).toEqual([
        200,
        expect.objectContaining({ sub_mchid: '1900000000', verification_id: '28011678863778000000123124312' }),
      ])
      validate(answer, keys)
    }
  })

  it('is asked for a certificate of its own issuer, and shows it', async () => {
    expect(await requestedIssuers(simulated)).toHaveLength(1)
    const identity = await identityFor(simulated)
    expect(identity).toBeDefined()
    const params = {
      appid: simulated.appid,
      mch_id: simulated.mchid,
      nonce_str: 'ibuaiVcKdpRxkhJA',
      out_trade_no: 'none',
      out_refund_no: 'R1',
      total_fee: '1',
      refund_fee: '1',
    }
    const body = await signedXml(params, await simulated.file('apiv2_key.txt'))
    const bytes = [
      'POST /secapi/pay/refund HTTP/1.1',
      'Content-Type: text/xml',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Host: api.mch.weixin.qq.com',
      'Connection: close',
      '',
      body,
    ].join('\r\n')
    expect((await sendBytes(simulated, bytes)).body).toContain('No required SSL certificate was sent')
    expect((await sendBytes(simulated, bytes, identity)).body).toContain(
      '<err_code><![CDATA[ORDERNOTEXIST]]></err_code>',
    )
  })
})

async function signedXml(params: Record<string, string>, secret: string): Promise<string> {
  const text = Object.keys(params)
    .sort()
    .map(name => `${name}=${params[name]}`)
    .join('&')
  const sign = createHash('md5').update(`${text}&key=${secret}`).digest('hex').toUpperCase()
  const elements = Object.entries({ ...params, sign }).map(([name, value]) => `<${name}>${value}</${name}>`)
  return `<xml>${elements.join('')}</xml>`
}
