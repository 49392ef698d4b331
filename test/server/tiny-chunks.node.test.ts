import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { byteSourceOf, readBounded } from '../../src/core/base/read-bounded.ts'
import { boundChunks } from '../../src/server/chunk-bound.ts'
import { listenHttp, type RequestOrigin } from '../../src/server/http.ts'

// A stranger sends bodies in chunks of one byte, each of which costs the server as much as one of a kilobyte.

const MAX = 1024 * 1024
const REFUSED = /^HTTP\/1\.1 400 Bad Request\r\n.*\r\nConnection: close\r\n\r\n\{[^\r]*"code":"TINY_CHUNKS"[^\r]*\}$/s

/** A server that reads the body of `/read` and drops that of any other path; and the reads and reports so far. */
async function listen() {
  const counts = { reads: 0, reports: 0, errors: [] as string[], origins: [] as RequestOrigin[] }
  const server = await listenHttp({
    hostname: '127.0.0.1',
    port: 0,
    onTinyChunks(origin) {
      counts.reports++
      counts.origins.push(origin)
    },
    async fetch(request) {
      if (new URL(request.url).pathname !== '/read') {
        await new Promise(resolve => setTimeout(resolve, 50))
        return new Response('dropped')
      }
      const body = await readBounded(byteSourceOf(request), MAX, () => counts.reads++).catch((error: Error) => {
        counts.errors.push(error.message)
        throw error
      })
      return Response.json(body!.length)
    },
  })
  onTestFinished(server.close)
  return { port: server.port, counts }
}

/** Sends a body in chunks, and returns what comes back until the connection closes. */
function send(port: number, path: string, chunks: readonly string[]): Promise<string> {
  const body = chunks.map(chunk => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    let received = ''
    socket.on('data', data => {
      received += data
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(received))
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n${body}0\r\n\r\n`,
    )
  })
}

test('a body of one-byte chunks costs its client the connection after some hundreds of them', async () => {
  const { port, counts } = await listen()
  expect(await send(port, '/read?token=secret', Array(65_000).fill('x'))).toMatch(REFUSED)
  await expect
    .poll(() => counts.errors)
    .toEqual([expect.stringMatching(/^TINY_CHUNKS: The body came in tiny chunks: 277 /)])
  expect(counts.reads).toBeLessThanOrEqual(276)
  expect(counts.origins).toEqual([{ address: '127.0.0.1', path: '/read' }])
})

test('after a response has begun, nothing but the end of the connection follows', async () => {
  const { port } = await listen()
  const received = await new Promise<string>(resolve => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.on('data', data => {
      text += data
      socket.write('1\r\nx\r\n'.repeat(2000))
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
    socket.write('POST /dropped HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n')
  })
  expect(received).toMatch(/^HTTP\/1\.1 200 .*dropped$/s)
})

test('a request that waits for the response to another gets none', async () => {
  const { port, counts } = await listen()
  const received = await new Promise<string>(resolve => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.on('data', data => {
      text += data
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
    socket.write(
      `POST /dropped HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\nPOST /read HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(2000)}`,
    )
  })
  expect([received, counts.reports]).toEqual(['', 1])
})

test('a client that goes on sending loses the connection after a while', async () => {
  const { port } = await listen()
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const closed = new Promise(resolve => socket.on('close', resolve))
  socket.on('error', () => {})
  socket.resume()
  socket.write(`POST /read HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(2000)}`)
  const timer = setInterval(() => socket.write('1\r\nx\r\n'), 20)
  onTestFinished(() => clearInterval(timer))
  await closed
})

test('the connection is also closed if nothing reads the body', async () => {
  const { port, counts } = await listen()
  expect(await send(port, '/dropped', Array(2000).fill('x'))).toMatch(REFUSED)
  expect(counts.reports).toBe(1)
})

test.each([true, false])('a message is refused once, although more chunks follow (response: %s)', async responds => {
  const onExcess = vi.fn<Parameters<typeof boundChunks>[0]>(({ socket }) => {
    if (responds) setImmediate(() => socket.destroy())
    return responds
  })
  const server = createServer({ IncomingMessage: boundChunks(onExcess) }, incoming => incoming.resume())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  await send((server.address() as AddressInfo).port, '/', Array(2000).fill('x'))
  expect(onExcess).toHaveBeenCalledOnce()
})

test('many connections at once are reported once', async () => {
  const { port, counts } = await listen()
  const received = await Promise.all(Array.from({ length: 10 }, () => send(port, '/read', Array(5000).fill('x'))))
  expect(received).toEqual(Array(10).fill(expect.stringMatching(REFUSED)))
  expect(counts.reports).toBe(1)
})

test.each([
  ['of one byte, if they are few', Array(200).fill('x')],
  ['of a hundred bytes, however many they are', Array(5000).fill('x'.repeat(100))],
  ['of one byte within larger ones', Array.from({ length: 4000 }, (_, at) => 'x'.repeat(at % 2 ? 1 : 200))],
])('a client may send chunks %s', async (_, chunks) => {
  const { port, counts } = await listen()
  const received = await send(port, '/read', chunks)
  expect(received).toMatch(/^HTTP\/1\.1 200 /)
  expect(received).toContain(`\r\n\r\n${chunks.join('').length}`)
  expect(counts.reports).toBe(0)
})

test('requests on one connection share the bound', async () => {
  const { port, counts } = await listen()
  const body = `1\r\nx\r\n`.repeat(150)
  const one = `POST /read HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n${body}0\r\n\r\n`
  const received = await new Promise<string>(resolve => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.on('data', data => {
      text += data
      socket.write(one)
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
    socket.write(one)
  })
  expect([received.match(/HTTP\/1\.1 \d+/g), counts.reports]).toEqual([['HTTP/1.1 200', 'HTTP/1.1 400'], 1])
})

test('a body with its length may arrive in pieces of any size', async () => {
  const { port, counts } = await listen()
  const received = await new Promise<string>(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.setNoDelay(true)
    socket.once('data', data => resolve(String(data)))
    socket.write('POST /read HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 1500\r\n\r\n')
    let left = 1500
    const next = (): void => {
      if (left-- > 0) socket.write('x', () => setImmediate(next))
    }
    next()
  })
  expect(received).toMatch(/^HTTP\/1\.1 200 /)
  expect(counts.reports).toBe(0)
})
