import { createConnection } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { connect as connectTls } from 'node:tls'
import { Agent, request as send } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Listening, listen } from '../../../src/cli/simulator/server.ts'
import { createTlsCertificate, isUsable, type TlsCertificate } from '../../../src/cli/simulator/tls-certificate.ts'
import { targetOf } from '../../../src/simulator/http/request-url.ts'
import { createSimulator } from '../../../src/simulator/index.ts'
import { CERTIFICATE, PRIVATE_KEY } from '../../fixtures/keys.ts'

// Judged from the other end of the wire: by undici, and by bytes written to a socket.

const LARGEST = 16 * 1024 * 1024
const refusals: object[] = []

/** Answers with what it was asked. */
async function echo(request: Request, certificate: Buffer | undefined): Promise<Response> {
  const target = targetOf(request)
  if (target === '/throws') throw new TypeError('fetch failed')
  let halves = 0
  if (target === '/cut')
    return new Response(
      new ReadableStream({
        pull(controller) {
          if (halves++) controller.error(new Error('cut'))
          else controller.enqueue(new TextEncoder().encode('the first half'))
        },
      }),
    )
  if (target === '/empty') return new Response(null, { status: 204 })
  const { method, headers } = request
  const { byteLength: length } = await request.arrayBuffer()
  return Response.json({ method, target, headers: [...headers], length, certified: certificate?.length ?? 0 })
}

let server: Listening
beforeAll(async () => {
  server = await listen(echo, { host: '127.0.0.1', port: 0, onRefused: refusal => refusals.push(refusal) })
  return () => server.close()
})

/** Writes bytes, reads until the other side ends. */
async function raw(bytes: string): Promise<string> {
  const { hostname, port } = new URL(server.url)
  const socket = createConnection(Number(port), hostname)
  socket.on('error', () => {})
  socket.write(bytes, 'latin1')
  return text(socket)
}
const bodyOf = (answer: string) => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))

