/** Returns path and query of a URL as they were sent, without host and fragment: both APIs sign and route by them. */
export function pathAndQuery(url: string): string {
  const rest = url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '').replace(/#.*$/s, '')
  return rest.startsWith('/') ? rest : `/${rest}`
}

/**
 * Request targets as servers read them. A `Request` may differ, because `URL` escapes and removes characters that were
 * signed.
 */
const targets = new WeakMap<Request, { readonly target: string; readonly prefix: string }>()

/**
 * Stands in the URL of a request that has no header `Host`, which clients of HTTP/1.0 may omit. No host can have this name (RFC 6761).
 */
export const MISSING_HOST = 'host-missing.invalid'

/**
 * Records the target that a request was sent to, byte for byte, for a server that hands requests to the simulator.
 *
 * @param prefix beginning of the path that the server has removed from the target, such as `/ns/a`
 */
export function recordTarget(target: string, request: Request, prefix = ''): Request {
  targets.set(request, { target: pathAndQuery(target), prefix })
  return request
}

/** Returns path and query of a request, as sent if the server recorded them. */
export const targetOf = (request: Request): string => targets.get(request)?.target ?? pathAndQuery(request.url)

/** Returns the beginning of the path that a server has removed. */
export const prefixOf = (request: Request): string => targets.get(request)?.prefix ?? ''

export interface RequestTarget {
  /** Path and query, as sent, without the prefix. */
  readonly url: string
  /** Beginning of the path that only names a namespace; mostly empty. */
  readonly prefix: string
  readonly path: string
  readonly query: URLSearchParams
}

export function splitTarget(url: string, prefix = ''): RequestTarget {
  const mark = url.indexOf('?')
  return mark < 0
    ? { url, prefix, path: url, query: new URLSearchParams() }
    : { url, prefix, path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) }
}
