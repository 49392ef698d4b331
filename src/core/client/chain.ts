import type { Api } from '../../definitions/call.ts'
import { segments as exceptions } from '../../definitions/generated/traits.ts'
import { CallError } from '../base/errors.ts'
import { percentEncode } from '../codec/query.ts'

/** The last word of a chain. */
export type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete' | 'url'

const VERBS: readonly string[] = ['get', 'post', 'put', 'patch', 'delete', 'url'] satisfies Verb[]

/** The endpoint and verb of a finished chain. */
export interface Target {
  api: Api
  /** Begins with `/`, placeholders as `{name}`; APIv2 without `/v2`. */
  template: string
  verb: Verb
}

/** A chain of any endpoint. The generated types say what it takes and returns. */
export interface Chain {
  // biome-ignore lint/suspicious/noExplicitAny: the types of a chain are generated, endpoint by endpoint
  (...args: any[]): any
  readonly [segment: string]: Chain
}

/**
 * Creates a path that grows with every property and ends with a verb. `delete` is a verb when it is called, and a
 * segment when a property follows. A chain is not thenable, so `await` does not call it.
 *
 * @param path the segments so far, the API first
 * @param call makes the call of a complete chain
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

/**
 * Splits a property into segments: a whole path if it has a slash, otherwise one segment in camelCase for kebab-case.
 */
const segmentsOf = (property: string): string[] => (property.includes('/') ? splitPath(property) : [kebab(property)])

/** Splits `v3/pay/transactions/native`, with or without a slash before it. */
export const splitPath = (path: string): string[] => path.replace(/^\/+|\/+$/g, '').split('/')

function kebab(segment: string): string {
  if (placeholderOf(segment) !== undefined) return segment
  if (Object.hasOwn(exceptions, segment)) return exceptions[segment]!
  return segment.replace(/[A-Z]/g, capital => `-${capital.toLowerCase()}`)
}

/** Returns the name of a placeholder: `_name_`, `$name$` or `{name}`. */
const placeholderOf = (segment: string): string | undefined =>
  /^(?:_(\w+)_|\$(\w+)\$|\{(\w+)\})$/.exec(segment)?.slice(1).find(Boolean)

/**
 * Throws synchronously, unlike all other errors of a call: code without a verb, which looks like a property, is not
 * awaited.
 */
function refuseWithoutVerb(path: readonly string[]): void {
  if (path.length > 2 && VERBS.includes(path.at(-1)!)) return
  const written = path.join('.')
  throw new CallError('VERB_UNKNOWN', written, `does not end with a verb: .${VERBS.join(', .')}`)
}

function targetOf(path: readonly string[]): Target {
  const [api, template] = readPath(path.slice(0, -1), placeholderOf)
  return { api, template, verb: path.at(-1) as Verb }
}

/**
 * Reads the segments of a path, the API first: `['v3', '/v3/pay/…']`, `['v2', '/pay/…']`.
 *
 * @param nameOf returns the name of a placeholder; without it, no segment is a placeholder
 * @throws {CallError} `PATH_PARAMETER_INVALID`
 */
export function readPath(
  [api, ...segments]: readonly string[],
  nameOf: (segment: string) => string | undefined = () => undefined,
): [Api, string] {
  if (!APIS.includes(api!)) throw invalidSegment(String(api), `a path begins with ${APIS.join(', ')}`)
  const path = segments.map(segment => {
    const name = nameOf(segment)
    return name === undefined ? requireSegment(segment) : `{${name}}`
  })
  return [api as Api, `${api === 'v2' ? '' : `/${api}`}/${path.join('/')}`]
}

const APIS: readonly string[] = ['v2', 'v3', 'brand'] satisfies Api[]

/**
 * Fills the placeholders of a path.
 *
 * @param values by name; names without a placeholder are ignored
 * @throws {CallError} `PATH_PARAMETER_MISSING`, `PATH_PARAMETER_INVALID`
 */
export function fillPath(template: string, values: Readonly<Record<string, unknown>>): string {
  return template.replace(PLACEHOLDER, (_, name: string) => {
    const value = values[name]
    if (value === undefined || value === null)
      throw new CallError('PATH_PARAMETER_MISSING', name, `${template} needs { ${name}: … } in the options`)
    if (typeof value !== 'string' && typeof value !== 'bigint' && !Number.isSafeInteger(value))
      throw invalidSegment(name, 'neither text nor an integer')
    return percentEncode(refuseDots(String(value), name), name, 'PATH_PARAMETER_INVALID')
  })
}

const PLACEHOLDER = /\{(\w+)\}/g

/** Accepts a segment of RFC 3986, 3.3, unchanged. */
function requireSegment(segment: string): string {
  if (/[^\w.~!$&'()*+,;=:@%-]/.test(segment))
    throw invalidSegment(segment, 'not a path segment. A query goes into { params }')
  return refuseDots(segment, segment)
}

/** Refuses an empty segment and dot segments in every spelling of the URL standard: they would lead to another path. */
function refuseDots(segment: string, name: string): string {
  if (segment && !/^(?:\.|%2e){1,2}$/i.test(segment)) return segment
  throw invalidSegment(name, `"${segment}" leads to another path`)
}

const invalidSegment = (name: string, why: string): CallError => new CallError('PATH_PARAMETER_INVALID', name, why)
