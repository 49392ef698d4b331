/** Returns path and query of a URL as they were sent, without host and fragment: both APIs sign and route by them. */
export function pathAndQuery(url: string): string {
  const rest = url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '').replace(/#.*$/s, '')
  return rest.startsWith('/') ? rest : `/${rest}`
}

/**
 * Request targets as servers read them. A `Request` may differ, because `URL` escapes and removes characters that were
 * signed.
 */
const targets = new WeakMap<Request, string>()

/** Records the target that a request was sent to, byte for byte, for a server that hands requests to the simulator. */
export function recordTarget(target: string, request: Request): Request {
  targets.set(request, pathAndQuery(target))
  return request
}

/** Returns path and query of a request, as sent if the server recorded them. */
export const targetOf = (request: Request): string => targets.get(request) ?? pathAndQuery(request.url)

export interface RequestTarget {
  /** Path and query, as sent. */
  readonly url: string
  readonly path: string
  readonly query: URLSearchParams
}

export function splitTarget(url: string): RequestTarget {
  const mark = url.indexOf('?')
  return mark < 0
    ? { url, path: url, query: new URLSearchParams() }
    : { url, path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) }
}
