// A minimal WeChat Pay in its own process: one constant response per API; that of APIv3 is signed again every minute.
import { sign } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CannedResponse } from './start-server.ts'

const { body, xml, serial, key } = JSON.parse(process.env.RESPONSE!) as CannedResponse
/** Milliseconds; well within the 5 minutes for which a response is accepted. */
const REFRESH = 60_000
const XML_HEADERS = { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(xml) }

let headers = signedHeaders()
setInterval(() => {
  headers = signedHeaders()
}, REFRESH)

function signedHeaders(): Record<string, string | number> {
  const timestamp = Math.floor(Date.now() / 1000)
  const nonce = 'c5ac7061fccab6bf3e254dcf98995b8c'
  return {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'request-id': '08F78BB5AF0610D302189F9FDB5620E2F38703',
    'wechatpay-timestamp': timestamp,
    'wechatpay-nonce': nonce,
    'wechatpay-serial': serial,
    'wechatpay-signature': sign('sha256', Buffer.from(`${timestamp}\n${nonce}\n${body}\n`), key).toString('base64'),
  }
}

const server = createServer((request, response) => {
  const { method, url } = request
  request.resume().once('end', () => {
    if (method !== 'POST') response.writeHead(405).end()
    else if (url === '/v3/pay/transactions/native') response.writeHead(200, headers).end(body)
    else if (url === '/pay/unifiedorder') response.writeHead(200, XML_HEADERS).end(xml)
    else response.writeHead(404).end()
  })
})
server.keepAliveTimeout = REFRESH
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port))
process.once('disconnect', () => process.exit())
