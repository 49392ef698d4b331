import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { type CloudflareEnvironment, wechatpay } from '../../src/adapters/cloudflare.ts'
import { importPrivateKey } from '../../src/core/crypto/keys.ts'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'

// In workerd, with a KV namespace of its own.
const environmentOf = ({ merchant }: Simulator): CloudflareEnvironment => {
  const [[WECHATPAY_PUBLIC_KEY_ID, WECHATPAY_PUBLIC_KEY] = []] = Object.entries(merchant.platformKeys)
  return {
    WECHATPAY_MCHID: merchant.mchid,
    WECHATPAY_SERIAL: merchant.serial,
    WECHATPAY_PRIVATE_KEY: merchant.privateKey,
    WECHATPAY_APIV3_KEY: merchant.apiv3Key,
    WECHATPAY_APIV2_KEY: merchant.apiv2Key,
    WECHATPAY_PUBLIC_KEY_ID,
    WECHATPAY_PUBLIC_KEY,
  }
}

test('a merchant has one client an isolate, however often its environment is handed over, and another when a secret changed', async () => {
  const environment = environmentOf(await createSimulator({ mchid: '1900000001' }))
  const other = environmentOf(await createSimulator({ mchid: '1900000002' }))
  const client = wechatpay(environment)
  expect(wechatpay(other)).not.toBe(client)
  expect(wechatpay({ ...environment })).toBe(client)
  expect(wechatpay({ ...environment, UNRELATED: 'x' } as CloudflareEnvironment)).toBe(client)
  expect(wechatpay({ ...environment, WECHATPAY_APIV3_KEY: 'x'.repeat(32) })).not.toBe(client)
})

test('platform certificates are kept in KV for all isolates, encrypted, and WeChat Pay is asked once', async () => {
  const simulator = await createSimulator({ platform: 'certificate' })
  const environment = { ...environmentOf(simulator), WECHATPAY_CERTIFICATES: env.CERTIFICATES }
  const isolate = async (timeout: number) => {
    const wxpay = wechatpay(environment, { fetch: simulator.fetch, timeout })
    const { business_code } = simulator.examples
    return (await wxpay.v3.apply4subject.applyment.get({ params: { business_code } })).verifiedBy
  }
  // An option more makes another client, as another isolate would.
  const serials = [await isolate(60_000), await isolate(60_001)]
  expect(serials).toEqual([expect.stringMatching(/^[0-9A-F]+$/), serials[0]])
  expect(simulator.journal.filter(({ url }) => url === '/v3/certificates')).toHaveLength(1)

  const { keys } = await env.CERTIFICATES.list()
  expect(keys.map(({ name }) => name)).toEqual([`wechatpay-edge/certificates/${simulator.merchant.mchid}`])
  expect(keys[0]!.expiration - Date.now() / 1000).toBeLessThan(12 * 3600)
  expect(await env.CERTIFICATES.get(keys[0]!.name)).not.toContain('BEGIN CERTIFICATE')
})

test('calls that demand the client certificate go by the mtls_certificates binding, others do not', async () => {
  const simulator = await createSimulator()
  const { appid, mchid: mch_id } = simulator.merchant
  const environment = { ...environmentOf(simulator), WECHATPAY_MTLS: { fetch: simulator.mtlsFetch } }
  const wxpay = wechatpay(environment, { fetch: simulator.fetch })
  const none = { appid, mch_id, out_trade_no: 'none' }
  const refund = { ...none, out_refund_no: '1', total_fee: 1, refund_fee: 1 }
  await expect(wxpay.v2.secapi.pay.refund.post(refund)).rejects.toMatchObject({ serviceCode: 'ORDERNOTEXIST' })
  await expect(wxpay.v2.pay.orderquery.post(none)).rejects.toMatchObject({ serviceCode: 'ORDERNOTEXIST' })
})

test('the binding WECHATPAY_SIGNER signs, and the same binding has the same client', async () => {
  const simulator = await createSimulator()
  const { WECHATPAY_PRIVATE_KEY: pem, ...environment } = environmentOf(simulator)
  const { sign: key } = await importPrivateKey(pem!, 'key', crypto)
  const signer = {
    sign: (message: Uint8Array<ArrayBuffer>) => crypto.subtle.sign('RSASSA-PKCS1-v1_5', key, message),
    decrypt: () => Promise.reject(new Error('not asked')),
  }
  const bound = { ...environment, WECHATPAY_SIGNER: signer }
  const options = { fetch: simulator.fetch }
  const wxpay = wechatpay(bound, options)
  expect(wechatpay({ ...bound }, options)).toBe(wxpay)
  const query = wxpay.v3.pay.transactions.outTradeNo._out_trade_no_
  await query.get({ out_trade_no: 'NONE01', params: { mchid: simulator.merchant.mchid } }).catch(() => undefined)
  expect(simulator.journal.at(-1)).toMatchObject({ signature: 'valid', signedBy: simulator.merchant.serial })
  expect(() => wechatpay({ ...bound, WECHATPAY_PRIVATE_KEY: pem })).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID', option: 'signer' }),
  )
})

test('a call that requires the client certificate says which binding is missing', async () => {
  const simulator = await createSimulator()
  const wxpay = wechatpay(environmentOf(simulator), { fetch: simulator.fetch })
  await expect(wxpay.v2.secapi.pay.refund.post({} as never)).rejects.toMatchObject({
    code: 'OPTION_MISSING',
    message: expect.stringContaining('mtls_certificates'),
  })
})

test.each([
  ['WECHATPAY_MTLS', 'mtls_certificates'],
  ['WECHATPAY_CERTIFICATES', 'kv_namespaces'],
  ['WECHATPAY_SIGNER', 'services'],
])('%s that is a variable and no binding is refused by name', async (option, kind) => {
  const environment = { ...environmentOf(await createSimulator()), [option]: 'text' }
  expect(() => wechatpay(environment as CloudflareEnvironment)).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID', option, message: expect.stringContaining(kind) }),
  )
})

test('a secret that is missing is named, and where a Worker has it from', () => {
  expect(() => wechatpay({})).toThrow(
    expect.objectContaining({
      code: 'OPTION_MISSING',
      option: 'WECHATPAY_MCHID',
      message: expect.stringContaining('.dev.vars'),
    }),
  )
})

test('a call without the environment says which one to pass', () => {
  expect(() => wechatpay(undefined as never)).toThrow(/^env: call wechatpay\(env\) with the env of the handler/)
})

test('a variable that names a file is refused, because a Worker has none', async () => {
  const { WECHATPAY_PRIVATE_KEY: privateKey, ...rest } = environmentOf(await createSimulator())
  const environment = { ...rest, WECHATPAY_PRIVATE_KEY_FILE: 'apiclient_key.pem' }
  expect(wechatpay(environment as CloudflareEnvironment, { privateKey: privateKey! })).toBeDefined()
  expect(wechatpay({ ...rest, WECHATPAY_PRIVATE_KEY: privateKey, WECHATPAY_APIV2_KEY_FILE: '' } as never)).toBeDefined()
  expect(() => wechatpay(environment as CloudflareEnvironment)).toThrow(
    'WECHATPAY_PRIVATE_KEY_FILE: a Worker has no files. Put the text of the file into the secret WECHATPAY_PRIVATE_KEY.',
  )
})
