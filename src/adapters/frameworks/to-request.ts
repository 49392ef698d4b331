import { type FrameworkRequest, readFrameworkRequest } from './node-request.ts'
import { rawBodyOf } from './raw-body.ts'

/**
 * Makes a `Request` of a request of Node or of a framework on Node, with its body byte for byte as received. The body comes from
 * `rawBody`, from a `body` of bytes or text, or from the stream, which is read at the pace of the reader and never as a whole.
 *
 * @param source `req` of `node:http`, `node:http2`, Express or NestJS; a request of Fastify; a context of Koa
 * @returns the request. If its bytes are gone because a body was parsed, reading it rejects with a `ConfigurationError`
 * `RAW_BODY_MISSING`, which names the cure; with `RAW_BODY_AMBIGUOUS` if `rawBody` and `body` hold different bytes; with a
 * `TransportError` `ABORTED` if the client disconnects
 * @throws {ConfigurationError} `OPTION_INVALID`: not such a request
 * @throws {TypeError} its method is one that no `Request` has: `CONNECT`, `TRACE`, `TRACK`
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012071382
 * @example
 * ```ts
 * app.post('/notify', async (req, res) => {
 *   const notification = await receiveNotification(wxpay, toRequest(req))
 *   res.status(204).end()
 * })
 * ```
 */
export function toRequest(source: FrameworkRequest): Request {
  const request = readFrameworkRequest(source)
  const { method = 'GET', headers } = request.message
  const url = urlOf(request.target, headers)
  const init = { method, headers: toHeaders(headers) }
  if (/^(?:GET|HEAD)$/i.test(method)) return new Request(url, init)
  return new Request(url, { ...init, body: rawBodyOf(request), duplex: 'half' } as RequestInit)
}

/** `host` and `:authority` come from the client; anything that would change the path is not a host. */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i

function urlOf(target: string, headers: FrameworkHeaders): string {
  const host = String(headers.host ?? headers[':authority'])
  const origin = `http://${HOST.test(host) ? host : 'localhost'}`
  const path = target.startsWith('/') ? target : pathOf(target)
  return URL.canParse(origin + path) ? origin + path : `http://localhost${path}`
}

/** A client may send a whole URL as target, as to a proxy. */
function pathOf(target: string): string {
  if (!URL.canParse(target)) return '/'
  const { pathname, search } = new URL(target)
  return pathname.startsWith('/') ? pathname + search : '/'
}

type FrameworkHeaders = Readonly<Record<string, string | string[] | undefined>>

function toHeaders(headers: FrameworkHeaders): Headers {
  const result = new Headers()
  for (const [name, values] of Object.entries(headers)) {
    // Pseudo-headers of HTTP/2.
    if (name.startsWith(':')) continue
    for (const value of [values].flat()) {
      try {
        if (value !== undefined) result.append(name, value)
      } catch {
        // A value that no header may have. No header of WeChat Pay has one, and another must not keep a notification out.
      }
    }
  }
  return result
}
