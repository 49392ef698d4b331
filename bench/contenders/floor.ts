import { createPrivateKey, createPublicKey } from 'node:crypto'
import type { Setting } from '../setting.ts'

const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }

/** What no client can do without: a bare `fetch`, a bare `subtle.sign`, a bare `subtle.verify`. Nothing else is checked. */
export function floor({ baseUrl, mchid, serial, merchant, platform, order }: Setting) {
  const signingKey = createPrivateKey(merchant.privateKey).toCryptoKey(RSA, false, ['sign']) as CryptoKey
  const verifyingKey = createPublicKey(platform.publicKey).toCryptoKey(RSA, false, ['verify']) as CryptoKey
  const path = 'v3/pay/transactions/native'

  return async () => {
    const body = JSON.stringify(order)
    const timestamp = Math.floor(Date.now() / 1000)
    const nonce = crypto.randomUUID()
    const request = Buffer.from(`POST\n/${path}\n${timestamp}\n${nonce}\n${body}\n`)
    const signature = Buffer.from(await crypto.subtle.sign(RSA.name, signingKey, request)).toString('base64')

    const response = await fetch(baseUrl + path, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        authorization: `WECHATPAY2-SHA256-RSA2048 mchid="${mchid}",nonce_str="${nonce}",timestamp="${timestamp}",serial_no="${serial}",signature="${signature}"`,
      },
      body,
    })

    const bytes = Buffer.from(await response.arrayBuffer())
    const { headers } = response
    const lines = `${headers.get('wechatpay-timestamp')}\n${headers.get('wechatpay-nonce')}\n`
    const message = Buffer.concat([Buffer.from(lines), bytes, Buffer.from('\n')])
    const answered = Buffer.from(headers.get('wechatpay-signature')!, 'base64')
    if (!(await crypto.subtle.verify(RSA.name, verifyingKey, answered, message))) throw new Error('not verified')
    return (JSON.parse(bytes.toString()) as { code_url: string }).code_url
  }
}
