import { once } from 'node:events'
import { Agent, createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHttpFetch } from '../../src/adapters/http-fetch.ts'
import { nodeFetch } from '../../src/adapters/node-fetch.ts'
import { byteSourceOf, readBounded } from '../../src/core/base/read-bounded.ts'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

/** Large enough that the connection of a response that nobody reads is paused. */
const SIZE = 3_000_000
const BODY = Buffer.from(Array.from({ length: SIZE }, (_, at) => (at * at * 7919) % 251))
const GZIPPED = gzipSync(BODY, { level: 0 })
const COUNT = 40

let server: Server
let url: string
const sockets = new Set<Socket>()
let connections = 0
/** Connections that may stay open, where collections are late: without them nearly all of {@link COUNT} do. */
const FEW = 8

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/gzip') response.setHeader('content-encoding', 'gzip').end(GZIPPED)
    else response.end(BODY)
  }).listen(0, '127.0.0.1')
  server.on('connection', socket => {
    sockets.add(socket)
    connections++
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  })
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const INIT = { method: 'GET', redirect: 'manual', headers: {} } as const

/** Sends requests, and drops what `use` leaves of their responses. Returns the connections that are open afterwards. */
async function countOpen(
  send: typeof fetch,
  path: string,
  use: (response: Response) => unknown = () => {},
): Promise<number> {
  server.closeAllConnections()
  await expect.poll(() => sockets.size).toBe(0)
  connections = 0
  await Promise.all(
    Array.from({ length: COUNT }, async () => {
      await use(await send(url + path, INIT))
    }),
  )
  // Some may have been freed already.
  expect(connections).toBeGreaterThanOrEqual(COUNT)
  for (let left = 100; left > 0 && sockets.size > 1; left--) {
    gc()
    await pause(50)
  }
  return sockets.size
}

describe('responses that are dropped', () => {
  it.each(['/', '/gzip'])('free their connections unread as those of fetch do: %s', async path => {
    expect(await countOpen(fetch, path)).toBeLessThanOrEqual(FEW)
    expect(await countOpen(nodeFetch, path)).toBeLessThanOrEqual(FEW)
  })

  it.each(['/', '/gzip'])('free the connections of node:http, too: %s', async path => {
    const agents = { http: new Agent(), https: new Agent() as never }
    expect(await countOpen(createHttpFetch({ agents, decompress: true }), path)).toBeLessThanOrEqual(FEW)
  })

  it('free their connections if their body was taken but not read', async () => {
    expect(await countOpen(nodeFetch, '/', response => void byteSourceOf(response)!.getReader())).toBeLessThanOrEqual(
      FEW,
    )
  })

  it.each(['/', '/gzip'])('free their connections if a part of their body was read: %s', async path => {
    const readPart = async (response: Response) => void (await response.body!.getReader().read())
    expect(await countOpen(nodeFetch, path, readPart)).toBeLessThanOrEqual(FEW)
  })
})

describe('a response that is kept', () => {
  it.each<[string, (response: Response) => () => Promise<number>]>([
    ['itself', response => async () => (await response.arrayBuffer()).byteLength],
    [
      'as a stream',
      ({ body }) =>
        async () =>
          (await new Response(body).arrayBuffer()).byteLength,
    ],
    [
      'as a source of bytes',
      response => {
        const source = byteSourceOf(response)!
        return async () => (await readBounded(source, SIZE))!.length
      },
    ],
  ])('is read completely after collections: %s', async (_, keep) => {
    const read = keep(await nodeFetch(`${url}/`, INIT))
    for (let left = 10; left > 0; left--) {
      gc()
      await pause(10)
    }
    const reading = read()
    gc()
    expect(await reading).toBe(SIZE)
  })
})
