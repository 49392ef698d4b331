/**
 * For web pages: tools that verify, open, read and sign messages while one debugs on one's own machine, and a client that
 * calls WeChat Pay by way of one's own gateway.
 *
 * **A merchant's private key, APIv3 key or APIv2 key does not belong in a web page. Whoever opens the page has it, and with
 * it the merchant's money.** `sign`, `signFields`, `decrypt` and `decryptRefund` take such keys: use them on a page that
 * nobody but you opens, with keys of a test, and never ship that page.
 */

export { parseXml, stringifyXml, type XmlFields, type XmlInputFields } from '../core/codec/xml.ts'
export type { Sealed } from '../core/crypto/aes.ts'
export { GatewayError } from '../core/gateway-call.ts'
export { type GatewayClient, type GatewayOptions, wechatpay } from './gateway-client.ts'
export { decrypt, decryptRefund, type SavedMessage, sign, signFields, verify } from './inspect.ts'
