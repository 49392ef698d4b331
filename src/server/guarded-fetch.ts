import { lookup as resolve } from 'node:dns'
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { Readable } from 'node:stream'
import { isPrivateAddress } from '../gateway/delivery/address.ts'
import { PrivateAddressError } from '../gateway/delivery/send.ts'

export interface GuardOptions {
  /** Private addresses may be reached too. */
  readonly allowPrivate: boolean
  /** Finds a name's addresses. Default: the system's. */
  readonly resolve?: typeof resolve
}

/** Connections that are kept for the next delivery. */
const CONNECTIONS = { keepAlive: true, maxSockets: 128, maxFreeSockets: 64 }
const NO_BODY: ReadonlySet<number> = new Set([204, 205, 304])

/**
 * A `fetch` for webhooks, on Node, Deno and Bun: it looks where a name leads, refuses what leads to a private address, and
 * connects to the very address that it looked at, so that a name which leads elsewhere the next moment leads nowhere. It
 * follows no redirect, and takes a URL and a text.
 *
 * @throws {PrivateAddressError} a name leads to a private address
 */
export function createGuardedFetch({ allowPrivate, resolve: find = resolve }: GuardOptions): typeof fetch {
  const lookup: LookupFunction = (hostname, options, done) => {
    find(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, '')
      if (!allowPrivate && addresses.some(({ address }) => isPrivateAddress(address)))
        return done(new PrivateAddressError(`${hostname} leads to a private address.`), '')
      if (options.all) return done(null, addresses)
      const [first] = addresses
      return done(first ? null : new Error(`${hostname} has no address.`), first?.address ?? '', first?.family)
    })
  }
  const http = new HttpAgent({ ...CONNECTIONS, lookup } as object)
  const https = new HttpsAgent({ ...CONNECTIONS, lookup } as object)

  return async (input, { method = 'GET', headers, body, signal } = {}) => {
    const url = new URL(String(input))
    const name = url.hostname.replace(/^\[(.*)\]$/, '$1')
    // An address is not looked up.
    if (!allowPrivate && isIP(name) && isPrivateAddress(name))
      throw new PrivateAddressError(`${name} is a private address.`)
    const isTls = url.protocol === 'https:'
    const options = {
      ...{ method, lookup, agent: isTls ? https : http },
      headers: {
        ...Object.fromEntries(new Headers(headers)),
        'content-length': String(Buffer.byteLength(String(body ?? ''))),
      },
      ...(signal && { signal }),
    }
    return exchange((isTls ? httpsRequest : httpRequest)(url, options), String(body ?? ''))
  }
}

function exchange(request: ClientRequest, body: string): Promise<Response> {
  return new Promise((resolve, reject) => {
    request.once('response', incoming => {
      try {
        resolve(responseOf(incoming))
      } catch (error) {
        // A status or a header that is none.
        incoming.destroy()
        reject(error)
      }
    })
    request.once('error', reject)
    request.end(body)
  })
}

function responseOf(incoming: IncomingMessage): Response {
  const { statusCode: status = 0, rawHeaders } = incoming
  const headers = new Headers()
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at]!, rawHeaders[at + 1]!)
  if (NO_BODY.has(status)) {
    incoming.resume()
    return new Response(null, { status, headers })
  }
  return new Response(Readable.toWeb(incoming) as ReadableStream, { status, headers })
}
