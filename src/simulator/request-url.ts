/** Path and query as they were sent, and nothing else: no host, no fragment. What both APIs sign and route by. */
export function pathAndQuery(url: string): string {
  const rest = url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '').replace(/#.*$/s, '')
  return rest.startsWith('/') ? rest : `/${rest}`
}

export interface SplitUrl {
  path: string
  query: URLSearchParams
}

export function split(url: string): SplitUrl {
  const at = url.indexOf('?')
  return at < 0
    ? { path: url, query: new URLSearchParams() }
    : { path: url.slice(0, at), query: new URLSearchParams(url.slice(at + 1)) }
}