describe('a request', () => {
  it.each([
    '/v3/a//b/../c/%2e%2e/%7E%e4?x=%C3%A9&y="\'<>`&z={}|^[]',
    '//api.mch.weixin.qq.com/v3/certificates',
    '/?',
    '/a\\b',
  ])('keeps its target to the byte: %s', async target => {
    expect(bodyOf(await raw(`GET ${target} HTTP/1.1\r\nConnection: close\r\n\r\n`)).target).toBe(target)
  })

  it('to an absolute target, as through a proxy, is to its path', async () => {
    const answer = await raw('GET http://api.mch.weixin.qq.com/v3/a?b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect(bodyOf(answer).target).toBe('/v3/a?b')
  })

  it.each(['a b', '[', 'x:99999', '', '\xe4'])('from a host called %j is served', async host => {
    expect(bodyOf(await raw(`GET /x HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).target).toBe('/x')
  })

  it('keeps its headers, the repeated ones joined', async () => {
    const { headers } = bodyOf(
      await raw('GET / HTTP/1.1\r\nX-A: 1\r\nx-a: 2\r\nAuthorization: \xe4\r\nConnection: close\r\n\r\n'),
    )
    expect(headers).toEqual([
      ['authorization', '\xe4'],
      ['connection', 'close'],
      ['x-a', '1, 2'],
    ])
  })

  it('without a body, and with one in pieces', async () => {
    expect(bodyOf(await raw('POST / HTTP/1.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')).length).toBe(0)
    const chunked =
      'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n'
    expect(bodyOf(await raw(chunked)).length).toBe(5)
  })

  it('HEAD is answered with headers alone, 204 without a length', async () => {
    const head = await send(`${server.url}/x`, { method: 'HEAD' })
    expect([head.statusCode, await head.body.text()]).toEqual([200, ''])
    expect(Number(head.headers['content-length'])).toBeGreaterThan(0)
    const empty = await raw('GET /empty HTTP/1.1\r\nConnection: close\r\n\r\n')
    expect(empty).toMatch(/^HTTP\/1.1 204 /)
    expect(empty).not.toMatch(/content-length/i)
  })

  it('waits for leave to send its body, and gets it', async () => {
    const answer = await raw(
      'POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab',
    )
    expect(answer).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /)
  })

  it('follows another on one connection', async () => {
    const answers = await raw('GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\nConnection: close\r\n\r\n')
    expect([...answers.matchAll(/"target":"(.*?)"/g)].map(([, target]) => target)).toEqual(['/1', '/2'])
  })
})

describe('a fault', () => {
  it('of the handler cuts the connection, and the next one is served', async () => {
    await expect(send(`${server.url}/throws`)).rejects.toThrow()
    expect((await send(`${server.url}/x`)).statusCode).toBe(200)
  })

  it('of a body cuts it where it is', async () => {
    const { statusCode, body } = await send(`${server.url}/cut`)
    expect(statusCode).toBe(200)
    let received = ''
    await expect(
      (async () => {
        for await (const chunk of body) received += chunk
      })(),
    ).rejects.toThrow()
    expect(received).toBe('the first half')
  })
})

describe('what is no good request', () => {
  it.each([
    ['nonsense', 'nonsense\r\n\r\n', 400],
    ['a space in the target', 'GET /a b HTTP/1.1\r\n\r\n', 400],
    ['a broken header', 'GET / HTTP/1.1\r\nno colon\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 400],
    [
      'a length and pieces',
      'POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n',
      400,
    ],
    ['a broken piece', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n', 400],
    ['headers without end', `GET / HTTP/1.1\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['TRACE', 'TRACE / HTTP/1.1\r\nConnection: close\r\n\r\n', 405],
    ['CONNECT', 'CONNECT a:443 HTTP/1.1\r\n\r\n', 405],
  ])('%s is answered as nginx does', async (_, bytes, status) => {
    const answer = await raw(bytes)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(answer).toMatch(/\r\nRequest-ID: [0-9A-F]{40}-0\r\n/i)
    expect(answer).toContain('<center>nginx</center>')
    expect(refusals.at(-1)).toMatchObject({ status })
  })

  it('too large a body is refused before it is sent', async () => {
    const head = `POST / HTTP/1.1\r\nContent-Length: ${LARGEST + 1}\r\nExpect: 100-continue\r\n\r\n`
    expect(await raw(head)).toMatch(/^HTTP\/1.1 413 /)
  })

  it('too large a body is refused, the largest is not', async () => {
    const { body } = await send(server.url, { method: 'POST', body: Buffer.alloc(LARGEST) })
    expect(await body.json()).toMatchObject({ length: LARGEST })
    const announced = await send(server.url, { method: 'POST', body: Buffer.alloc(LARGEST + 1) })
    expect(announced.statusCode).toBe(413)
    const pieces = await send(server.url, { method: 'POST', body: Readable.from(piecesOf(LARGEST + 1)) })
    expect([pieces.statusCode, await pieces.body.text()]).toEqual([413, expect.stringContaining('nginx')])
  })

  it('a body that ends early ends nothing else', async () => {
    const { hostname, port } = new URL(server.url)
    const socket = createConnection(Number(port), hostname)
    socket.on('error', () => {})
    socket.end('POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nab')
    await text(socket)
    expect((await send(`${server.url}/x`)).statusCode).toBe(200)
  })
})

describe('many bodies at once', () => {
  const LIMIT = 1_000_000
  let limited: Listening
  beforeAll(async () => {
    limited = await listen(echo, { host: '127.0.0.1', port: 0, maxHeldBytes: LIMIT })
    return () => limited.close()
  })

  /** Sends the beginning of a body, and keeps the request open. */
  async function beginBody(length: number) {
    const { hostname, port } = new URL(limited.url)
    const socket = createConnection(Number(port), hostname)
    socket.on('error', () => {})
    const response = text(socket).catch(() => '')
    await new Promise<void>(resolve =>
      socket.write(`POST / HTTP/1.1\r\nContent-Length: ${10 * LIMIT}\r\n\r\n${'a'.repeat(length)}`, () => resolve()),
    )
    return { socket, response }
  }

  it('drops the request that has been arriving for the longest, and serves the one that arrives whole', async () => {
    const slow = []
    for (let count = 0; count < 3; count++) slow.push(await beginBody(LIMIT / 3 - 10_000))
    const { body } = await send(limited.url, { method: 'POST', body: Buffer.alloc(LIMIT / 2) })
    expect(await body.json()).toMatchObject({ length: LIMIT / 2 })
    expect(await slow[0]!.response).toMatch(/^HTTP\/1\.1 503 .*Connection: close/s)
    for (const { socket } of slow) socket.destroy()
  })

  it('releases the bytes of a body whose response is sent, or whose client leaves', async () => {
    for (let count = 0; count < 5; count++) {
      const left = await beginBody(LIMIT / 2)
      left.socket.destroy()
      await left.response
      const { statusCode, body } = await send(limited.url, { method: 'POST', body: Buffer.alloc(LIMIT) })
      await body.dump()
      expect(statusCode).toBe(200)
    }
  })

  it('refuses a body that exceeds the limit by itself', async () => {
    const { response } = await beginBody(LIMIT + 1)
    expect(await response).toMatch(/^HTTP\/1\.1 503 /)
  })
})

function* piecesOf(length: number) {
  for (let left = length; left > 0; left -= 65_536) yield Buffer.alloc(Math.min(left, 65_536))
}

describe('over TLS', () => {
  let tls: TlsCertificate
  let secure: Listening
  beforeAll(async () => {
    tls = await createTlsCertificate('127.0.0.1', Date.now())
    const clientAuthority = await (await createSimulator()).authorityCertificate()
    const options = { host: '127.0.0.1', port: 0, tls: { ...tls, clientAuthority } }
    secure = await listen(echo, { ...options, onRefused: refusal => refusals.push(refusal) })
  })
  afterAll(() => secure.close())
  const ask = async (connect: object) => {
    const dispatcher = new Agent({ connect })
    try {
      const { body } = await send(`${secure.url}/x`, { dispatcher })
      return (await body.json()) as { certified: number }
    } finally {
      await dispatcher.close()
    }
  }

  it('a client that trusts its authority is served, and shows its certificate or not', async () => {
    expect(secure.url).toMatch(/^https:/)
    expect((await ask({ ca: tls.ca })).certified).toBe(0)
    expect((await ask({ ca: tls.ca, cert: CERTIFICATE, key: PRIVATE_KEY })).certified).toBeGreaterThan(500)
    await expect(ask({})).rejects.toThrow(/certificate/)
  })

  it('its certificate is good for the names of WeChat Pay', async () => {
    const { port } = new URL(secure.url)
    const socket = connectTls({
      port: Number(port),
      host: '127.0.0.1',
      ca: tls.ca,
      servername: 'api.mch.weixin.qq.com',
    })
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
    expect(socket.authorized).toBe(true)
    socket.destroy()
  })

  it('what is no TLS is told of and harms nothing', async () => {
    await expect(send(secure.url.replace('https', 'http'))).rejects.toThrow()
    expect(refusals.at(-1)).toMatchObject({ reason: expect.stringContaining('plain HTTP') })
    expect((await ask({ ca: tls.ca })).certified).toBe(0)
  })

  it('a connection that never begins its handshake does not keep it from ending', async () => {
    const clientAuthority = await (await createSimulator()).authorityCertificate()
    const other = await listen(echo, { host: '127.0.0.1', port: 0, tls: { ...tls, clientAuthority } })
    const socket = createConnection(Number(new URL(other.url).port), '127.0.0.1')
    await new Promise(resolve => socket.once('connect', resolve))
    const ended = new Promise(resolve => socket.once('close', resolve))
    await other.close()
    await ended
  })

  it('tells of a certificate that another authority of the same name has issued', async () => {
    const { certificate: cert, privateKey: key } = (await createSimulator()).merchant
    await expect(ask({ ca: tls.ca, cert, key, maxVersion: 'TLSv1.2' })).rejects.toThrow()
    expect(refusals.at(-1)).toMatchObject({ reason: expect.stringContaining('issued by another authority') })
  })

  it('a certificate serves again as long as it lasts and fits the host', async () => {
    expect(isUsable(tls, '127.0.0.1', Date.now())).toBe(true)
    expect(isUsable(tls, '192.0.2.1', Date.now())).toBe(false)
    expect(isUsable(tls, '127.0.0.1', Date.now() + 3 * 365 * 86_400_000)).toBe(false)
    const other = await createTlsCertificate('127.0.0.1', Date.now())
    expect(isUsable({ ...tls, key: other.key }, '127.0.0.1', Date.now())).toBe(false)
    expect(isUsable({ ...tls, ca: other.ca }, '127.0.0.1', Date.now())).toBe(false)
    expect(isUsable({ ...tls, cert: 'none' }, '127.0.0.1', Date.now())).toBe(false)
  })
})
