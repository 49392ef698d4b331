import { assert } from 'chai'
import { isEvent, receiveNotification, Wechatpay } from '../../src/core/index.ts'
import { createSimulator } from '../../src/simulator/index.ts'
import { crypto } from '../webcrypto.ts'
import { type Case, includes, rejection } from './case.ts'

const url = 'https://example.com/notify'

async function createTestBrand() {
  const notified: Request[] = []
  const simulator = await createSimulator({
    seed: 'conformance',
    brandId: '40001',
    crypto,
    deliver: async (input, init) => {
      notified.push(new Request(input, init))
      return new Response(null, { status: 204 })
    },
  })
  const { merchant, fetch } = simulator
  const brand = simulator.brand!
  const options = { fetch, crypto, retry: false } as const
  return {
    simulator,
    notified,
    ofBrand: new Wechatpay({ brand, ...options }),
    ofBoth: new Wechatpay({ ...merchant, brand, ...options }),
    ofMerchant: new Wechatpay({ ...merchant, ...options }),
  }
}

/** The brand API, with a merchant and without one. */
export const cases: readonly Case[] = [
  {
    name: 'a call of the brand API is signed, verified and decrypted with the keys of the brand',
    async run() {
      const { simulator, ofBrand, ofBoth } = await createTestBrand()
      for (const wxpay of [ofBrand, ofBoth]) {
        const { data, verifiedBy } = await wxpay.brand.cardMember.cards.get({ params: { offset: 0, limit: 10 } })
        assert.equal(data.data?.[0]?.brand_id, '40001')
        assert.equal(verifiedBy, Object.keys(simulator.brand!.platformKeys)[0])
        const file = new File([Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)], 'a.png')
        const uploaded = await wxpay.brand.marketing.productCoupon.media.uploadImage.post({ file })
        assert.match(uploaded.data.image_url, /^https:/)
      }
    },
  },
  {
    name: 'a call of the brand API without a brand, and one of APIv3 without a merchant, name the option',
    async run() {
      const { ofBrand, ofMerchant } = await createTestBrand()
      includes(await rejection(ofMerchant.brand.cardMember.cards.get()), { code: 'OPTION_MISSING', option: 'brand' })
      includes(await rejection(ofBrand.v3.certificates.get()), { code: 'OPTION_MISSING', option: 'mchid' })
    },
  },
  {
    name: 'a notification of the brand is read by clients of the brand only',
    async run() {
      const { simulator, notified, ofBrand, ofBoth, ofMerchant } = await createTestBrand()
      await simulator.notify.send({ url, api: 'brand', event: 'BRAND_MEMBER_CARD.USER_CARD.CREATE' })
      const [request] = notified
      for (const wxpay of [ofBrand, ofBoth]) {
        const notification = await receiveNotification(wxpay, request!.clone())
        assert.isTrue(isEvent(notification, 'BRAND_MEMBER_CARD.USER_CARD.CREATE'))
        includes(notification as object, { api: 'brand' })
        includes(notification.resource as object, { brand_id: '40001' })
        assert.match((notification.resource as { phone_number: string }).phone_number, /^138/)
      }
      includes(await rejection(receiveNotification(ofMerchant, request!.clone())), { code: 'SIGNATURE_UNKNOWN_SERIAL' })
    },
  },
]
