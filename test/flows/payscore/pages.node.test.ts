import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { startScoreConfirmation, startScoreDetail, startScorePermission } from '../../../src/flows/payscore/index.ts'

// Parameters of WeChat Pay's own examples; the signatures are computed by node:crypto from the documented sign string.

const apiv2Key = '192006250b4c09247ec02edce69f6a2d'
const wxpay = new Wechatpay({ mchid: '1230000109', apiv2Key, now: () => 1_530_097_563_000 })

/** Signs as documented: sorted by name, joined, with the key of APIv2, HMAC-SHA256, upper-case hex. */
function signatureOf({ sign: _, ...fields }: Record<string, string>): string {
  const text = Object.keys(fields)
    .sort()
    .map(name => `${name}=${fields[name]}`)
    .join('&')
  return createHmac('sha256', apiv2Key).update(`${text}&key=${apiv2Key}`).digest('hex').toUpperCase()
}

it('the page that confirms an order gets its package alone', async () => {
  const order = 'AAQTnZoAAAABAAAAAAD8m2b8VRdZ2kVdKmHNZiAAAABcwQVtru-5k9MmEOZJ_Pv_Nq7Cw56dNKKN5Ej3Knt5jTHF'
  expect(await startScoreConfirmation(wxpay, { package: order })).toEqual({
    miniProgram: { businessType: 'wxpayScoreUse', extraData: { package: order } },
    jsapi: { businessType: 'wxpayScoreUse', queryString: `package=${order}` },
    app: { businessType: 'wxpayScoreUse', query: `package=${order}`, extInfo: '{"miniProgramType":0}' },
  })
})

it('the page of an institution gets the merchant id and a signature too', async () => {
  const { miniProgram, jsapi } = await startScoreConfirmation(wxpay, { package: 'XX+X=', isSigned: true })
  const { extraData } = miniProgram
  expect(extraData).toEqual({
    mch_id: '1230000109',
    package: 'XX+X=',
    timestamp: '1530097563',
    nonce_str: expect.stringMatching(/^[\dA-Za-z]{1,32}$/),
    sign_type: 'HMAC-SHA256',
    sign: signatureOf(extraData),
  })
  expect(Object.fromEntries(new URLSearchParams(jsapi.queryString))).toEqual(extraData)
})

it('the page of an order gets its number and a signature', async () => {
  const order = { service_id: '88888888000011', out_order_no: '1234323JKHDFE1243252' }
  const { miniProgram, jsapi, app } = await startScoreDetail(wxpay, order)
  const { businessType, extraData } = miniProgram
  expect(businessType).toBe('wxpayScoreDetail')
  expect(extraData).toEqual({
    mch_id: '1230000109',
    ...order,
    timestamp: '1530097563',
    nonce_str: expect.any(String),
    sign_type: 'HMAC-SHA256',
    sign: signatureOf(extraData),
  })
  expect(jsapi.queryString).toMatch(
    /^mch_id=1230000109&service_id=88888888000011&out_order_no=1234323JKHDFE1243252&timestamp=1530097563&nonce_str=\w+&sign_type=HMAC-SHA256&sign=[\dA-F]{64}$/,
  )
  expect(app.query).toBe(jsapi.queryString)
})

it('the page that authorizes a service gets the token', () => {
  expect(startScorePermission({ apply_permissions_token: 'zyx53Nkey8o4bHpxTQvd8m7e92nG5mG2' }).jsapi).toEqual({
    businessType: 'wxpayScoreEnable',
    queryString: 'apply_permissions_token=zyx53Nkey8o4bHpxTQvd8m7e92nG5mG2',
  })
})

it('names what is wrong: a missing package, a number, the key of APIv2', async () => {
  const invalid = (field: string) => expect.objectContaining({ code: 'PARAMETER_INVALID', field })
  await expect(startScoreConfirmation(wxpay, { package: undefined })).rejects.toEqual(invalid('package'))
  for (const value of ['', 'a&appid=wx1', 'a b'])
    await expect(startScoreConfirmation(wxpay, { package: value })).rejects.toEqual(invalid('package'))
  await expect(startScoreDetail(wxpay, { service_id: 'x', out_order_no: '1' })).rejects.toEqual(invalid('service_id'))
  expect(() => startScorePermission({ apply_permissions_token: '' })).toThrow(invalid('apply_permissions_token'))
  const keyless = new Wechatpay({ mchid: '1230000109' })
  await expect(startScoreDetail(keyless, { service_id: '1', out_order_no: '1' })).rejects.toMatchObject({
    code: 'OPTION_MISSING',
    option: 'apiv2Key',
  })
})
