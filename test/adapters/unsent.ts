import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { assert } from 'chai'
import { Wechatpay } from '../../src/core/index.ts'
import { type Case, rejection } from '../conformance/case.ts'
import { CERTIFICATE, OTHER_CERTIFICATE, PRIVATE_KEY } from '../fixtures/keys.ts'
import { freePort } from '../free-port.ts'

const ORDER = {
  appid: 'wxd678efh567hg6787',
  mchid: '1900000109',
  out_trade_no: 'T1000001',
  description: '茶',
  notify_url: 'https://example.com/',
  amount: { total: 1 },
}

/** A server, and how many requests have reached it. */
interface Service {
  readonly url: string
  readonly arrived: () => number
  readonly close: () => Promise<void>
}
async function open(server: Server, protocol: 'http' | 'https', arrived: () => number): Promise<Service> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `${protocol}://127.0.0.1:${port}/`,
    arrived,
    close: () => new Promise(resolve => server.close(() => resolve())),
  }
}

/** Services that get no request, by why they get none. */
const UNREACHABLE: Readonly<Record<string, () => Promise<Service>>> = {
  'nobody listens at the port': async () => ({
    url: `http://127.0.0.1:${await freePort()}/`,
    arrived: () => 0,
    close: async () => {},
  }),
  'the name does not resolve': async () => ({ url: 'http://nobody.invalid/', arrived: () => 0, close: async () => {} }),
  async 'nobody trusts the certificate'() {
    let count = 0
    const server = createHttpsServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, (_, response) => {
      count++
      response.end()
    })
    return open(server, 'https', () => count)
  },
  async 'the service speaks HTTP without TLS'() {
    let count = 0
    const server = createHttpServer((_, response) => {
      count++
      response.end()
    })
    return open(server, 'https', () => count)
  },
  async 'the service answers the handshake with something else'() {
    const server = createServer(
      socket => void socket.on('error', () => {}).once('data', () => socket.end('SSH-2.0\r\n')),
    )
    return open(server, 'https', () => 0)
  },
}

/** As well, for runtimes that say whether a connection ended within the handshake. Bun does not. */
const ENDING_THE_HANDSHAKE: typeof UNREACHABLE = {
  async 'the service ends the handshake'() {
    const server = createServer(socket => void socket.on('error', () => {}).once('data', () => socket.destroy()))
    return open(server, 'https', () => 0)
  },
}

/** Services that break the connection when a request, or a part of it, may have arrived. */
const BREAKING: Readonly<Record<string, () => Promise<Service>>> = {
  async 'the connection is closed when the request has arrived'() {
    let count = 0
    const server = createHttpServer(request => {
      count++
      request.resume().on('end', () => request.socket.destroy())
    })
    return open(server, 'http', () => count)
  },
  async 'the connection is reset when the request has arrived'() {
    let count = 0
    const server = createHttpServer(request => {
      count++
      request.resume().on('end', () => request.socket.resetAndDestroy())
    })
    return open(server, 'http', () => count)
  },
  async 'the connection is closed before a byte was read'() {
    return open(
      createServer(socket => void socket.on('error', () => {}).destroy()),
      'http',
      () => 0,
    )
  },
  async 'the service ends, and refuses connections, when the request has arrived on a connection used before'() {
    let count = 0
    const server = createHttpServer((request, response) => {
      count++
      if (request.method === 'GET') return response.writeHead(404).end('{}')
      server.close()
      return request.resume().on('end', () => request.socket.destroy())
    })
    return { ...(await open(server, 'http', () => count)), close: async () => void server.close() }
  },
}

/**
 * Calls that change something, and get no answer, over real sockets.
 *
 * @param transports each runtime's `fetch` that its adapter gives a client
 */
export function unsentCases(
  transports: readonly { readonly name: string; readonly fetch: typeof fetch }[],
): readonly Case[] {
  return transports.flatMap(({ name, fetch }) => {
    const clientFor = (baseUrl: string) =>
      new Wechatpay({
        mchid: '1900000109',
        privateKey: PRIVATE_KEY,
        certificate: CERTIFICATE,
        platformKeys: { FF: OTHER_CERTIFICATE },
        baseUrl,
        fetch,
        retry: false,
      })
    const errorOf = async (openService: () => Promise<Service>) => {
      const { url, arrived, close } = await openService()
      try {
        const wxpay = clientFor(url)
        // Leaves a connection behind, where there is one.
        await wxpay.request('GET', 'v3/certificates').catch(() => {})
        const before = arrived()
        const error = await rejection(wxpay.v3.pay.transactions.native.post(ORDER))
        const { code, mayHaveTakenEffect, message } = error as Error & { code: string; mayHaveTakenEffect: boolean }
        return { code, mayHaveTakenEffect, message, arrived: arrived() - before, host: new URL(url).host }
      } finally {
        await close()
      }
    }
    return [
      ...Object.entries({ ...UNREACHABLE, ...('bun' in process.versions ? {} : ENDING_THE_HANDSHAKE) }).map(
        ([why, openService]) => ({
          name: `${name}: nothing was sent where ${why}, and the error says so`,
          async run() {
            const { host, message, ...error } = await errorOf(openService)
            assert.deepEqual(error, { code: 'NETWORK_ERROR', mayHaveTakenEffect: false, arrived: 0 })
            assert.include(message, host)
            assert.match(
              message,
              /so nothing was sent\.( It speaks no https: does its address begin with http:\/\/\?)?$/,
            )
          },
        }),
      ),
      ...Object.entries(BREAKING).map(([why, openService]) => ({
        name: `${name}: a call is in doubt where ${why}`,
        async run() {
          const { code, mayHaveTakenEffect } = await errorOf(openService)
          assert.deepEqual([code, mayHaveTakenEffect], ['NETWORK_ERROR', true])
        },
      })),
    ]
  })
}
