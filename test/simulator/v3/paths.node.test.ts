import { createDecipheriv, X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'
import { isSigned, v3 } from '../node-client.ts'

let simulator: Simulator
let wxpay: Wechatpay

beforeAll(async () => {
  simulator = await createSimulator({ seed: 'paths', platform: 'both' })
  wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch, retry: false })
})

/** Old pages of the overseas API have these without `/global`; WeChat Pay serves them with it alone. */
const OVERSEAS = [
  ['POST', '/v3/{}merchant/h5/permission/applications'],
  ['GET', '/v3/{}merchant/h5/permission/applications/1'],
  ['PATCH', '/v3/{}merchant/h5/permission/applications/1'],
  ['POST', '/v3/{}merchant/h5/permission/domain/applications'],
  ['GET', '/v3/{}merchant/h5/permission/domain/applications/1'],
  ['PATCH', '/v3/{}merchant/h5/permission/domain/applications/1'],
  ['GET', '/v3/{}merchant/h5/permission/1900000109'],
  ['POST', '/v3/{}micropay/transactions/pay'],
  ['POST', '/v3/{}papay/contracts/app-pre-entrust-sign'],
  ['POST', '/v3/{}papay/contracts/h5-pre-entrust-sign'],
  ['POST', '/v3/{}papay/contracts/jsapi-pre-entrust-sign'],
  ['POST', '/v3/{}papay/contracts/miniprogram-pre-entrust-sign'],
  ['POST', '/v3/{}papay/contracts/web-pre-entrust-sign'],
  ['GET', '/v3/{}papay/contracts/1'],
  ['GET', '/v3/{}papay/contracts/out-contract-code/1'],
  ['POST', '/v3/{}papay/contracts/1/terminate'],
  ['POST', '/v3/{}papay/transactions'],
  ['GET', '/v3/{}papay/transactions/1'],
  ['GET', '/v3/{}papay/transactions/out-trade-no/1'],
  ['POST', '/v3/{}papay/transactions/out-trade-no/1/reverse'],
] as const

test('the answer to a misspelt path names the one that is meant, beside the message of the service', async () => {
  const misspelt = await v3(simulator, 'POST', '/v3/pay/transactoins/native', { body: {} })
  const message = '接口不存在，请检查请求的URL'
  const detail = { issue: 'no definition has this path. Is /v3/pay/transactions/native meant?' }
  expect(misspelt).toMatchObject({ status: 404, json: { code: 'RESOURCE_NOT_EXISTS', message, detail } })
  const english = await v3(simulator, 'GET', '/v3/pay/transactoins/id/42', { headers: { 'accept-language': 'en' } })
  expect(english.json.message).toMatch(/Is \/v3\/pay\/transactions\/id\/\{transaction_id\} meant\?$/)
  expect((await v3(simulator, 'GET', '/v3/nothing/like/it')).json).toEqual({
    code: 'RESOURCE_NOT_EXISTS',
    message: '接口不存在，请检查请求的URL',
  })
})

describe('a path of the overseas API', () => {
  test.each(OVERSEAS)('%s %s exists with /global, and not without', async (method, path) => {
    const body = method === 'GET' ? {} : { body: {} }
    const without = await v3(simulator, method, path.replace('{}', ''), body)
    expect([without.status, without.json.code]).toEqual([404, 'RESOURCE_NOT_EXISTS'])
    expect(without.json.message).toContain('接口不存在')
    const served = await v3(simulator, method, path.replace('{}', 'global/'), body)
    expect([200, 204, 400, 404]).toContain(served.status)
    expect(served.text).not.toContain('接口不存在')
  })

  test('without /global it goes to the same host as any unknown path', async () => {
    const hosts: string[] = []
    const sends: typeof fetch = async input => {
      hosts.push(new URL(input instanceof Request ? input.url : input).host)
      throw new TypeError('not sent')
    }
    const client = new Wechatpay({ ...simulator.merchant, fetch: sends, retry: false })
    for (const [method, path] of OVERSEAS) {
      await expect(client.request(method, path.replace('{}', '').slice(1), { body: {} })).rejects.toThrow()
    }
    expect(new Set(hosts)).toEqual(new Set(['api.mch.weixin.qq.com']))
  })
})

describe('an endpoint that the first collection lacked', () => {
  test('ends a coupon stock (终止批次)', async () => {
    const refused = wxpay.v3.marketing.favor.stocks._stock_id_.stop.post(
      { stock_creator_mchid: simulator.merchant.mchid },
      { stock_id: '9856000' },
    )
    await expect(refused).rejects.toMatchObject({ serviceCode: 'RESOURCE_NOT_EXISTS' })
    const { status, json } = await v3(simulator, 'POST', '/v3/marketing/favor/stocks/9856000/stop', { body: {} })
    expect([status, json.detail.field]).toEqual([400, expect.stringMatching(/stock_creator_mchid$/)])
  })

  test('binds a policy to a contract (保单绑定保险代扣协议)', async () => {
    const path = '/v3/inspolicymgr/deduct/policies/P202601010001/bind-contract'
    const body = { appid: simulator.merchant.appid, plan_id: '12535', out_contract_code: 'C202601010001' }
    const bound = await v3(simulator, 'POST', path, { body })
    expect([bound.status, bound.text]).toEqual([204, ''])
    const { status } = await v3(simulator, 'POST', path, { body: { ...body, plan_id: undefined } })
    expect(status).toBe(400)
  })

  test('lists the platform certificates of 融合钱包, behind /hk', async () => {
    const answer = await v3(simulator, 'GET', '/hk/v3/certificates')
    expect(answer.status).toBe(200)
    const [{ encrypt_certificate, serial_no }] = answer.json.data
    const bytes = Buffer.from(encrypt_certificate.ciphertext, 'base64')
    const decipher = createDecipheriv('aes-256-gcm', simulator.merchant.apiv3Key, encrypt_certificate.nonce)
    decipher.setAuthTag(bytes.subarray(-16)).setAAD(Buffer.from(encrypt_certificate.associated_data))
    const pem = Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()])
    const certificate = new X509Certificate(pem)
    expect(certificate.serialNumber).toBe(serial_no)
    expect(isSigned(answer, certificate.publicKey.export({ type: 'spki', format: 'pem' }) as string)).toBe(true)

    const response = await wxpay.fetch('https://api.mch.weixin.qq.com/hk/v3/certificates')
    expect([response.status, (await response.json()).data[0].serial_no]).toEqual([200, serial_no])
  })
})
