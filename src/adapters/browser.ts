/**
 * For web pages: tools that verify, decrypt, read and sign messages for local debugging, and a client that calls WeChat
 * Pay through your own gateway.
 *
 * **A merchant's private key, APIv3 key or APIv2 key does not belong in a web page: anybody who opens the page can read
 * it and take the merchant's money.** `sign`, `signFields`, `decrypt` and `decryptRefund` require such keys: use them
 * only on a page that nobody else opens, with test keys, and never deploy that page.
 */

export { GatewayError } from '../core/client/gateway-call.ts'
export { parseXml, stringifyXml, type XmlFields, type XmlInputFields } from '../core/codec/xml.ts'
export type { GcmCiphertext } from '../core/crypto/aes.ts'
export { type GatewayClient, type GatewayOptions, wechatpay } from './gateway-client.ts'
export { decrypt, decryptRefund, type SavedMessage, sign, signFields, verify } from './inspect.ts'
