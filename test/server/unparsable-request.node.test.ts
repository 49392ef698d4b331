import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { readBody } from '../../src/gateway/body/read-body.ts'
import { problemOf } from '../../src/gateway/problem.ts'
import { listenHttp } from '../../src/server/http.ts'

/** A server that reads the body of each request but `/stream`, whose response begins at once and never ends; and why reading failed. */
async function listen() {
  const codes: string[] = []
  const server = await listenHttp({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      if (new URL(request.url).pathname === '/stream')
        return new Response(new ReadableStream({ start: it => it.enqueue(new TextEncoder().encode('begun')) }))
      try {
        return Response.json((await readBody(request, 1024)).length)
      } catch (error) {
        codes.push(problemOf(error).code)
        throw error
      }
    },
  })
  onTestFinished(server.close)
  return { port: server.port, codes }
}

/**
 * Sends a text and the end of the client's side of the connection, which stays open for the response.
 *
 * @param rest sent before the end, once the response has `waitFor`
 */
function sendAndEnd(port: number, text: string, waitFor?: string, rest = ''): Promise<string> {
  return new Promise(resolve => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    let received = ''
    let isEnded = false
    const end = () => {
      if (isEnded || (waitFor !== undefined && !received.includes(waitFor))) return
      isEnded = true
      socket.end(rest)
    }
    socket.on('data', data => {
      received += data
      end()
    })
    socket.on('error', () => {})
    socket.on('end', () => socket.end())
    socket.on('close', () => resolve(received))
    socket.write(text, end)
  })
}

const REFUSED =
  /^HTTP\/1\.1 400 Bad Request\r\n.*Wechatpay-Edge-Error: BODY_CUT_SHORT\r\n.*\r\nConnection: close\r\n\r\n\{[^\r]*"code":"BODY_CUT_SHORT"[^\r]*\}$/s

test.each([
  ['of a declared length', 'content-length: 10\r\n\r\n{"a"'],
  ['in chunks', 'transfer-encoding: chunked\r\n\r\n4\r\n{"a"\r\n'],
  ['of which nothing has arrived', 'content-length: 10\r\n\r\n'],
])('a client that ends its side within a body %s is told so, and its reader too', async (_, rest) => {
  const { port, codes } = await listen()
  expect(await sendAndEnd(port, `POST /read HTTP/1.1\r\nhost: x\r\n${rest}`)).toMatch(REFUSED)
  await expect.poll(() => codes).toEqual(['BODY_CUT_SHORT'])
})

test('a body that breaks off behind a request that was answered is refused as well', async () => {
  const { port } = await listen()
  const begun = 'POST /read HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}'
  const received = await sendAndEnd(port, begun + begun.slice(0, -1), '\r\n\r\n2')
  expect(received.slice(received.lastIndexOf('HTTP/1.1'))).toMatch(REFUSED)
})

test('nothing is written into a response that has begun', async () => {
  const { port } = await listen()
  const head = 'HTTP/1.1\r\nhost: x\r\n'
  expect(await sendAndEnd(port, `GET /stream ${head}\r\n`, 'begun', 'nonsense\r\n\r\n')).toMatch(/begun\r\n$/)
  const cut = `POST /stream ${head}content-length: 9\r\n\r\n{`
  expect(await sendAndEnd(port, cut, 'begun')).toMatch(/begun\r\n$/)
})

test.each([
  ['no HTTP', 'nonsense\r\n\r\n', 400],
  ['headers that are too long', `GET / HTTP/1.1\r\nhost: x\r\na: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ['a head that breaks off', 'GET / HTTP/1.1\r\nhost: x\r\n', 400],
])('%s gets the status that Node gives it', async (_, text, status) => {
  const { port } = await listen()
  expect(await sendAndEnd(port, text)).toMatch(
    new RegExp(`^HTTP/1\\.1 ${status} [\\w ]+\r\nConnection: close\r\n\r\n$`),
  )
})
