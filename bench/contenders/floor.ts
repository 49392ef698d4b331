import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import type { Setting } from '../setting.ts'

const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }

/** Makes the minimal call: a bare `fetch`, a bare `subtle.sign` and a bare `subtle.verify`, without other checks. */
export function floor({ baseUrl, mchid, serial, merchant, platform, order }: Setting) {
  const signingKey = createPrivateKey(merchant.privateKey).toCryptoKey(RSA, false, ['sign']) as CryptoKey
  const verifyingKey = createPublicKey(platform.publicKey).toCryptoKey(RSA, false, ['verify']) as CryptoKey
  const path = 'v3/pay/transactions/native'

  return async () => {
    const body = JSON.stringify(order)
    const timestamp = Math.floor(Date.now() / 1000)
    const nonce = crypto.randomUUID()
    const text = Buffer.from(`POST\n/${path}\n${timestamp}\n${nonce}\n${body}\n`)
    const signature = Buffer.from(await crypto.subtle.sign(RSA.name, signingKey, text)).toString('base64')

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
    const responseSignature = Buffer.from(headers.get('wechatpay-signature')!, 'base64')
    if (!(await crypto.subtle.verify(RSA.name, verifyingKey, responseSignature, message)))
      throw new Error('not verified')
    return (JSON.parse(bytes.toString()) as { code_url: string }).code_url
  }
}

/**
 * Makes the minimal call with node:crypto, a template and a regular expression, since WebCrypto lacks MD5 and Node has
 * no XML parser.
 */
export function floorV2({ baseUrl, apiv2Key, orderV2 }: Setting) {
  return async () => {
    const fields = { ...orderV2, nonce_str: crypto.randomUUID().replaceAll('-', '') }
    const body = xmlOf({ ...fields, sign: signV2(fields, apiv2Key) })
    const headers = { 'content-type': 'text/xml' }
    const text = await (await fetch(`${baseUrl}pay/unifiedorder`, { method: 'POST', headers, body })).text()
    const response = fieldsOf(text)
    if (signV2(response, apiv2Key) !== response.sign) throw new Error('not verified')
    return response.code_url!
  }
}

export function signV2(fields: Readonly<Record<string, string>>, key: string): string {
  const names = Object.keys(fields).filter(name => name !== 'sign' && fields[name])
  const text = names.sort().map(name => `${name}=${fields[name]}`)
  return createHash('md5')
    .update(`${text.join('&')}&key=${key}`)
    .digest('hex')
    .toUpperCase()
}

export const xmlOf = (fields: Readonly<Record<string, string>>): string =>
  `<xml>${Object.entries(fields)
    .map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`)
    .join('')}</xml>`

const fieldsOf = (xml: string): Record<string, string> =>
  Object.fromEntries(Array.from(xml.matchAll(/<(\w+)><!\[CDATA\[(.*?)\]\]>/g), ([, name, value]) => [name!, value!]))
