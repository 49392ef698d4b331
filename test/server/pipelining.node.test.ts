import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
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
  // Of these the server would hold thousands until the requests before them are answered.
  expect(handled).toEqual(['/flood'])
})

test('beyond what may wait are dropped, and those before are answered, the last with the end of the connection', async () => {
  const sent = Array.from({ length: 20 }, (_, at) => `/${at}`)
  socket.write(sent.map(path => post(path, 'x')).join(''))
  await expect.poll(() => socket.closed).toBe(true)
  const answered = sent.slice(0, 17)
  expect(bodies()).toEqual(answered.map(path => `${path}x`))
  expect(handled).toEqual(answered)
  const closing = received.split('HTTP/1.1 ').map(response => /^connection: close\r$/im.test(response))
  expect(closing.indexOf(true)).toBe(answered.length)
})

test('beyond what may wait are dropped also if they are more than one read of 64 KiB', async () => {
  const body = 'x'.repeat(2_500)
  const sent = Array.from({ length: 60 }, (_, at) => `/${at}`)
  socket.write(sent.map(path => post(path, body)).join(''))
  await expect.poll(() => socket.closed).toBe(true)
  expect(bodies()).toEqual(sent.slice(0, 17).map(path => `${path}${body}`))
  expect(handled).toEqual(sent.slice(0, 17))
})

test('that are dropped have no time limit, which would end those that are answered', async () => {
  let responses = 0
  const slow = await listenHttp({
    hostname: '127.0.0.1',
    port: 0,
    requestTimeout: 500,
    async fetch() {
      // The limit has passed, and was checked, before the first response.
      if (responses++ === 0) await new Promise(resolve => setTimeout(resolve, 1_200))
      return new Response('<answered>')
    },
  })
  const client = connect(slow.port, '127.0.0.1')
  client.on('error', () => {})
  client.on('data', data => {
    received += data
  })
  client.write(post('/', 'x'.repeat(2_500)).repeat(60))
  await expect.poll(() => client.closed).toBe(true)
  expect(bodies()).toHaveLength(17)
  await slow.close()
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

test.each(['bun', 'deno'])(
  '%s answers what may wait, and closes the connection of a flood after few',
  async runtime => {
    const run = runtime === 'deno' ? ['run', '--no-check', '--allow-all'] : []
    const child = spawn(`node_modules/.bin/${runtime}`, [...run, 'test/server/pipelining-server.ts'])
    try {
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
      /** Sends so many requests at once, and counts the responses until the connection closes, or has nothing more to say. */
      const answered = async (count: number): Promise<number> => {
        const socket = connect(Number(line), '127.0.0.1')
        let text = ''
        socket.setEncoding('utf8').on('data', data => {
          text += data
          if (text.split('HTTP/1.1 200').length > count) socket.destroy()
        })
        socket.on('error', () => {})
        socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}'.repeat(count))
        await new Promise(resolve => socket.once('close', resolve))
        return text.split('HTTP/1.1 200').length - 1
      }
      expect(await answered(10)).toBe(10)
      expect(await answered(5_000)).toBeLessThan(100)
    } finally {
      child.kill()
    }
  },
)
