import { beforeAll, describe, expect, it } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { authorizeFacePay, startFacePay } from '../../../src/flows/payment/index.ts'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'

let simulator: Simulator
let wxpay: Wechatpay
beforeAll(async () => {
  simulator = await createSimulator()
  const { merchant, fetch } = simulator
  wxpay = new Wechatpay({ ...merchant, fetch, retry: false })
})
const appid = 'wxd678efh567hg6787'
const device = { appid, store_id: '1', store_name: '深圳店', device_id: 'D1', rawdata: 'raw+/=' }

describe('authorizeFacePay', () => {
  it('asks with the time and gives what lets the device in', async () => {
    const { authinfo, expires_in } = await authorizeFacePay(wxpay, device)
    expect(authinfo).toEqual(expect.any(String))
    expect(expires_in === undefined || Number.isFinite(expires_in)).toBe(true)
    const { signature, signedText, path } = simulator.journal.at(-1)!
    expect([signature, path]).toEqual(['valid', '/face/get_wxpayface_authinfo'])
    expect(signedText).toMatch(/&now=\d{10}&.*&sign_type=HMAC-SHA256&.*&version=1&/)
    expect(signedText).toContain(`&mch_id=${simulator.merchant.mchid}&`)
  })

  it('of a sub merchant', async () => {
    await authorizeFacePay(wxpay, { ...device, sub_appid: 'wx8888888888888888', sub_mch_id: '1900000110' })
    expect(simulator.journal.at(-1)?.signedText).toContain('&sub_appid=wx8888888888888888&sub_mch_id=1900000110&')
  })

  it.each(['appid', 'store_id', 'store_name', 'device_id', 'rawdata'])('without %s nothing is sent', async field => {
    const before = simulator.journal.length
    await expect(authorizeFacePay(wxpay, { ...device, [field]: '' })).rejects.toMatchObject({
      code: 'PARAMETER_INVALID',
      field,
    })
    expect(simulator.journal.length).toBe(before)
  })
})

describe('startFacePay', () => {
  const payment = { appid, store_id: '1', authinfo: 'auth', out_trade_no: 'T1', total_fee: 100 }

  it('gives a map of text', () => {
    expect(startFacePay(wxpay, { ...payment, ask_face_permit: '1' })).toEqual({
      face_authtype: 'FACEPAY',
      appid,
      mch_id: simulator.merchant.mchid,
      store_id: '1',
      authinfo: 'auth',
      face_code_type: '1',
      out_trade_no: 'T1',
      total_fee: '100',
      ask_face_permit: '1',
    })
  })

  it('needs no order for a bar code, and one for a face code', () => {
    const { out_trade_no: _, total_fee: __, ...bare } = payment
    expect(startFacePay(wxpay, bare)).toMatchObject({ face_code_type: '1' })
    expect(() => startFacePay(wxpay, { ...bare, face_code_type: '0' })).toThrow(
      expect.objectContaining({ field: 'out_trade_no' }),
    )
    expect(() => startFacePay(wxpay, { ...bare, out_trade_no: 'T1', face_code_type: '0' })).toThrow(
      expect.objectContaining({ field: 'total_fee' }),
    )
  })

  it.each<[field: string, changes: object]>([
    ['appid', { appid: '' }],
    ['mch_id', { mch_id: 'x' }],
    ['sub_mch_id', { sub_mch_id: '' }],
    ['authinfo', { authinfo: undefined }],
    ['face_code_type', { face_code_type: '2' }],
    ['out_trade_no', { out_trade_no: '订单' }],
    ['total_fee', { total_fee: 0 }],
    ['total_fee', { total_fee: 0.5 }],
    ['total_fee', { total_fee: 2 ** 60 }],
    ['ask_ret_page', { ask_ret_page: true }],
  ])('refuses %s of %o', (field, changes) => {
    expect(() => startFacePay(wxpay, { ...payment, ...changes } as never)).toThrow(
      expect.objectContaining({ name: 'CallError', code: 'PARAMETER_INVALID', field }),
    )
  })
})
