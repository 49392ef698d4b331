import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { offerCouponByH5, offerCouponsByJsapi, offerCouponsByMiniProgram } from '../../../src/flows/payment/index.ts'

const wxpay = new Wechatpay({ mchid: '10000098', apiv2Key: 'k'.repeat(32) })
const coupon = { stock_id: '1583', out_request_no: 'mch_send_1' }

it('any change to any coupon, and any exchange of two, changes the signature', async () => {
  const text = fc.stringMatching(/^[0-9]{1,20}$/)
  const list = fc.uniqueArray(fc.record({ stock_id: text, out_request_no: text }), {
    minLength: 1,
    maxLength: 10,
    selector: ({ out_request_no }) => out_request_no,
  })
  await fc.assert(
    fc.asyncProperty(list, list, async (one, other) => {
      const signs = await Promise.all([one, other].map(coupons => offerCouponsByMiniProgram(wxpay, { coupons })))
      expect(signs[0]?.sign === signs[1]?.sign).toBe(JSON.stringify(one) === JSON.stringify(other))
    }),
    { numRuns: 30 },
  )
})

it('a field that is undefined is neither signed nor handed over', async () => {
  const offer = await offerCouponsByMiniProgram(wxpay, { coupons: [{ ...coupon, coupon_code: undefined }] })
  expect(offer).toEqual(await offerCouponsByMiniProgram(wxpay, { coupons: [coupon] }))
  expect(Object.keys(offer.send_coupon_params[0] as object)).toEqual(['stock_id', 'out_request_no'])
})

describe('what cannot be right is refused by its name', () => {
  it.each<[field: string, offer: object]>([
    ['coupons', {}],
    ['coupons', { coupons: [] }],
    ['coupons', { coupons: Array.from({ length: 11 }, (_, at) => ({ stock_id: '1', out_request_no: `${at}` })) }],
    ['coupons[0].stock_id', { coupons: [{ out_request_no: '1' }] }],
    ['coupons[0].stock_id', { coupons: [{ ...coupon, stock_id: 1583 }] }],
    ['coupons[0].out_request_no', { coupons: [{ stock_id: '1583' }] }],
    ['coupons[1].out_request_no', { coupons: [coupon, coupon] }],
    ['coupons[1].out_request_no', { coupons: [coupon, { ...coupon, out_request_no: '张' }] }],
    ['coupons[0].coupon_code', { coupons: [{ ...coupon, coupon_code: '' }] }],
    ['coupons[0].customize_send_time', { coupons: [{ ...coupon, customize_send_time: '2015-05-20' }] }],
    ['coupons[0].create_coupon_merchant', { coupons: [{ ...coupon, create_coupon_merchant: 'x' }] }],
    ['coupons[0].open_id', { coupons: [{ ...coupon, open_id: 'o1' }] }],
    ['coupons[0].constructor', { coupons: [{ ...coupon, constructor: '1' }] }],
    ['coupons[0].stock_id', { coupons: [null] }],
    ['coupons[0].openid', { coupons: [{ ...coupon, openid: 'o1' }] }],
    ['send_coupon_merchant', { coupons: [coupon], send_coupon_merchant: '' }],
  ])('%s', async (field, offer) => {
    for (const make of [offerCouponsByMiniProgram, offerCouponsByJsapi])
      await expect(make(wxpay, offer as never)).rejects.toMatchObject({ code: 'PARAMETER_INVALID', field })
  })

  it.each<[field: string, changes: object]>([
    ['stock_id', { stock_id: '' }],
    ['open_id', { open_id: undefined }],
    ['open_id', { open_id: 'a b' }],
    ['customize_send_time', { customize_send_time: '2015-05-20T13:29:35+08:00' }],
    ['send_coupon_merchant', { send_coupon_merchant: 'x' }],
  ])('H5: %s of %o', async (field, changes) => {
    const page = { ...coupon, open_id: 'oiSFDIOoijdsf', ...changes } as never
    await expect(offerCouponByH5(wxpay, page)).rejects.toMatchObject({ code: 'PARAMETER_INVALID', field })
  })
})
