import { percentEncode } from './codec/query.ts'
import { segments as exceptions } from './endpoints/generated/traits.ts'
import { CallError } from './errors.ts'

/** The last word of a chain. */
export type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete' | 'url'

const VERBS: readonly string[] = ['get', 'post', 'put', 'patch', 'delete', 'url'] satisfies Verb[]

/** What a finished chain asks for. */
export interface Target {
  api: 'v2' | 'v3'
  /** Begins with `/`, placeholders as `{name}`; APIv2 without `/v2`. */
  template: string
  verb: Verb
}

/** Any chain: what it is called with and gives is for the generated types to say. */
export interface Chain {
  // biome-ignore lint/suspicious/noExplicitAny: the types of a chain are generated, endpoint by endpoint
  (...args: any[]): any
  readonly [segment: string]: Chain
}

/**
 * A path that grows with every property and ends with a verb. `delete` is both: called, it is the verb; followed by a
 * property, a segment. A chain is never a thenable, so that `await` leaves it alone.
 *
 * @param path the segments so far, the API first
 * @param call carries out the finished chain
 */
export function chain(path: readonly string[], call: (target: Target, args: unknown[]) => unknown): Chain {
  return new Proxy((() => {}) as unknown as Chain, {
    get(_, property) {
      if (property === Symbol.toPrimitive) return () => path.join('/')
      if (typeof property === 'symbol' || property === 'then' || property === 'toJSON') return undefined
      return chain([...path, ...segmentsOf(property)], call)
    },
    apply(_, _this, args) {
      refuseWithoutVerb(path)
      return (async () => call(targetOf(path), args))()
    },
  })
}

/** A property is one segment, camelCase for kebab-case; with a slash it is a path as it stands. */
const segmentsOf = (property: string): string[] => (property.includes('/') ? splitPath(property) : [kebab(property)])

/** Takes `v3/pay/transactions/native`, with or without a slash before it. */
export const splitPath = (path: string): string[] => path.replace(/^\/+|\/+$/g, '').split('/')

function kebab(segment: string): string {
  if (placeholderOf(segment) !== undefined) return segment
  if (Object.hasOwn(exceptions, segment)) return exceptions[segment]!
  return segment.replace(/[A-Z]/g, capital => `-${capital.toLowerCase()}`)
}

/** `_name_`, `$name$` and `{name}` are one. */
const placeholderOf = (segment: string): string | undefined =>
  /^(?:_(\w+)_|\$(\w+)\$|\{(\w+)\})$/.exec(segment)?.slice(1).find(Boolean)

/** At once, where all else that is wrong with a call is a rejection: nobody awaits what they took for a property. */
function refuseWithoutVerb(path: readonly string[]): void {
  if (path.length > 2 && VERBS.includes(path.at(-1)!)) return
  const written = path.join('.')
  throw new CallError('VERB_UNKNOWN', written, `no verb at its end: .${VERBS.join(', .')}`)
}

function targetOf(path: readonly string[]): Target {
  const [api, template] = readPath(path.slice(0, -1), placeholderOf)
  return { api, template, verb: path.at(-1) as Verb }
}

/**
 * Reads the segments of a path, the API first: `['v3', '/v3/pay/…']`, `['v2', '/pay/…']`.
 *
 * @param nameOf tells a placeholder's name; without it no segment is one
 * @throws {CallError} `PATH_PARAMETER_INVALID`
 */
export function readPath(
  [api, ...segments]: readonly string[],
  nameOf: (segment: string) => string | undefined = () => undefined,
): ['v2' | 'v3', string] {
  if (api !== 'v2' && api !== 'v3') throw invalid(String(api), 'a path begins with v2 or v3')
  const path = segments.map(segment => {
    const name = nameOf(segment)
    return name === undefined ? literal(segment) : `{${name}}`
  })
  return [api, `${api === 'v3' ? '/v3' : ''}/${path.join('/')}`]
}

/**
 * Fills the placeholders of a path.
 *
 * @param values by name; whatever is no placeholder's is not looked at
 * @throws {CallError} `PATH_PARAMETER_MISSING`, `PATH_PARAMETER_INVALID`
 */
export function fillPath(template: string, values: Readonly<Record<string, unknown>>): string {
  return template.replace(PLACEHOLDER, (_, name: string) => {
    const value = values[name]
    if (value === undefined || value === null)
      throw new CallError('PATH_PARAMETER_MISSING', name, `${template} needs { ${name}: … } in the options`)
    if (typeof value !== 'string' && typeof value !== 'bigint' && !Number.isSafeInteger(value))
      throw invalid(name, 'neither text nor an integer')
    return percentEncode(refuseDots(String(value), name), name, 'PATH_PARAMETER_INVALID')
  })
}

const PLACEHOLDER = /\{(\w+)\}/g

/** A segment as it stands; RFC 3986, 3.3. */
function literal(segment: string): string {
  if (/[^\w.~!$&'()*+,;=:@%-]/.test(segment)) throw invalid(segment, 'no path segment. A query goes into { params }')
  return refuseDots(segment, segment)
}

/** Nothing, or a dot segment in any spelling of WHATWG URL's, would make another path of this one. */
function refuseDots(segment: string, name: string): string {
  if (segment && !/^(?:\.|%2e){1,2}$/i.test(segment)) return segment
  throw invalid(name, `"${segment}" leads to another path`)
}

const invalid = (name: string, why: string): CallError => new CallError('PATH_PARAMETER_INVALID', name, why)
