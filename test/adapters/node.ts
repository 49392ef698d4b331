import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { assert } from 'chai'
import { createMtlsFetch, wechatpay } from '../../src/adapters/node.ts'
import { type Case, includes, rejection } from '../conformance/case.ts'
import type { TlsServer } from '../conformance/tls-process.ts'
import { environmentOf, withFiles } from './local.ts'

/** Cases of Node only: PKCS#12, made here by the openssl command. */
export function nodeCases({ url, merchant, ca }: TlsServer): readonly Case[] {
  const withPkcs12 = (run: (file: string, legacy: string) => Promise<void>) =>
    withFiles({ 'key.pem': merchant.privateKey, 'cert.pem': merchant.certificate }, async path => {
      const write = (name: string, ...more: string[]) =>
        execFileSync('openssl', [
          'pkcs12',
          '-export',
          '-in',
          path('cert.pem'),
          '-inkey',
          path('key.pem'),
          '-out',
          path(name),
          '-passout',
          `pass:${merchant.mchid}`,
          ...more,
        ])
      write('new.p12')
      write('old.p12', '-legacy')
      await run(path('new.p12'), path('old.p12'))
    })
  const refused = (make: () => unknown) => rejection((async () => make())())

  return [
    {
      name: 'a PKCS#12 file is presented as client certificate',
      run: () =>
        withPkcs12(async file => {
          const mtlsFetch = createMtlsFetch({ pfx: readFileSync(file), passphrase: merchant.mchid, ca })
          const { appid, mchid } = merchant
          const wxpay = wechatpay(environmentOf(merchant), { baseUrl: url, mtlsFetch, retry: false })
          // WeChat Pay turns away at the TLS layer whoever presents no certificate; with one, it looks for the order.
          const none = { appid, mch_id: mchid, out_trade_no: 'none', out_refund_no: '1', total_fee: 1, refund_fee: 1 }
          includes(await rejection(wxpay.v2.secapi.pay.refund.post(none)), { serviceCode: 'ORDERNOTEXIST' })
        }),
    },
    {
      name: 'a PKCS#12 file is named by the environment; its passphrase is the merchant id where none is set',
      run: () =>
        withPkcs12(async file => {
          wechatpay({ ...environmentOf(merchant), WECHATPAY_P12_FILE: file })
          const wrong = { WECHATPAY_P12_FILE: file, WECHATPAY_P12_PASSPHRASE: 'other' }
          const error = await refused(() => wechatpay({ ...environmentOf(merchant), ...wrong }))
          includes(error, { code: 'PASSPHRASE_WRONG', option: 'WECHATPAY_P12_PASSPHRASE' })
        }),
    },
    {
      name: 'a PKCS#12 file under another passphrase, in a cipher too old, or that is none, is refused with the cure',
      run: () =>
        withPkcs12(async (file, old) => {
          const passphrase = merchant.mchid
          const wrong = await refused(() => createMtlsFetch({ pfx: readFileSync(file), passphrase: 'other' }))
          includes(wrong, { code: 'PASSPHRASE_WRONG', option: 'passphrase' })
          const legacy = await refused(() => createMtlsFetch({ pfx: readFileSync(old), passphrase }))
          includes(legacy, { code: 'OPTION_INVALID', option: 'pfx' })
          assert.include(legacy.message, 'apiclient_key.pem')
          const none = await refused(() => createMtlsFetch({ pfx: new Uint8Array(8), passphrase }))
          includes(none, { code: 'OPTION_INVALID', option: 'pfx' })
        }),
    },
  ]
}
