import { createPrivateKey } from 'node:crypto'
import { Wechatpay } from '../../src/core/index.ts'
import { OTHER_CERTIFICATE, OTHER_PRIVATE_KEY } from '../fixtures/keys.ts'
import { PEM_FORMS } from '../fixtures/pem-forms.ts'
import { type Case, includes, rejection } from './case.ts'
import type { TlsServer } from './tls-process.ts'

type CreateMtlsFetch = (certificate: { cert?: string; key?: string; ca?: string }) => typeof fetch

/** Cases of a runtime's `createMtlsFetch`, at a TLS server that asks for a client certificate. */
export function mtlsCases(createMtlsFetch: CreateMtlsFetch, { url, merchant, ca }: TlsServer): readonly Case[] {
  const { appid, mchid, certificate: cert, privateKey: key } = merchant
  const client = (mtlsFetch: typeof fetch) =>
    new Wechatpay({ ...merchant, baseUrl: url, fetch: createMtlsFetch({ ca }), mtlsFetch, retry: false })

  /** Places an order without client certificate, has it paid, and refunds it with one. */
  async function refund(wxpay: Wechatpay, out_trade_no: string) {
    await wxpay.v3.pay.transactions.native.post({
      appid,
      mchid,
      out_trade_no,
      description: '茶',
      notify_url: 'https://example.com/',
      amount: { total: 100 },
    })
    await createMtlsFetch({ ca })(`${url}pay?out_trade_no=${out_trade_no}`)
    const fees = { total_fee: 100, refund_fee: 30 }
    return wxpay.v2.secapi.pay.refund.post({ appid, mch_id: mchid, out_trade_no, out_refund_no: out_trade_no, ...fees })
  }

  return [
    {
      name: "an APIv2 refund over TLS presents the merchant's client certificate and is served",
      async run() {
        const { data, verifiedBy } = await refund(client(createMtlsFetch({ cert, key, ca })), 'TLS0001')
        includes({ ...data, verifiedBy }, { result_code: 'SUCCESS', refund_fee: '30', verifiedBy: 'HMAC-SHA256' })
      },
    },
    {
      name: 'a client certificate is presented in whatever form its PEM comes, PKCS#1 too, and with its chain',
      async run() {
        const pkcs1 = String(createPrivateKey(key).export({ type: 'pkcs1', format: 'pem' }))
        const chain = `${cert}${OTHER_CERTIFICATE}`
        for (const [at, form] of Object.values(PEM_FORMS).entries()) {
          const mtlsFetch = createMtlsFetch({ cert: form(at % 2 ? chain : cert), key: form(pkcs1), ca: form(ca) })
          const { data } = await refund(client(mtlsFetch), `FORM000${at}`)
          includes(data as object, { result_code: 'SUCCESS' })
        }
      },
    },
    {
      name: 'an APIv2 refund over TLS without client certificate is turned away by WeChat Pay',
      async run() {
        const error = await rejection(refund(client(createMtlsFetch({ ca })), 'TLS0002'))
        includes(error, { name: 'ServiceError', status: 400 })
      },
    },
    {
      name: 'a server that no authority vouches for is not trusted',
      async run() {
        const error = await rejection(refund(client(createMtlsFetch({ cert, key })), 'TLS0003'))
        includes(error, { name: 'TransportError', code: 'NETWORK_ERROR' })
      },
    },
    {
      name: 'a certificate with the key of another is refused before anything is sent',
      async run() {
        const other = { cert, key: OTHER_PRIVATE_KEY, ca }
        includes(await rejection((async () => createMtlsFetch(other))()), { code: 'KEY_MISMATCH', option: 'key' })
      },
    },
    {
      name: 'half of a certificate and its key is refused',
      async run() {
        for (const [half, option] of [
          [{ cert }, 'key'],
          [{ key }, 'cert'],
        ] as const)
          includes(await rejection((async () => createMtlsFetch(half))()), { code: 'OPTION_MISSING', option })
      },
    },
  ]
}
