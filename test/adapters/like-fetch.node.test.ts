import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeFetch } from '../../src/adapters/node-fetch.ts'

/** Responses by path, as bytes, so that none is corrected by an HTTP server on its way. */
const RESPONSES: Readonly<Record<string, readonly (string | Buffer | 'end' | 'reset' | 'wait')[]>> = {
  '/length': ['HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nx-a: 1\r\nX-A: 2\r\ncontent-length: 5\r\n\r\nhello'],
  '/parts': ['HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nab', 'cd', 'ef'],
  '/chunked': ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n', '2\r\nde\r\n0\r\n\r\n'],
  '/until-end': ['HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabc', 'end'],
  '/empty': ['HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'],
  '/no-content': ['HTTP/1.1 204 No Content\r\nrequest-id: 08\r\n\r\n'],
  '/not-modified': ['HTTP/1.1 304 Not Modified\r\netag: "a"\r\n\r\n'],
  '/redirect': ['HTTP/1.1 302 Found\r\nlocation: /length\r\ncontent-length: 2\r\n\r\nhi'],
  '/error': ['HTTP/1.1 502 Bad Gateway\r\ncontent-length: 6\r\n\r\n<html>'],
  '/hints': ['HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'],
  '/latin1': [Buffer.from('HTTP/1.1 200 OK\r\nx-name: \xe9\r\ncontent-length: 2\r\n\r\nok', 'latin1')],
  '/gzip': [
    'HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n',
    gzipSync('Image形象店'.repeat(1000)),
    'end',
  ],
  '/silent-end': ['end'],
  '/reset': ['reset'],
  '/no-http': ['SSH-2.0-OpenSSH_9.6\r\n', 'end'],
  '/cut-headers': ['HTTP/1.1 200 OK\r\ncontent-le', 'end'],
  '/two-lengths': ['HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nabc'],
  '/both-lengths': ['HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'],
  '/cut-body': ['HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello', 'end'],
  // A reset discards what the client has not read yet, so it comes late.
  '/reset-body': ['HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello', 'wait', 'reset'],
  '/cut-chunks': ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nhello', 'end'],
  '/bad-chunks': ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n', 'end'],
}

const CUT_GZIP = [
  'HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n',
  gzipSync('Image形象店'.repeat(1000)).subarray(0, 40),
  'end',
]
const BAD_HEADER = ['HTTP/1.1 200 OK\r\nbad header: 1\r\ncontent-length: 2\r\n\r\nok']
/** Responses that do not end. */
const UNFINISHED = ['HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nab']
const OTHERS: typeof RESPONSES = {
  '/cut-gzip': CUT_GZIP,
  '/bad-header': BAD_HEADER,
  '/unfinished': UNFINISHED,
  '/silence': [],
}

const sockets = new Set<Socket>()
let requests: string[] = []
const server = createServer(socket => {
  sockets.add(socket.on('error', () => {}))
  socket.on('data', async data => {
    const [, path] = /^[A-Z]+ (\S+)/.exec(data.toString()) ?? []
    if (!path) return
    requests.push(data.toString())
    for (const part of { ...RESPONSES, ...OTHERS }[path] ?? []) {
      if (part === 'end') socket.end()
      else if (part === 'reset') socket.resetAndDestroy()
      else if (part === 'wait') await new Promise(resolve => setTimeout(resolve, 200))
      else socket.write(part)
      // The next part comes in a packet of its own.
      await new Promise(resolve => setTimeout(resolve, 15))
    }
  })
})
let base = ''
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  for (const socket of sockets) socket.destroy()
  server.close()
})

const INIT = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"名":1}',
  redirect: 'manual',
} as const

/** Describes an error by its class and by its code; messages that name a port differ. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { name, message, cause } = error
  const { code, name: causeName } = Object(cause) as { code?: string; name?: string }
  return { name, message, cause: code ?? causeName }
}

async function outcomeOf(send: typeof fetch, path: string, init: RequestInit = INIT): Promise<unknown> {
  try {
    const response = await send(base + path, init)
    const { status, ok, headers, type, redirected } = response
    const body = await response.text().catch(error => describeError(error))
    return { status, ok, headers: Object.fromEntries(headers), body, redirected, isBasic: type !== 'error' }
  } catch (error) {
    return describeError(error)
  }
}

describe('what fetch does, the fetch of the adapter does', () => {
  it.each(Object.keys(RESPONSES))('%s', async path => {
    const expected = await outcomeOf(fetch, path)
    requests = []
    expect(await outcomeOf(nodeFetch, path)).toEqual(expected)
    // A request that fails may have taken effect, so it is not repeated.
    const own = requests.filter(request => request.startsWith(`POST ${path} `))
    expect(own).toHaveLength(1)
    expect(own[0]).not.toContain('sec-fetch-mode')
  })

  it('refuses a compressed body that breaks off, which fetch takes for a whole one', async () => {
    expect(await outcomeOf(nodeFetch, '/cut-gzip')).toMatchObject({ body: { name: 'TypeError' } })
  })

  it('refuses a header that is none, as fetch does since Node 24', async () => {
    expect(await outcomeOf(nodeFetch, '/bad-header')).toMatchObject({ name: 'TypeError' })
  })

  const reason = new Error('the caller has left')
  it.each([
    ['before the request', '/length', () => AbortSignal.abort(reason)],
    ['while it waits', '/silence', abortedSoon],
  ])('aborted %s', async (_, path, signal) => {
    const expected = await outcomeOf(fetch, path, { ...INIT, signal: signal() })
    expect(await outcomeOf(nodeFetch, path, { ...INIT, signal: signal() })).toEqual(expected)
  })

  function abortedSoon(): AbortSignal {
    const controller = new AbortController()
    setTimeout(() => controller.abort(reason), 20)
    return controller.signal
  }

  it.each([
    ['fetch', fetch],
    ['the fetch of the adapter', nodeFetch],
  ])('aborted while the connection is being established: %s', async (_, send) => {
    // The server does not know TLS, so the handshake does not end.
    const controller = new AbortController()
    const connected = once(server, 'connection')
    let error: unknown
    const url = `${base.replace('http', 'https')}/silence`
    const sending = send(url, { ...INIT, signal: controller.signal }).catch(thrown => {
      error = thrown
    })
    const [socket] = (await connected) as [Socket]
    controller.abort(reason)
    await new Promise(resolve => setImmediate(resolve))
    expect(error).toBe(reason)
    socket.destroy()
    await sending
  })

  it.each([
    ['fetch', fetch],
    ['the fetch of the adapter', nodeFetch],
  ])('aborted within the body: %s', async (_, send) => {
    const controller = new AbortController()
    const { body } = await send(`${base}/unfinished`, { ...INIT, signal: controller.signal })
    const reader = body!.getReader()
    expect(Buffer.from((await reader.read()).value!).toString()).toBe('ab')
    controller.abort(reason)
    await expect(reader.read()).rejects.toBe(reason)
  })

  it.each([
    ['a header that HTTP does not allow', { ...INIT, headers: { 'x-a': 'a\nb' } }],
    ['credentials in the URL', INIT, 'http://user:password@127.0.0.1:1/'],
    ['a port that fetch refuses', INIT, 'http://127.0.0.1:0/'],
  ])('refuses %s with a TypeError, and sends nothing', async (_, init, url = `${base}/length`) => {
    requests = []
    await expect(fetch(url, init)).rejects.toBeInstanceOf(TypeError)
    await expect(nodeFetch(url, init)).rejects.toThrow()
    expect(requests).toEqual([])
  })
})
