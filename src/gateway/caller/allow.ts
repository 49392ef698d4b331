import { Refusal } from '../problem.ts'

/** `METHOD[,METHOD] /path` or `* /path`. */
const PATTERN = /^(\*|[A-Z]+(?:,[A-Z]+)*) (\/\S*)$/

/**
 * Compiles what a caller may call: `GET,POST /v3/pay/transactions/*`, `* /v2/**`. `*` is exactly one segment, `**`, last
 * of all, one or more.
 *
 * @param allow patterns of which {@link problemOfAllow} has nothing to say
 * @returns tells whether a method and a path, of which {@link safePathname} has let by, fit any of them
 */
export function compileAllow(allow: readonly string[]): (method: string, pathname: string) => boolean {
  const rules = allow.map(compile)
  return (method, pathname) => {
    const segments = pathname.split('/')
    return rules.some(({ methods, fits }) => (methods?.includes(method) ?? true) && fits(segments))
  }
}

interface Rule {
  /** Undefined: any. */
  readonly methods: readonly string[] | undefined
  readonly fits: (segments: readonly string[]) => boolean
}

function compile(pattern: string): Rule {
  const [, methods, path] = PATTERN.exec(pattern) ?? []
  // What cannot be read allows nothing.
  if (!methods || !path) return { methods: [], fits: () => false }
  const due = path.split('/')
  const isOpen = due.at(-1) === '**'
  const start = isOpen ? due.slice(0, -1) : due
  return {
    methods: methods === '*' ? undefined : methods.split(','),
    fits: segments =>
      (isOpen ? segments.length > start.length : segments.length === start.length) &&
      start.every((segment, at) => segment === '*' || segment === segments[at]),
  }
}

/**
 * Says what is wrong with a pattern.
 *
 * @returns a half sentence for whoever wrote it; undefined where nothing is
 */
export function problemOfAllow(pattern: string): string | undefined {
  const [, , path] = PATTERN.exec(pattern) ?? []
  if (!path) return 'is not "METHOD /path": "POST /v3/pay/transactions/*", "GET,DELETE /v3/**", "* /v2/**"'
  if (/[?#]/.test(path)) return 'has a query. A path alone is due'
  const segments = path.slice(1).split('/')
  if (segments.slice(0, -1).includes('**')) return 'has "**" before its end. It may stand last alone'
  if (segments.some(segment => /\*/.test(segment) && !/^\*\*?$/.test(segment)))
    return 'has "*" within a segment. It stands for a whole one'
  const unsafe = segments.find(segment => problemOfSegment(segment))
  return unsafe === undefined ? undefined : `could fit no request: a segment ${problemOfSegment(unsafe)}`
}

/**
 * Refuses a path that another reader than this gateway could take for another one.
 *
 * @param pathname that of the request's URL, percent-encoded
 * @returns the same
 * @throws {Refusal} 400 `PATH_INVALID`
 */
export function safePathname(pathname: string): string {
  for (const segment of pathname.slice(1).split('/')) {
    const problem = problemOfSegment(segment)
    if (problem) throw new Refusal({ status: 400, code: 'PATH_INVALID', detail: `A segment of the path ${problem}.` })
  }
  return pathname
}

function problemOfSegment(segment: string): string | undefined {
  if (segment === '') return 'is empty'
  let decoded: string
  try {
    decoded = decodeURIComponent(segment)
  } catch {
    return 'is malformed in its percent-encoding'
  }
  if (decoded === '.' || decoded === '..') return 'leads elsewhere'
  if (/[/\\\x00-\x1f\x7f-\x9f]/.test(decoded)) return 'holds a character that no segment may hold'
  if (/%[0-9a-f]{2}/i.test(decoded)) return 'is encoded twice'
  return undefined
}
