/** Where a body ends, as the service sees it: Node's own server is the judge, on connections that stay open. */
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startRecorder, type TestRecorder } from './test-recorder.ts'

/** A body that is a request, if the service does not know that it is a body. */
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'
const CHUNKED = `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`
const METHODS = ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'POST', 'PUT', 'PATCH']

const received: { method?: string | undefined; url?: string | undefined; headers: string[]; body: string }[] = []
const service = createServer(async (incoming, outgoing) => {
  const { method, url, rawHeaders: headers } = incoming
  received.push({ method, url, headers, body: await text(incoming) })
  outgoing.end()
})
let recorder: TestRecorder
beforeAll(async () => {
  await new Promise<void>(resolve => service.listen(0, '127.0.0.1', resolve))
  recorder = await startRecorder(`http://127.0.0.1:${(service.address() as AddressInfo).port}`)
  return async () => {
    await recorder[Symbol.asyncDispose]()
    service.close()
  }
})
beforeEach(() => void received.splice(0))

/** Sends bytes, and returns the status of the response. */
const send = (bytes: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(recorder.url).port), '127.0.0.1', () => socket.write(bytes, 'latin1'))
    socket.on('error', reject).once('data', data => {
      socket.destroy()
      resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(data.toString())![1]))
    })
  })

const sendCall = (method: string, headers: string[], body: string) =>
  send([`${method} /v3/a HTTP/1.1`, 'Host: localhost', ...headers, '', body].join('\r\n'))

const headerOf = (headers: readonly string[], wanted: string): string[] =>
  headers.filter((_, at) => at % 2 === 1 && headers[at - 1]!.toLowerCase() === wanted)

describe.each(METHODS)('of %s', method => {
  test.each<[name: string, headers: string[], body: string]>([
    ['in chunks', ['Transfer-Encoding: chunked'], CHUNKED],
    ['in chunks, with another spelling of the header', ['transfer-encoding: Chunked'], CHUNKED],
    ['of a length', [`Content-Length: ${SMUGGLED.length}`], SMUGGLED],
    [
      'of a length that Connection names',
      ['Connection: content-length', `Content-Length: ${SMUGGLED.length}`],
      SMUGGLED,
    ],
    ['in chunks that Connection names', ['Connection: transfer-encoding', 'Transfer-Encoding: chunked'], CHUNKED],
  ])('a body %s is a body for the service too, and no request', async (_, headers, body) => {
    expect(await sendCall(method, headers, body)).toBe(200)
    // Whatever has been left on the connection comes before what is sent now.
    expect(await sendCall('GET', [], '')).toBe(200)
    expect(received.map(({ method, url, body }) => [method, url, body])).toEqual([
      [method, '/v3/a', SMUGGLED],
      ['GET', '/v3/a', ''],
    ])
  })

  test('no body is none', async () => {
    expect(await sendCall(method, [], '')).toBe(200)
    const [{ headers, body }] = received as [(typeof received)[number]]
    expect([body, headerOf(headers, 'transfer-encoding')]).toEqual(['', []])
    expect(['0', undefined]).toContain(headerOf(headers, 'content-length')[0])
  })
})

test.each([
  ['Transfer-Encoding: gzip, chunked', 501],
  ['Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', 400],
  ['Transfer-Encoding: chunked\r\nContent-Length: 3', 400],
  ['Transfer-Encoding: xchunked', 501],
  ['Content-Length: 3\r\nContent-Length: 3', 400],
])('%j, whose body may end at two places, is refused with %d', async (headers, status) => {
  expect(await sendCall('POST', [headers], CHUNKED)).toBe(status)
  expect(received).toEqual([])
})

test('headers pass as they are written, in their order, and repeated ones as often', async () => {
  await sendCall('POST', ['x-B: 1', 'X-a: 2', 'X-b: 3', 'Accept-Encoding: gzip', 'Content-Length: 1'], 'a')
  const [{ headers }] = received as [(typeof received)[number]]
  expect(headers.slice(headers.indexOf('x-B')).slice(0, 6)).toEqual(['x-B', '1', 'X-a', '2', 'X-b', '3'])
  expect([headerOf(headers, 'accept-encoding'), headerOf(headers, 'host')]).toEqual([
    ['identity'],
    [`127.0.0.1:${(service.address() as AddressInfo).port}`],
  ])
})

afterAll(() => expect(received.some(({ url }) => url === '/smuggled')).toBe(false))
