import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { constants, deflateRawSync } from 'node:zlib'
import { assert } from 'chai'
import { Wechatpay } from '../../src/core/index.ts'
import { type Case, includes, rejection } from '../conformance/case.ts'
import * as keys from '../fixtures/keys.ts'

// An access point that has gone mad, or that somebody else plays: its answers do not end. Over real sockets, so that what a
// runtime's own `fetch` holds back is counted too.

const MEBI = 2 ** 20
/**
 * Bytes that the process may grow by: the bound is 4 MiB, and each runtime has buffers of its own. Bun unpacks what it has read
 * from the socket at once, some hundred KB, and a bomb is a thousand times as large unpacked.
 */
const MAX_GROWTH = { plain: 160 * MEBI, packed: 900 * MEBI }
/** Bytes after which the server gives up, so that a client without a bound does not take the machine. */
const GIVE_UP = 1536 * MEBI

/** A deflate block of a MiB of blanks, which may be repeated without end: it is flushed, and not the last. */
const block = deflateRawSync(Buffer.alloc(MEBI, ' '), { finishFlush: constants.Z_FULL_FLUSH })
const GZIP_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])

/** Writes the same chunk for as long as somebody reads it. */
function flood(outgoing: ServerResponse, chunk: Buffer, unpacked: number): void {
  let sent = 0
  const go = () => {
    while (sent < GIVE_UP && !outgoing.destroyed) {
      sent += unpacked
      if (!outgoing.write(chunk)) return void outgoing.once('drain', go)
    }
    outgoing.end()
  }
  go()
}

async function againstFlood(path: string, work: (wxpay: Wechatpay) => Promise<void>): Promise<void> {
  const [, status, kind] = path.split('/')
  const isPacked = kind === 'gzip'
  const server = createServer((_, outgoing) => {
    outgoing.writeHead(Number(status), {
      'content-type': 'application/json',
      ...(isPacked && { 'content-encoding': 'gzip' }),
    })
    if (isPacked) outgoing.write(GZIP_HEADER)
    const chunk = isPacked ? block : Buffer.alloc(65_536, ' ')
    flood(outgoing, chunk, isPacked ? MEBI : chunk.length)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const wxpay = new Wechatpay({
    mchid: '1900000109',
    serial: 'ABCD',
    privateKey: keys.PRIVATE_KEY,
    apiv3Key: '0123456789abcdef0123456789abcdef',
    apiv2Key: '192006250b4c09247ec02edce69f6a2d',
    ...(kind !== 'certificates' && { platformKeys: { FF01: keys.OTHER_CERTIFICATE } }),
    baseUrl: `http://127.0.0.1:${port}/`,
    timeout: 20_000,
    retry: { delay: () => 0 },
  })
  const before = process.memoryUsage().rss
  let most = before
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss)
  }, 10)
  try {
    await work(wxpay)
    assert.isBelow(most - before, MAX_GROWTH[isPacked ? 'packed' : 'plain'], 'bytes that the process has grown by')
  } finally {
    clearInterval(timer)
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
}

const query = (wxpay: Wechatpay) => wxpay.request('GET', 'v3/pay/transactions/id/1')
const order = (wxpay: Wechatpay) => wxpay.request('POST', 'v3/pay/transactions/native', { body: {} })
const orderV2 = (wxpay: Wechatpay) => wxpay.request('POST', 'v2/pay/unifiedorder', { body: {} })

const rows: [name: string, path: string, call: typeof query, bound: number, mayHaveTakenEffect: boolean][] = [
  ['an answer', '/200/plain', query, 4 * MEBI, false],
  ['the answer to an order', '/200/plain', order, 4 * MEBI, true],
  ['an error', '/502/plain', query, 4 * MEBI, false],
  ['an APIv2 answer', '/200/plain', orderV2, MEBI, true],
  ['the list of certificates', '/200/certificates', query, MEBI / 4, false],
  ['a packed answer (a bomb)', '/200/gzip', query, 4 * MEBI, false],
  ['a packed APIv2 answer', '/200/gzip', orderV2, MEBI, true],
]

export const endlessAnswerCases: readonly Case[] = rows.map(([name, path, call, bound, mayHaveTakenEffect]) => ({
  name: `${name} that does not end is read no further than its bound, which the error names`,
  run: () =>
    againstFlood(path, async wxpay => {
      const error = await rejection(call(wxpay))
      includes(error, { name: 'TransportError', code: 'RESPONSE_TOO_LARGE', mayHaveTakenEffect })
      assert.include(error.message, ` ${bound} bytes`)
    }),
}))
