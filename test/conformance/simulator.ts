import { assert } from 'chai'
import { type CertificateCache, isEvent, receiveNotification, Wechatpay } from '../../src/core/index.ts'
import { createSimulator, type PlatformMode, type Simulator } from '../../src/simulator/index.ts'
import { crypto } from '../webcrypto.ts'
import { type Case, includes, rejection } from './case.ts'

const clientOf = ({ merchant, fetch, mtlsFetch }: Simulator, certificateCache?: CertificateCache) =>
  new Wechatpay({ ...merchant, fetch, mtlsFetch, crypto, ...(certificateCache && { certificateCache }) })

const orderOf = ({ merchant: { appid, mchid } }: Simulator, out_trade_no: string) => ({
  appid,
  mchid,
  out_trade_no,
  description: '茶',
  notify_url: 'https://example.com/notify',
  amount: { total: 100 },
})

/** Takes notifications in, as a merchant's server. */
const receiver =
  (notified: Request[]): typeof fetch =>
  async (input, init) => {
    notified.push(new Request(input, init))
    return new Response(null, { status: 204 })
  }

export const cases: readonly Case[] = [
  ...(['public-key', 'certificate'] as const).map((platform: PlatformMode) => ({
    name: `an order is placed, paid, notified, queried and refunded at the simulator, in mode ${platform}`,
    async run() {
      const notified: Request[] = []
      const simulator = await createSimulator({ platform, crypto, deliver: receiver(notified) })
      const wxpay = clientOf(simulator)
      const out_trade_no = 'T1000001'
      const placed = await wxpay.v3.pay.transactions.native.post(orderOf(simulator, out_trade_no))
      assert.match(placed.data.code_url, /^weixin:/)
      assert.match(placed.verifiedBy!, platform === 'certificate' ? /^[0-9A-F]+$/ : /^PUB_KEY_ID_/)
      simulator.pay({ out_trade_no })
      await simulator.settled()
      const notification = await receiveNotification(wxpay, notified[0]!)
      assert.isTrue(isEvent(notification, 'TRANSACTION.SUCCESS'))
      includes(notification.resource, { out_trade_no, trade_state: 'SUCCESS' })
      const { mchid } = simulator.merchant
      const order = wxpay.v3.pay.transactions.outTradeNo._out_trade_no_
      includes((await order.get({ out_trade_no, params: { mchid } })).data, { trade_state: 'SUCCESS' })
      const amount = { refund: 30, total: 100, currency: 'CNY' }
      const refund = await wxpay.v3.refund.domestic.refunds.post({ out_trade_no, out_refund_no: 'R1', amount })
      assert.equal(refund.data.amount.refund, 30)
    },
  })),
  {
    name: "WeChat Pay's refusal is an error with its code",
    async run() {
      const simulator = await createSimulator({ crypto })
      const order = clientOf(simulator).v3.pay.transactions.outTradeNo._out_trade_no_
      const none = order.get({ out_trade_no: 'none', params: { mchid: simulator.merchant.mchid } })
      includes(await rejection(none), { name: 'ServiceError', serviceCode: 'ORDER_NOT_EXIST' })
    },
  },
  {
    name: 'encrypted fields arrive opened at the simulator, and those of its answers are opened',
    async run() {
      const simulator = await createSimulator({ crypto })
      const wxpay = clientOf(simulator)
      const receiver = { type: 'PERSONAL_OPENID', account: 'oUpF8uMu', name: '张三', relation_type: 'USER' } as const
      const body = { appid: simulator.merchant.appid, ...receiver }
      includes((await wxpay.v3.profitsharing.receivers.add.post(body)).data, receiver)
      assert.notInclude(JSON.stringify(simulator.journal), '张三')
    },
  },
  {
    name: 'an APIv2 order is placed and queried, signed and verified with MD5 and with HMAC-SHA256',
    async run() {
      const simulator = await createSimulator({ crypto })
      const wxpay = clientOf(simulator)
      const { appid, mchid: mch_id } = simulator.merchant
      for (const sign_type of ['MD5', 'HMAC-SHA256'] as const) {
        const out_trade_no = `T-${sign_type}`
        const { verifiedBy } = await wxpay.v2.pay.unifiedorder.post({
          appid,
          mch_id,
          sign_type,
          out_trade_no,
          body: '茶',
          total_fee: 1,
          spbill_create_ip: '127.0.0.1',
          notify_url: 'https://example.com/',
          trade_type: 'NATIVE',
        })
        assert.equal(verifiedBy, sign_type)
        const { data } = await wxpay.v2.pay.orderquery.post({ appid, mch_id, sign_type, out_trade_no })
        assert.equal(data.trade_state, 'NOTPAY')
      }
    },
  },
  {
    name: 'platform certificates that a cache kept are not fetched again',
    async run() {
      const simulator = await createSimulator({ platform: 'certificate', crypto })
      let kept: string | undefined
      const cache: CertificateCache = {
        get: async () => kept,
        async set(text) {
          kept = text
        },
      }
      const fetches = () => simulator.journal.filter(({ url }) => url === '/v3/certificates').length
      const example = async () => {
        const { business_code } = simulator.examples
        return (await clientOf(simulator, cache).v3.apply4subject.applyment.get({ params: { business_code } }))
          .verifiedBy
      }
      const serial = await example()
      assert.deepEqual([await example(), fetches()], [serial, 1])
      const next = await simulator.rotate()
      assert.deepEqual([await example(), fetches()], [next, 2])
      assert.deepEqual([await example(), fetches()], [next, 2])
    },
  },
]
