import { assert } from 'chai'
import { type DenoKv, kvCache, wechatpay } from '../../src/adapters/deno.ts'
import { createSimulator } from '../../src/simulator/index.ts'
import { type Case, includes, rejection } from '../conformance/case.ts'
import { environmentOf } from './local.ts'

/** What the tests use of Deno. */
declare const Deno: {
  env: { set(name: string, value: string): void; delete(name: string): void }
  openKv(path: string): Promise<DenoKv>
}

/** With all that Deno permits. */
export const cases: readonly Case[] = [
  {
    name: 'the environment is read one variable at a time, and makes a client',
    async run() {
      const { merchant, fetch } = await createSimulator()
      const environment = Object.entries(environmentOf(merchant)) as [string, string][]
      for (const [name, value] of environment) Deno.env.set(name, value)
      try {
        const { data } = await wechatpay(undefined, { fetch })
          .v2.pay.orderquery.post({
            appid: merchant.appid,
            mch_id: merchant.mchid,
            out_trade_no: 'none',
          })
          .catch(error => ({ data: error }))
        includes(data, { serviceCode: 'ORDERNOTEXIST' })
      } finally {
        for (const [name] of environment) Deno.env.delete(name)
      }
    },
  },
  {
    name: 'platform certificates are kept in Deno KV, and not fetched by the next process',
    async run() {
      const { merchant, fetch, examples, journal } = await createSimulator({ platform: 'certificate' })
      const kv = await Deno.openKv(':memory:')
      const open = async () => ({ get: kv.get.bind(kv), set: kv.set.bind(kv), close: () => {} })
      const certificateCache = kvCache(merchant.mchid, open)
      const { business_code } = examples
      try {
        for (let process = 0; process < 2; process++)
          await wechatpay(environmentOf(merchant), { fetch, certificateCache }).v3.apply4subject.applyment.get({
            params: { business_code },
          })
      } finally {
        kv.close()
      }
      assert.lengthOf(
        journal.filter(({ url }) => url === '/v3/certificates'),
        1,
      )
    },
  },
]

/** With no permission at all. */
export const unpermitted: readonly Case[] = [
  {
    name: 'without leave to read the environment, the error says which permission to give',
    async run() {
      const error = await rejection((async () => wechatpay())())
      includes(error, { name: 'ConfigurationError', code: 'PERMISSION_DENIED' })
      assert.include(error.message, '--allow-env=WECHATPAY_*')
    },
  },
  {
    name: 'without leave to read a file, the error says which permission to give',
    async run() {
      const environment = { WECHATPAY_MCHID: '1', WECHATPAY_PRIVATE_KEY_FILE: '/etc/apiclient_key.pem' }
      const error = await rejection((async () => wechatpay(environment))())
      includes(error, { code: 'PERMISSION_DENIED', option: 'WECHATPAY_PRIVATE_KEY_FILE' })
      assert.include(error.message, '--allow-read=/etc/apiclient_key.pem')
    },
  },
  {
    name: 'without leave to reach WeChat Pay, the error says which permission to give, and nothing is in doubt',
    async run() {
      const { merchant } = await createSimulator()
      const { appid, mchid: mch_id } = merchant
      const wxpay = wechatpay(environmentOf(merchant))
      const error = await rejection(wxpay.v2.pay.orderquery.post({ appid, mch_id, out_trade_no: '1' }))
      includes(error, { code: 'PERMISSION_DENIED', option: 'api.mch.weixin.qq.com' })
      assert.include(error.message, '--allow-net=api.mch.weixin.qq.com')
    },
  },
]
