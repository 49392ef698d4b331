import { createConnection } from 'node:net'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type SimulatorServer, startSimulatorServer } from '../../peers/simulator-server.ts'

// Whatever comes over the wire: the server answers or hangs up, and serves the next one.

let simulated: SimulatorServer
beforeAll(async () => {
  simulated = await startSimulatorServer()
})
afterAll(() => simulated[Symbol.asyncDispose]())

async function send(bytes: Buffer): Promise<string> {
  const { hostname, port } = new URL(simulated.url)
  const socket = createConnection(Number(port), hostname)
  socket.on('error', () => {})
  socket.end(bytes)
  return text(socket).catch(() => '')
}
const answered = /^(HTTP\/1\.1 \d{3} |$)/

it('answers bytes of any kind with HTTP or closes, and goes on', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async bytes => {
      expect(await send(Buffer.from(bytes))).toMatch(answered)
    }),
    { numRuns: 150 },
  )
  expect(await simulated.control('')).toMatchObject({ mchid: simulated.mchid })
})

it('answers malformed requests with HTTP or closes, and goes on', async () => {
  const piece = fc.constantFrom(
    'GET',
    'POST',
    'PATCH',
    'TRACE',
    'OPTIONS',
    'PRI',
    ' ',
    '\r\n',
    '\r\n\r\n',
    'HTTP/1.1',
    'HTTP/1.0',
    'HTTP/2.0',
    '*',
    '/v3/certificates',
    '/simulator/pay',
    '/simulator/%',
    '//',
    '?',
    '/pay/unifiedorder',
    'http://[',
    '/v3/..',
    '\xff',
    'Content-Length: 5',
    'Content-Length: -1',
    'Transfer-Encoding: chunked',
    'Expect: x',
    'Upgrade: h2c',
    'Host: [',
    'Connection: upgrade',
    'Content-Encoding: gzip',
    'Authorization: WECHATPAY2-SHA256-RSA2048 mchid="',
    '<xml>',
    '{',
    '\0',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async pieces => {
      expect(await send(Buffer.from(pieces.join(''), 'latin1'))).toMatch(answered)
    }),
    { numRuns: 300 },
  )
  expect(await simulated.control('')).toMatchObject({ mchid: simulated.mchid })
})

it('answers bodies of any kind below 500, in both APIs and in the control surface', async () => {
  const path = fc.constantFrom(
    '/v3/pay/transactions/native',
    '/pay/unifiedorder',
    '/secapi/pay/refund',
    '/simulator/pay',
    '/simulator/faults',
    '/simulator/notifications',
  )
  const body = fc.oneof(
    fc.uint8Array(),
    fc.json().map(json => Buffer.from(json)),
    fc.string().map(xml => Buffer.from(`<xml>${xml}</xml>`)),
  )
  const type = fc.constantFrom(
    'application/json',
    'text/xml',
    'multipart/form-data; boundary=x',
    'application/json; charset=gbk',
  )
  await fc.assert(
    fc.asyncProperty(path, body, type, async (path, body, type) => {
      const headers = { 'Content-Type': type, Authorization: 'WECHATPAY2-SHA256-RSA2048 mchid="1"' }
      const { status } = await fetch(simulated.url + path, { method: 'POST', body: new Uint8Array(body), headers })
      expect(status).toBeLessThan(500)
    }),
    { numRuns: 200 },
  )
})
