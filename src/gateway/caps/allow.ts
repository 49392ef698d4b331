import { Refusal } from '../problem.ts'

/** Says whether a call is among those that are allowed. */
export type Allowed = (method: string, pathname: string) => boolean

/** A pattern, read. */
export interface Pattern {
  /** Undefined: any. */
  readonly methods: ReadonlySet<string> | undefined
  readonly segments: readonly string[]
  /** It ends with `**`: one segment more, or several. */
  readonly isOpen: boolean
}

/**
 * Compiles what a caller may call. Whatever fits no pattern is not allowed; there is nothing that forbids.
 *
 * @param allow `POST /v3/pay/transactions/*`, `GET,DELETE /v3/**`, `* /v2/pay/orderquery`: `*` is any method, or exactly
 * one segment; `**`, the last, is one segment or more
 * @returns takes a path that {@link safePathname} let through
 * @throws {TypeError} a pattern is none: see {@link patternFault}
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
    return patterns.some(pattern => fits(pattern, method, segments))
  }
}

/** @throws {TypeError} it is none: see {@link patternFault} */
export function compilePattern(text: string): Pattern {
  const fault = patternFault(text)
  if (fault) throw new TypeError(`${JSON.stringify(text)}: ${fault}`)
  const [methods, path] = text.trim().split(/ +/) as [string, string]
  const segments = path.replace(/\/$/, '').split('/')
  const isOpen = segments.at(-1) === '**'
  return {
    methods: methods === '*' ? undefined : new Set(methods.split(',')),
    segments: isOpen ? segments.slice(0, -1) : segments,
    isOpen,
  }
}

function fits({ methods, segments, isOpen }: Pattern, method: string, given: readonly string[]): boolean {
  if (methods && !methods.has(method)) return false
  if (isOpen ? given.length <= segments.length : given.length !== segments.length) return false
  if (given.includes('', 1)) return false
  return segments.every((segment, at) => segment === given[at] || (segment === '*' && at > 0))
}

/**
 * What is wrong with a pattern, and what to write instead; undefined when nothing is.
 *
 * @example
 * ```ts
 * patternFault('/v3/**') // 'it begins with a method …'
 * ```
 */
export function patternFault(text: string): string | undefined {
  const parts = text.trim().split(/ +/)
  const [methods = '', path = ''] = parts
  if (methods.startsWith('/')) return 'it begins with a method, or * for any: "GET /v3/certificates", "* /v3/**"'
  if (parts.length !== 2 || !path.startsWith('/'))
    return 'write a method, a blank and a path: "POST /v3/pay/transactions/*"'
  if (methods !== '*' && !methods.split(',').every(method => METHODS.has(method)))
    return `methods are ${[...METHODS].join(', ')}, in capitals, several with commas between them, or * for any`
  const segments = path.slice(1).replace(/\/$/, '').split('/')
  for (const [at, segment] of segments.entries()) {
    if (segment === '' || segment === '.' || segment === '..') return 'a path has neither empty segments nor . and ..'
    if (/^[{:]/.test(segment)) return `write * in place of ${segment}`
    if (segment === '**' && at < segments.length - 1) return '** is the last segment: what follows it is in it already'
    if (segment.includes('*') && segment !== '*' && segment !== '**') return '* is a whole segment, never a part of one'
    if (!/^(?:\*\*?|[\w.~-]+)$/.test(segment))
      return 'a path has letters, digits and - _ . ~ between its slashes; no query'
  }
  return undefined
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])

/**
 * Refuses a path that somebody behind the gateway might take for another than the one that was allowed.
 *
 * @param pathname as the URL has it, percent-encoded
 * @returns the same, without a slash at its end: a few documented paths have one, and mean the same path
 * @throws {Refusal} 400 `PATH_INVALID`
 * @example
 * ```ts
 * safePathname('/v3/pay/transactions/out-trade-no/A%201') // as it is
 * safePathname('/v3/pay/..%2Frefund') // throws
 * ```
 */
export function safePathname(pathname: string): string {
  if (pathname === '/') return pathname
  const path = pathname.replace(/\/$/, '')
  const fault = faultOf(path)
  if (!fault) return path
  throw new Refusal({
    status: 400,
    code: 'PATH_INVALID',
    detail: `The path has ${fault}, and could be read as another path. Percent-encode each value once, and only what has to be.`,
  })
}

function faultOf(pathname: string): string | undefined {
  if (!pathname.startsWith('/')) return 'no slash at its beginning'
  // Matrix parameters, queries and fragments are cut off by one server and kept by another.
  if (/[\\;?#\x00-\x20\x7f]/.test(pathname)) return 'a backslash, a semicolon, a blank or a control character'
  // RFC 3986, 6.2.2.2: the same as the character itself, which a proxy may put in its place.
  if (/%(?:2[DdEe]|3\d|[46][1-9A-Fa-f]|[57][\dAa]|5[Ff]|7[Ee])/.test(pathname))
    return 'a letter, digit or one of - . _ ~ percent-encoded'
  for (const segment of pathname.slice(1).split('/')) {
    const fault = segmentFault(segment)
    if (fault) return fault
  }
  return undefined
}

function segmentFault(segment: string): string | undefined {
  if (segment === '') return 'an empty segment'
  const decoded = decode(segment)
  if (decoded === undefined) return 'a malformed percent-encoding'
  if (decoded === '.' || decoded === '..') return 'a dot segment'
  if (/[/\\;?#]/.test(decoded)) return 'a separator (/ \\ ; ? #) percent-encoded'
  if (/[\x00-\x1f\x7f-\x9f]/.test(decoded)) return 'a control character'
  if (decoded.includes('%')) return 'a percent sign percent-encoded'
  return undefined
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}
