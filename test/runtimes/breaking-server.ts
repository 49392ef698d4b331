// WeChat Pay over connections that break, as a program of its own: raw sockets, with and without TLS. It counts the requests
// that arrived whole, which is the one thing that its client cannot know. It prints one line of JSON, and ends when whoever
// started it is gone. Node 24 runs it for every runtime.
import { createServer, type Server, type Socket } from 'node:net'
import process from 'node:process'
import { TLSSocket } from 'node:tls'
import * as keys from '../conformance/tls-keys.ts'
import type { Arrival, Breaking, BreakingServer } from './breaking-process.ts'

/** One end of a connection: what is written goes through TLS where there is TLS, and a reset never does. */
interface Connection {
  readonly stream: Socket
  readonly raw: Socket
  readonly number: number
}

const ALLOWED = 'access-control-allow-origin: *\r\naccess-control-allow-headers: *, authorization\r\n'
const HEAD = `HTTP/1.1 200 OK\r\n${ALLOWED}content-type: application/json\r\n`
const whole = (status: string, body: string): string =>
  `HTTP/1.1 ${status}\r\n${ALLOWED}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`

/** Milliseconds for what was written to be read, before a reset throws it away. */
const READ = 300
/** Milliseconds after which a late answer comes. */
const LATE = 60_000

/** Handles a request that has arrived whole, by the way in which it breaks. */
const ways: Readonly<Record<Breaking, (connection: Connection) => void>> = {
  answered: ({ stream }) => stream.write(whole('404 Not Found', '{"code":"ORDER_NOT_EXIST","message":"none"}')),
  reset: ({ raw }) => raw.resetAndDestroy(),
  closed: ({ stream }) => stream.end(),
  'status cut': ({ stream }) => stream.end('HTTP/1.1 2'),
  'headers cut': ({ stream }) => stream.end(`${HEAD}content-le`),
  'body missing': ({ stream }) => stream.end(`${HEAD}content-length: 20\r\n\r\n`),
  'body cut': ({ stream }) => stream.end(`${HEAD}content-length: 20\r\n\r\n{"code_url"`),
  'chunk cut': ({ stream }) => stream.end(`${HEAD}transfer-encoding: chunked\r\n\r\n14\r\n{"code_url"`),
  'body reset': ({ stream, raw }) => {
    stream.write(`${HEAD}content-length: 20\r\n\r\n{"code_url"`)
    setTimeout(() => raw.resetAndDestroy(), READ)
  },
  silent: () => {},
  late: ({ stream }) => void setTimeout(() => stream.writable && stream.write(whole('200 OK', '{}')), LATE),
}

const arrivals = new Map<string, Arrival[]>()
let connections = 0

/** Reads request after request, each to its end: `/{way}/{id}/…` breaks, `/arrivals/{id}` tells. */
function serve(stream: Socket, raw: Socket): void {
  const connection = { stream, raw, number: ++connections }
  let received = Buffer.alloc(0)
  let served = 0
  stream.on('error', () => {})
  raw.on('error', () => {})
  stream.on('data', chunk => {
    received = Buffer.concat([received, chunk])
    for (let length = lengthOf(received); length !== undefined; length = lengthOf(received)) {
      const head = received.toString('latin1', 0, received.indexOf('\r\n\r\n'))
      received = received.subarray(length)
      served++
      answer(head, connection, served)
    }
  })
}

const header = (head: string, name: string): string | undefined =>
  new RegExp(`^${name}: *(.*)$`, 'im').exec(head)?.[1]?.trim()

/** @returns how many bytes the first request has; undefined when it is not there to its end */
function lengthOf(bytes: Buffer): number | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = bytes.toString('latin1', 0, end)
  if (header(head, 'transfer-encoding')) {
    const last = bytes.indexOf('0\r\n\r\n', end + 4)
    return last < 0 ? undefined : last + 5
  }
  const length = end + 4 + Number(header(head, 'content-length') ?? 0)
  return bytes.length < length ? undefined : length
}

function answer(head: string, connection: Connection, served: number): void {
  const [method = '', target = ''] = head.split(' ')
  const [, way = '', id = ''] = decodeURIComponent(target).split('/')
  if (method === 'OPTIONS') return void connection.stream.write(whole('200 OK', ''))
  if (way === 'arrivals') return void connection.stream.write(whole('200 OK', JSON.stringify(arrivals.get(id) ?? [])))
  const known = arrivals.get(id) ?? []
  arrivals.set(id, known)
  known.push({
    method,
    isReused: served > 1,
    connection: connection.number,
    contentLength: header(head, 'content-length') ?? null,
    transferEncoding: header(head, 'transfer-encoding') ?? null,
    nonce: /nonce_str="(\w+)"/.exec(head)?.[1] ?? null,
    idempotencyKey: header(head, 'idempotency-key') ?? null,
  })
  ways[way as Breaking](connection)
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as { port: number }).port
}

const plain = await listen(createServer(socket => serve(socket, socket)))
// Of its own, so that whoever asks takes no connection from those that are tested.
const control = await listen(createServer(socket => serve(socket, socket)))
const tls = await listen(
  createServer(socket => {
    serve(new TLSSocket(socket, { isServer: true, key: keys.KEY, cert: keys.CERTIFICATE }), socket)
  }),
)
const server: BreakingServer = {
  url: `http://127.0.0.1:${plain}`,
  tlsUrl: `https://127.0.0.1:${tls}`,
  controlUrl: `http://127.0.0.1:${control}`,
  ca: keys.CA,
}
process.stdout.write(`${JSON.stringify(server)}\n`)
process.stdin.resume().on('end', () => process.exit())
