import { Refusal } from '../problem.ts'

/** Returns whether a call is allowed. */
export type Allowed = (method: string, pathname: string) => boolean

/** A parsed pattern. */
export interface Pattern {
  /** Undefined: any method. */
  readonly methods: ReadonlySet<string> | undefined
  readonly segments: readonly string[]
  /** It ends with `**`, which matches one or more segments. */
  readonly isOpen: boolean
}

/**
 * Compiles the patterns of a caller. A call is allowed if any pattern matches; there are no patterns that forbid.
 *
 * @param allow `POST /v3/pay/transactions/*`, `GET,DELETE /v3/**`, `* /v2/pay/orderquery`: `*` matches any method, or exactly
 * one segment; `**`, at the end, matches one or more segments
 * @returns a function that accepts paths returned by {@link safePathname}
 * @throws {TypeError} a pattern is invalid: see {@link patternProblem}
 * @example
 * ```ts
 * const isAllowed = compileAllow(['POST /v3/pay/transactions/*'])
 * isAllowed('POST', '/v3/pay/transactions/native') // true
 * ```
 */
export function compileAllow(allow: readonly string[]): Allowed {
  const patterns = allow.map(compilePattern)
  return (method, pathname) => {
    const segments = pathname.split('/')
    return patterns.some(pattern => matches(pattern, method, segments))
  }
}

/** @throws {TypeError} the pattern is invalid: see {@link patternProblem} */
export function compilePattern(text: string): Pattern {
  const problem = patternProblem(text)
  if (problem) throw new TypeError(`${JSON.stringify(text)}: ${problem}`)
  const [methods, path] = text.trim().split(/ +/) as [string, string]
  const segments = path.replace(/\/$/, '').split('/')
  const isOpen = segments.at(-1) === '**'
  return {
    methods: methods === '*' ? undefined : new Set(methods.split(',')),
    segments: isOpen ? segments.slice(0, -1) : segments,
    isOpen,
  }
}

function matches({ methods, segments, isOpen }: Pattern, method: string, path: readonly string[]): boolean {
  if (methods && !methods.has(method)) return false
  if (isOpen ? path.length <= segments.length : path.length !== segments.length) return false
  if (path.includes('', 1)) return false
  return segments.every((segment, at) => segment === path[at] || (segment === '*' && at > 0))
}

/**
 * Describes the problem with a pattern, and how to fix it.
 *
 * @returns undefined if the pattern is valid
 * @example
 * ```ts
 * patternProblem('/v3/**') // 'must begin with a method …'
 * ```
 */
export function patternProblem(text: string): string | undefined {
  const parts = text.trim().split(/ +/)
  const [methods = '', path = ''] = parts
  if (methods.startsWith('/')) return 'must begin with a method, or * for any: "GET /v3/certificates", "* /v3/**"'
  if (parts.length !== 2 || !path.startsWith('/'))
    return 'must be a method, a space and a path: "POST /v3/pay/transactions/*"'
  if (methods !== '*' && !methods.split(',').every(method => METHODS.has(method)))
    return `the methods must be from ${[...METHODS].join(', ')}, in capitals and separated by commas, or * for any`
  const segments = path.slice(1).replace(/\/$/, '').split('/')
  for (const [at, segment] of segments.entries()) {
    if (segment === '' || segment === '.' || segment === '..')
      return 'the path must not have empty segments, nor . or .. segments'
    if (/^[{:]/.test(segment)) return `write * in place of ${segment}`
    if (segment === '**' && at < segments.length - 1) return '** must be the last segment, because it matches the rest'
    if (segment.includes('*') && segment !== '*' && segment !== '**')
      return '* must be a whole segment, not a part of one'
    if (!/^(?:\*\*?|[\w.~-]+)$/.test(segment))
      return 'the segments of the path must consist of letters, digits and - _ . ~, without a query'
  }
  return undefined
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])

/**
 * Refuses a path that a server behind the gateway could interpret as another path than the one that was allowed.
 *
 * @param pathname of the URL, percent-encoded
 * @returns the path without a trailing slash: a few documented paths have one, and are equivalent to the path without it
 * @throws {Refusal} 400 `PATH_INVALID`
 * @example
 * ```ts
 * safePathname('/v3/pay/transactions/out-trade-no/A%201') // '/v3/pay/transactions/out-trade-no/A%201'
 * safePathname('/v3/pay/..%2Frefund') // throws
 * ```
 */
export function safePathname(pathname: string): string {
  if (pathname === '/') return pathname
  const path = pathname.replace(/\/$/, '')
  const ambiguity = ambiguityOf(path)
  if (!ambiguity) return path
  throw new Refusal({
    status: 400,
    code: 'PATH_INVALID',
    detail: `The path has ${ambiguity}, so that it could be interpreted as another path. Percent-encode each value once, and only reserved characters.`,
  })
}

function ambiguityOf(pathname: string): string | undefined {
  if (!pathname.startsWith('/')) return 'no slash at its beginning'
  // Some servers remove matrix parameters, queries and fragments, others keep them.
  if (/[\\;?#\x00-\x20\x7f]/.test(pathname)) return 'a backslash, a semicolon, a space or a control character'
  // Equivalent to the character itself (RFC 3986, 6.2.2.2), by which a proxy may replace it.
  if (/%(?:2[DdEe]|3\d|[46][1-9A-Fa-f]|[57][\dAa]|5[Ff]|7[Ee])/.test(pathname))
    return 'a percent-encoded letter, digit or one of - . _ ~'
  for (const segment of pathname.slice(1).split('/')) {
    const ambiguity = segmentAmbiguity(segment)
    if (ambiguity) return ambiguity
  }
  return undefined
}

function segmentAmbiguity(segment: string): string | undefined {
  if (segment === '') return 'an empty segment'
  const decoded = decode(segment)
  if (decoded === undefined) return 'a malformed percent-encoding'
  if (decoded === '.' || decoded === '..') return 'a dot segment'
  if (/[/\\;?#]/.test(decoded)) return 'a percent-encoded separator (/ \\ ; ? #)'
  if (/[\x00-\x1f\x7f-\x9f]/.test(decoded)) return 'a control character'
  if (decoded.includes('%')) return 'a percent-encoded percent sign'
  return undefined
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}
