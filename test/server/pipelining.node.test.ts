import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type HttpServer, listenHttp } from '../../src/server/http.ts'

// A client sends many requests over one connection without waiting for the responses.

let server: HttpServer
let socket: Socket
let received: string
let underway: number
let mostUnderway: number
let handled: string[]
/** Resolves when the handler may respond to a flood. */
let floodsMayEnd: Promise<unknown>
beforeEach(async () => {
  received = ''
  underway = 0
  mostUnderway = 0
  handled = []
  floodsMayEnd = Promise.resolve()
  server = await listenHttp({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url)
      handled.push(pathname)
      if (pathname !== '/genuine') mostUnderway = Math.max(mostUnderway, ++underway)
      const body = await request.text()
      await new Promise(resolve => setTimeout(resolve, 5))
      if (pathname === '/flood') await floodsMayEnd
      if (pathname !== '/genuine') underway--
      return new Response(`<${pathname}${body}>`)
    },
  })
  socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.on('data', data => {
    received += data
  })
})
afterEach(async () => {
  socket.destroy()
  await server.close()
})

const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`
const post = (path: string, body: string) =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`
const bodies = () => Array.from(received.matchAll(/<([^>]*)>/g), ([, body]) => body)

test('are answered one at a time and in their order, bodies too', async () => {
  const sent = [0, 1, 2, 3, 4, 5, 6, 7].map(at => (at % 2 ? get(`/${at}`) : post(`/${at}`, 'x'.repeat(at))))
  socket.write(sent.join(''))
  await expect.poll(bodies).toEqual(['/0', '/1', '/2xx', '/3', '/4xxxx', '/5', '/6xxxxxx', '/7'])
  expect(mostUnderway).toBe(1)
  // The connection is as good as before, also for a body that comes in pieces behind a request that is being answered.
  received = ''
  const long = 'y'.repeat(300_000)
  const pieces = get('/8') + post('/9', long)
  socket.write(pieces.slice(0, 200))
  setTimeout(() => socket.write(pieces.slice(200)), 3)
  await expect.poll(bodies).toEqual(['/8', `/9${long}`])
  expect(mostUnderway).toBe(1)
})

test('by the thousand cost the connection, and no more than a few are handled', async () => {
  socket.write(get('/flood').repeat(5_000))
  await expect.poll(() => socket.closed).toBe(true)
  expect(handled.length).toBeLessThan(20)
})

test('keep no other client waiting', async () => {
  let endFloods = () => {}
  floodsMayEnd = new Promise<void>(resolve => {
    endFloods = resolve
  })
  const floods = Array.from({ length: 5 }, () => connect(server.port, '127.0.0.1'))
  for (const flood of floods) {
    flood.on('error', () => {})
    flood.resume()
    flood.write(get('/flood').repeat(10))
  }
  const isFlood = (path: string) => path === '/flood'
  await expect.poll(() => handled.length).toBeGreaterThanOrEqual(floods.length)
  const response = await fetch(`http://127.0.0.1:${server.port}/genuine`)
  expect(await response.text()).toBe('</genuine>')
  // One request of each connection was begun before it; the others still wait.
  expect(handled).toEqual([...floods.map(() => '/flood'), '/genuine'])
  endFloods()
  await expect.poll(() => handled.filter(isFlood).length).toBe(10 * floods.length)
  expect(mostUnderway).toBe(floods.length)
  for (const flood of floods) flood.destroy()
})
