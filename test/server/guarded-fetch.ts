import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { assert } from 'chai'
import { createGuardedFetch, type Resolve } from '../../src/server/guarded-fetch.ts'
import { type Case, includes, rejection } from '../conformance/case.ts'
import * as keys from './tls-keys.ts'

interface Target {
  readonly port: number
  /** How many connections arrived. */
  readonly connections: () => number
}

/** Runs beside a server on loopback. */
async function beside(
  listener: RequestListener,
  run: (target: Target) => Promise<void>,
  server: Server = createServer(listener),
) {
  let connections = 0
  server.on('connection', () => connections++)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  try {
    await run({ port, connections: () => connections })
  } finally {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
}
const besideTls = (run: (target: Target) => Promise<void>) =>
  beside(echo, run, createTlsServer({ key: keys.KEY, cert: keys.CERTIFICATE }, echo))

/** Answers with what it was sent. */
const echo: RequestListener = async (incoming, outgoing) => {
  const { method, url, headers } = incoming
  const body = (await buffer(incoming)).toString()
  outgoing.writeHead(202, { 'Content-Type': 'application/json' }).end(JSON.stringify({ method, url, headers, body }))
}

/** Every name has these addresses. */
const always =
  (...addresses: string[]): Resolve =>
  async () =>
    addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
const LOOPBACK = always('127.0.0.1')

async function refused(fetch: typeof globalThis.fetch, url: string, code = 'PRIVATE_ADDRESS'): Promise<void> {
  const error = await rejection(fetch(url, { method: 'POST', body: '{}' }))
  includes(error, { name: 'TypeError' })
  includes(error.cause, { code })
}

/** Cases that a runtime's `node:http` must pass for the guard to hold. */
export const guardedFetchCases: readonly Case[] = [
  {
    name: 'a name that resolves to a private address is refused, and no connection arrives',
    run: () =>
      beside(echo, async ({ port, connections }) => {
        const fetch = createGuardedFetch({ resolve: LOOPBACK })
        for (let time = 0; time < 2; time++) await refused(fetch, `http://shop.example.com:${port}/`)
        assert.equal(connections(), 0)
      }),
  },
  {
    name: 'a name is looked up once for all who ask meanwhile, and anew for who asks later',
    run: () =>
      beside(echo, async ({ port }) => {
        let lookups = 0
        const resolve: Resolve = async () => {
          lookups++
          await new Promise(done => setTimeout(done, 50))
          return [{ address: '127.0.0.1', family: 4 }]
        }
        const fetch = createGuardedFetch({ resolve, allowPrivate: true })
        const ask = () => fetch(`http://shop.example.com:${port}/`, { headers: { connection: 'close' } })
        const all = await Promise.all(Array.from({ length: 20 }, ask))
        assert.deepEqual([...new Set(all.map(({ status }) => status))], [202])
        assert.equal(lookups, 1)
        await Promise.all(all.map(response => response.text()))
        await new Promise(done => setTimeout(done, 100))
        await Promise.all(Array.from({ length: 30 }, async () => (await ask()).text()))
        assert.isAbove(lookups, 1)
      }),
  },
  {
    name: 'over TLS too',
    run: () =>
      besideTls(async ({ port, connections }) => {
        await refused(createGuardedFetch({ resolve: LOOPBACK, ca: keys.CA }), `https://shop.example.com:${port}/`)
        assert.equal(connections(), 0)
      }),
  },
  {
    name: 'a name of which one address is private is refused, whichever it is',
    run: () =>
      beside(echo, async ({ port, connections }) => {
        for (const resolve of [always('127.0.0.1', '8.8.8.8'), always('8.8.8.8', '::ffff:127.0.0.1'), always('::1')])
          await refused(createGuardedFetch({ resolve }), `http://shop.example.com:${port}/`)
        assert.equal(connections(), 0)
      }),
  },
  {
    name: 'private literals and names are refused without a look',
    run: () =>
      beside(echo, async ({ port, connections }) => {
        const fetch = createGuardedFetch({ resolve: () => Promise.reject(new Error('It looked.')) })
        for (const host of ['127.0.0.1', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]', 'localhost', 'localhost.', 'printer'])
          await refused(fetch, `http://${host}:${port}/`)
        assert.equal(connections(), 0)
      }),
  },
  {
    name: "without a resolver given the system's is asked",
    run: () =>
      beside(echo, async ({ port, connections }) => {
        // The one name that every system resolves without a network.
        const response = await createGuardedFetch({ allowPrivate: true })(`http://localhost:${port}/`)
        assert.deepEqual([response.status, connections()], [202, 1])
        await response.text()
      }),
  },
  {
    name: 'the connection goes to an address that was looked at, once, and names the host',
    run: () =>
      beside(echo, async ({ port, connections }) => {
        const looked: string[] = []
        const fetch = createGuardedFetch({
          allowPrivate: true,
          resolve: name => {
            looked.push(name)
            return LOOPBACK(name)
          },
        })
        const response = await fetch(`http://shop.example.com:${port}/hook?a=%20b`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', 'Webhook-Id': 'evt_1' },
          body: '{"name":"张三"}',
        })
        includes(response, { status: 202 })
        const { method, url, headers, body } = (await response.json()) as Record<string, never>
        includes({ method, url, body }, { method: 'POST', url: '/hook?a=%20b', body: '{"name":"张三"}' })
        includes(headers, {
          host: `shop.example.com:${port}`,
          'webhook-id': 'evt_1',
          'content-length': '17',
          'transfer-encoding': undefined,
        })
        assert.deepEqual([looked, connections()], [['shop.example.com'], 1])
      }),
  },
  {
    name: 'over TLS the certificate has to be that of the name, not of the address',
    run: () =>
      besideTls(async ({ port }) => {
        const fetch = createGuardedFetch({ allowPrivate: true, resolve: LOOPBACK, ca: keys.CA })
        const response = await fetch(`https://shop.example.com:${port}/`)
        includes(await response.json(), { method: 'GET', url: '/' })
        await rejection(fetch(`https://other.example.com:${port}/`))
        const untrusting = createGuardedFetch({ allowPrivate: true, resolve: LOOPBACK })
        await rejection(untrusting(`https://shop.example.com:${port}/`))
      }),
  },
  {
    name: 'a connection is used again, an answer without a body too',
    run: () =>
      beside(
        (incoming, outgoing) => {
          incoming.resume()
          outgoing.writeHead(incoming.url === '/none' ? 204 : 200).end()
        },
        async ({ port, connections }) => {
          const fetch = createGuardedFetch({ allowPrivate: true, resolve: LOOPBACK })
          for (const path of ['', 'none', 'none', '', 'none']) {
            const response = await fetch(`http://shop.example.com:${port}/${path}`, { method: 'POST', body: '{}' })
            assert.equal(await response.text(), '')
          }
          assert.equal(connections(), 1)
        },
      ),
  },
  {
    name: 'a redirect comes back as it is',
    run: () =>
      beside(
        (_, outgoing) => outgoing.writeHead(307, { Location: '/else' }).end(),
        async ({ port }) => {
          const fetch = createGuardedFetch({ allowPrivate: true, resolve: LOOPBACK })
          const response = await fetch(`http://shop.example.com:${port}/`, { redirect: 'manual' })
          assert.deepEqual([response.status, response.headers.get('location')], [307, '/else'])
          await response.text()
        },
      ),
  },
  {
    name: 'a signal ends what waits for an answer, and a body that still comes',
    run: () =>
      beside(
        (incoming, outgoing) => {
          if (incoming.url === '/body') outgoing.writeHead(200).write('half')
        },
        async ({ port }) => {
          const fetch = createGuardedFetch({ allowPrivate: true, resolve: LOOPBACK })
          const url = `http://shop.example.com:${port}`
          const reason = new Error('enough')
          const [first, second] = [new AbortController(), new AbortController()]
          const waiting = rejection(fetch(`${url}/silent`, { signal: first.signal }))
          first.abort(reason)
          assert.equal(await waiting, reason)
          assert.equal(await rejection(fetch(url, { signal: first.signal })), reason)
          const { body } = await fetch(`${url}/body`, { signal: second.signal })
          const reader = body!.getReader()
          assert.equal(new TextDecoder().decode((await reader.read()).value), 'half')
          const rest = rejection(reader.read())
          second.abort(reason)
          await rest
        },
      ),
  },
  {
    name: 'an answer that is none of HTTP, or has a status that no Response can have, is an error',
    async run() {
      for (const answer of ['HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n', 'SSH-2.0-OpenSSH_9.6\r\n']) {
        const listener: RequestListener = incoming => incoming.socket.end(answer)
        await beside(listener, async ({ port }) => {
          const fetch = createGuardedFetch({ allowPrivate: true, resolve: LOOPBACK })
          const error = await rejection(fetch(`http://shop.example.com:${port}/`, { method: 'POST', body: '{}' }))
          includes(error, { name: 'TypeError' })
        })
      }
    },
  },
  {
    name: 'what cannot be reached says why',
    async run() {
      const none = createGuardedFetch({ resolve: async () => [] })
      await refused(none, 'http://shop.example.com/', 'ENOTFOUND')
      let closed = 0
      await beside(echo, async ({ port }) => {
        closed = port
      })
      const fetch = createGuardedFetch({ allowPrivate: true, resolve: LOOPBACK })
      await refused(fetch, `http://shop.example.com:${closed}/`, 'ECONNREFUSED')
    },
  },
]
