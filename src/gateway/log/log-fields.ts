import { segmentsOf } from '../../definitions/path-tree.ts'
import { shapes, table } from '../generated/log-fields.ts'
import { readPaths } from '../path-table.ts'

/** Determines whether a log shows a member. A {@link Shape} means that the member is an object. */
export type Member = 'shown' | 'redacted' | 'encrypted' | Shape

/** Finds a member of an object; undefined if the definition does not have it. */
export type Shape = (name: string) => Member | undefined

/** The parts of a request that a log may show. */
export interface LogFields {
  /** The indexes of the path segments that are placeholders, from 0, and whether each may be shown. */
  readonly placeholders: ReadonlyMap<number, boolean>
  readonly query: Shape
  readonly body: Shape
}

const paths = readPaths(table)

/**
 * Finds the parts of a request that a log may show.
 *
 * @param path beginning with its API: `/v3/pay/transactions/jsapi`, `/v2/pay/unifiedorder`
 * @returns undefined if no definition has the endpoint
 */
export function logFieldsOf(method: string, path: string): LogFields | undefined {
  const found = paths.find(method, path)
  if (!found) return undefined
  const [query, body, bits = ''] = found.word.split('.')
  return {
    placeholders: new Map(found.placeholders.map((segment, at) => [segment, bits[at] === '1'])),
    query: shapeOf(Number(query)),
    body: shapeOf(Number(body)),
  }
}

/**
 * Returns whether a definition has an endpoint.
 *
 * @param path with its parameters filled in, beginning with its API
 * @example
 * ```ts
 * isDefinedEndpoint('GET', '/v3/certificates') // true
 * ```
 */
export const isDefinedEndpoint = (method: string, path: string): boolean => paths.find(method, path) !== undefined

/**
 * Returns the path of a definition with its placeholders as `{}`, which contains nothing that the caller chose.
 *
 * @param path with its parameters filled in, beginning with its API
 * @returns the path, APIv2 without `/v2`; undefined if no definition has the endpoint
 * @example
 * ```ts
 * templateOf('GET', '/v3/pay/transactions/id/4200001') // '/v3/pay/transactions/id/{}'
 * ```
 */
export function templateOf(method: string, path: string): string | undefined {
  const found = paths.find(method, path)
  if (!found) return undefined
  const segments = segmentsOf(path).map((segment, at) => (found.placeholders.includes(at) ? '{}' : segment))
  return `/${segments.join('/')}`.replace(/^\/v2(?=\/)/, '')
}

/** Lists the endpoints of the definitions. The paths begin with their API and have `*` for a placeholder. */
export const definedEndpoints: () => [method: string, path: string][] = paths.endpoints

/** Returns whether a segment is a literal in the path of any endpoint, so that it cannot be personal data. */
export const isDefinedSegment: (segment: string) => boolean = paths.hasSegment

let lines: readonly string[] | undefined
const cache = new Map<number, Shape>()

function shapeOf(number: number): Shape {
  const cached = cache.get(number)
  if (cached) return cached
  lines ??= shapes.split('\n')
  const members = new Map(lines[number]!.split(',').filter(Boolean).map(memberOf))
  // `coupon_id_0`, `coupon_id_1`, … have one definition: `coupon_id_#`.
  const shape: Shape = name => members.get(name) ?? members.get(name.replace(/\d+/g, '#'))
  cache.set(number, shape)
  return shape
}

/** Parses `name` (shown), `-name` (redacted), `!name` (encrypted) or `name:7` (the number of a shape). */
function memberOf(text: string): [name: string, Member] {
  if (text.startsWith('-')) return [text.slice(1), 'redacted']
  if (text.startsWith('!')) return [text.slice(1), 'encrypted']
  const [name = '', number] = text.split(':')
  if (number === undefined) return [name, 'shown']
  // Parsed at its first use, because most shapes are never used.
  return [name, member => shapeOf(Number(number))(member)]
}
