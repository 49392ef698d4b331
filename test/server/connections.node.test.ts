import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type HttpServer, listenHttp } from '../../src/server/http.ts'

// Somebody takes all connections of the server, over raw sockets, and a genuine client comes.

const MAX_CONNECTIONS = 20

let server: HttpServer
let release: () => void
let sockets: Socket[]
beforeEach(async () => {
  sockets = []
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  server = await listenHttp({
    hostname: '127.0.0.1',
    port: 0,
    maxConnections: MAX_CONNECTIONS,
    async fetch(request) {
      await request.arrayBuffer()
      if (new URL(request.url).pathname === '/hang') await released
      return new Response(null, { status: 204 })
    },
  })
})
afterEach(async () => {
  release()
  for (const socket of sockets) socket.destroy()
  await server.close()
})

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** A connection that sends a text; what it received by and by. */
async function open(text: string) {
  const socket = connect(server.port, '127.0.0.1')
  sockets.push(socket)
  const state = { socket, received: '' }
  socket.on('error', () => {})
  socket.on('data', data => {
    state.received += data
  })
  if (text) socket.write(text)
  await pause(10)
  return state
}

const request = (path: string, body = ''): string =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`

async function genuine(body = 'a body'): Promise<string> {
  const state = await open(request('/', body))
  await expect.poll(() => state.received !== '' || state.socket.closed).toBe(true)
  return state.received
}

const openOnes = async (count: number, text: string) => {
  const all = []
  for (let at = 0; at < count; at++) all.push(await open(text))
  return all
}

describe('when all connections are taken', () => {
  test('by silent ones, the one that was silent for the longest gives way, and a genuine client is answered', async () => {
    const silent = await openOnes(MAX_CONNECTIONS, '')
    expect(await genuine()).toMatch(/^HTTP\/1\.1 204 /)
    await expect
      .poll(() => silent.map(({ socket }) => socket.closed))
      .toEqual([true, ...Array(MAX_CONNECTIONS - 1).fill(false)])
  })

  test('by requests that are being answered, a genuine client is told so; it is not cut, and neither are they', async () => {
    const hanging = await openOnes(MAX_CONNECTIONS, request('/hang'))
    for (let turn = 0; turn < 5; turn++) {
      const answer = await genuine(turn % 2 ? '' : 'a body')
      expect(answer).toMatch(/^HTTP\/1\.1 503 /)
      expect(answer).toMatch(/retry-after: 5/i)
      expect(answer).toContain('"code":"BUSY"')
    }
    const [answering, refused] = [hanging.slice(0, MAX_CONNECTIONS * 0.9), hanging.slice(MAX_CONNECTIONS * 0.9)]
    for (const { received } of refused) expect(received).toMatch(/^HTTP\/1\.1 503 /)
    release()
    await expect.poll(() => answering.every(({ received }) => received.startsWith('HTTP/1.1 204 '))).toBe(true)
    expect(await genuine()).toMatch(/^HTTP\/1\.1 204 /)
  })

  test('by requests that are being answered and a stream of silent ones, a client that needs a moment is answered', async () => {
    const hanging = await openOnes(MAX_CONNECTIONS * 0.85, request('/hang'))
    await openOnes(10, '')
    const slow = await open(request('/', 'x').slice(0, -1))
    await openOnes(2, '')
    slow.socket.write('x')
    await expect.poll(() => slow.received).toMatch(/^HTTP\/1\.1 204 /)
    await openOnes(50, '')
    expect(hanging.filter(({ socket }) => socket.closed)).toEqual([])
  })
})
