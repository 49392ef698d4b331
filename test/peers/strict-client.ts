/**
 * A client as strict as the official Java SDK and the TLS of Java and Go, on sockets: it looks up headers by their exact name,
 * reads `Content-Type` of every response, and shows its certificate only to a server that asks for one of its issuer.
 */
import { createSign, createVerify, randomBytes, X509Certificate } from 'node:crypto'
import { createConnection } from 'node:net'
import { Duplex } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { connect, type TLSSocket } from 'node:tls'
import type { SimulatorServer } from './simulator-server.ts'

export interface StrictAnswer {
  readonly status: number
  /** By their names as they were written. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

interface Identity {
  readonly cert: string
  readonly key: string
}

const HOST = 'api.mch.weixin.qq.com'

/** Sends bytes over HTTPS under WeChat Pay's own name, trusting nothing but the folder's `ca.pem`; reads to the end. */
export async function sendBytes(simulated: SimulatorServer, bytes: string, identity?: Identity): Promise<StrictAnswer> {
  const socket = await open(simulated, identity, 'TLSv1.3')
  socket.write(bytes)
  return read(await buffer(socket))
}

/** Shows the certificate where the server's CertificateRequest names its issuer, byte for byte, as Go does; or names nobody. */
export async function identityFor(simulated: SimulatorServer): Promise<Identity | undefined> {
  const [cert, key] = await Promise.all([simulated.file('apiclient_cert.pem'), simulated.file('apiclient_key.pem')])
  const issuers = await requestedIssuers(simulated)
  const issuer = issuerOf(new X509Certificate(cert).raw)
  return issuers && (issuers.length === 0 || issuers.some(name => name.equals(issuer))) ? { cert, key } : undefined
}

async function open(
  simulated: SimulatorServer,
  identity: Identity | undefined,
  version: 'TLSv1.2' | 'TLSv1.3',
  raw?: Duplex,
) {
  const { hostname: host, port } = new URL(simulated.url)
  const socket: TLSSocket = connect({
    ...(raw ? { socket: raw } : { host, port: Number(port) }),
    ...identity,
    servername: HOST,
    ca: await simulated.file('ca.pem'),
    minVersion: version,
    maxVersion: version,
  })
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
  return socket
}

/**
 * The distinguished names, DER, that the server asks for a certificate of; undefined where it asks for none. In TLS 1.2
 * they are in the clear.
 */
export async function requestedIssuers(simulated: SimulatorServer): Promise<Buffer[] | undefined> {
  const { hostname, port } = new URL(simulated.url)
  const wire = createConnection(Number(port), hostname)
  const seen: Buffer[] = []
  const tapped = new Duplex({ read() {}, write: (chunk, _, done) => wire.write(chunk, done) })
  wire.on('data', (chunk: Buffer) => {
    seen.push(chunk)
    tapped.push(chunk)
  })
  const socket = await open(simulated, undefined, 'TLSv1.2', tapped)
  socket.destroy()
  wire.destroy()
  const message = handshakeMessages(Buffer.concat(seen)).find(([type]) => type === CERTIFICATE_REQUEST)?.[1]
  if (!message) return undefined
  // RFC 5246, 7.4.4: types, signature algorithms, authorities, each behind its length.
  const algorithms = 1 + message[0]!
  const authorities = algorithms + 2 + message.readUInt16BE(algorithms)
  const names: Buffer[] = []
  const end = authorities + 2 + message.readUInt16BE(authorities)
  for (let at = authorities + 2; at < end; ) {
    const length = message.readUInt16BE(at)
    names.push(message.subarray(at + 2, at + 2 + length))
    at += 2 + length
  }
  return names
}

const HANDSHAKE = 22
const CERTIFICATE_REQUEST = 13

/** The messages before encryption begins. */
function handshakeMessages(bytes: Buffer): [type: number, message: Buffer][] {
  const parts: Buffer[] = []
  for (let at = 0; at + 5 <= bytes.length && bytes[at] === HANDSHAKE; at += 5 + bytes.readUInt16BE(at + 3))
    parts.push(bytes.subarray(at + 5, at + 5 + bytes.readUInt16BE(at + 3)))
  const stream = Buffer.concat(parts)
  const messages: [number, Buffer][] = []
  for (let at = 0; at + 4 <= stream.length; at += 4 + stream.readUIntBE(at + 1, 3))
    messages.push([stream[at]!, stream.subarray(at + 4, at + 4 + stream.readUIntBE(at + 1, 3))])
  return messages
}

/** The issuer's name in a certificate: the fourth member of what is signed, behind version, serial and algorithm. */
function issuerOf(certificate: Buffer): Buffer {
  let at = contentOf(certificate, contentOf(certificate, 0))
  for (let member = 0; member < 3; member++) at = endOf(certificate, at)
  return certificate.subarray(at, endOf(certificate, at))
}
const lengthOf = (der: Buffer, at: number): [length: number, content: number] => {
  const first = der[at + 1]!
  return first < 0x80 ? [first, at + 2] : [der.readUIntBE(at + 2, first & 0x7f), at + 2 + (first & 0x7f)]
}
const contentOf = (der: Buffer, at: number): number => lengthOf(der, at)[1]
const endOf = (der: Buffer, at: number): number => lengthOf(der, at)[0] + contentOf(der, at)

function read(bytes: Buffer): StrictAnswer {
  const end = bytes.indexOf('\r\n\r\n')
  const [start = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const headers = new Map(lines.map(line => line.split(/: (.*)/s, 2) as [string, string]))
  return { status: Number(start.split(' ')[1]), headers, body: bytes.subarray(end + 4).toString() }
}

export interface Signed {
  readonly method: string
  readonly target: string
  readonly body?: string
  /** Of the SDK, apart from `Authorization`. */
  readonly headers: Readonly<Record<string, string>>
  readonly mchid: string
  readonly serial: string
  readonly key: string
}

/** The bytes of an APIv3 request as an SDK sends it: its headers in its order, then `Authorization` in the official order. */
export function requestBytes({ method, target, body = '', headers, mchid, serial, key }: Signed): string {
  const timestamp = Math.floor(Date.now() / 1000)
  const nonce = randomBytes(16).toString('hex')
  const signature = createSign('RSA-SHA256')
    .update(`${method}\n${target}\n${timestamp}\n${nonce}\n${body}\n`)
    .sign(key, 'base64')
  const authorization = `WECHATPAY2-SHA256-RSA2048 mchid="${mchid}",nonce_str="${nonce}",signature="${signature}",timestamp="${timestamp}",serial_no="${serial}"`
  const all = {
    ...headers,
    Authorization: authorization,
    ...(body && { 'Content-Length': String(Buffer.byteLength(body)) }),
    Host: HOST,
    Connection: 'close',
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return [`${method} ${target} HTTP/1.1`, ...lines, '', body].join('\r\n')
}

/**
 * Verifies a response as the official Java SDK does (`WechatPay2Validator`, `AbstractHttpClient`).
 *
 * @param keys WeChat Pay's public keys or certificates, PEM by the serial that the response names
 * @throws what the SDK would not take
 */
export function validate({ headers, body }: StrictAnswer, keys: Readonly<Record<string, string>>): void {
  const header = (name: string): string => {
    const value = headers.get(name)
    if (value === undefined) throw new Error(`no header ${name}, only ${[...headers.keys()].join(', ')}`)
    return value
  }
  // It reads the type of an empty body, too.
  if (!header('Content-Type').startsWith('application/json')) throw new Error('Unsupported content-type')
  header('Request-ID')
  const timestamp = header('Wechatpay-Timestamp')
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) throw new Error('expired')
  const verifier = createVerify('RSA-SHA256').update(`${timestamp}\n${header('Wechatpay-Nonce')}\n${body}\n`)
  const key = keys[header('Wechatpay-Serial')]
  if (!key || !verifier.verify(key, header('Wechatpay-Signature'), 'base64'))
    throw new Error('the signature is incorrect')
}
