/** Path and query as they were sent, and nothing else: no host, no fragment. What both APIs sign and route by. */
export function pathAndQuery(url: string): string {
  const rest = url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '').replace(/#.*$/s, '')
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** What servers read off the wire, which `Request` may have rewritten: `URL` escapes and removes what was signed as it was. */
const targets = new WeakMap<Request, string>()

/** Notes with a request the target that it was sent to, byte for byte: for a server that hands requests to the simulator. */
export function recordTarget(target: string, request: Request): Request {
  targets.set(request, pathAndQuery(target))
  return request
}

/** Path and query of a request, as it was sent where a server noted that. */
export const targetOf = (request: Request): string => targets.get(request) ?? pathAndQuery(request.url)

export interface RequestTarget {
  path: string
  query: URLSearchParams
}

export function splitTarget(url: string): RequestTarget {
  const at = url.indexOf('?')
  return at < 0
    ? { path: url, query: new URLSearchParams() }
    : { path: url.slice(0, at), query: new URLSearchParams(url.slice(at + 1)) }
}
