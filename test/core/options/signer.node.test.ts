import { constants, createPrivateKey, privateDecrypt, publicEncrypt, sign, verify, X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { Formatter, Rsa } from 'wechatpay-axios-plugin'
import type { Signer } from '../../../src/core/index.ts'
import { startJsapi } from '../../../src/flows/payment/index.ts'
import * as keys from '../../fixtures/keys.ts'
import { createTestClient, signedV3Response } from '../test-client.ts'

// Two implementations judge here, neither of them this library: node:crypto signs and decrypts, wechatpay-axios-plugin verifies.

const { publicKey } = new X509Certificate(keys.CERTIFICATE)
const key = createPrivateKey(keys.PRIVATE_KEY)
const padding = constants.RSA_PKCS1_OAEP_PADDING
const signer: Signer = {
  serial: '4A8B1C2D3E4F5061728394A5B6C7D8E9F0011223',
  sign: message => sign('sha256', message, key),
  decrypt: async ciphertext => privateDecrypt({ key, padding, oaepHash: 'sha1' }, ciphertext),
}
const own = { serial: undefined, privateKey: undefined, signer } as never

test('what node:crypto signs in place of the client is what wechatpay-axios-plugin expects of a request', async () => {
  const { wxpay, requests } = createTestClient([() => new Response('{"code":"X","message":"x"}', { status: 400 })], own)
  const order = { appid: 'wx1', mchid: '1900000109', description: '茶 ☕', out_trade_no: '1' } as never
  await wxpay.v3.pay.transactions.native.post(order).catch(() => undefined)
  const [request] = requests
  const fields = request!.headers.get('authorization')!.replace(/^WECHATPAY2-SHA256-RSA2048 /, '')
  const { timestamp, nonce_str, signature } = Object.fromEntries(
    Array.from(fields.matchAll(/(\w+)="([^"]*)"/g), ([, name, value]) => [name, value]),
  )
  const text = Formatter.request('POST', '/v3/pay/transactions/native', timestamp!, nonce_str!, await request!.text())
  expect(Rsa.verify(text, signature!, publicKey)).toBe(true)
  expect(Rsa.verify(text.replace('茶', '酒'), signature!, publicKey)).toBe(false)
})

test('the parameters of a payment verify with node:crypto', async () => {
  const { wxpay } = createTestClient([], own)
  const {
    appId,
    timeStamp,
    nonceStr,
    package: packaged,
    paySign,
  } = await startJsapi(wxpay, {
    appid: 'wx1',
    prepay_id: 'wx2',
  })
  const text = `${appId}\n${timeStamp}\n${nonceStr}\n${packaged}\n`
  expect(verify('sha256', Buffer.from(text), publicKey, Buffer.from(paySign, 'base64'))).toBe(true)
})

test('node:crypto decrypts in place of the client what node:crypto has encrypted', async () => {
  const name = publicEncrypt({ key: publicKey, padding, oaepHash: 'sha1' }, Buffer.from('李四')).toString('base64')
  const { wxpay } = createTestClient([await signedV3Response({ user_name: name })], own)
  const bill = wxpay.v3.fundApp.mchTransfer.transferBills.outBillNo._out_bill_no_
  expect((await bill.get({ out_bill_no: '1' })).data.user_name).toBe('李四')
})
