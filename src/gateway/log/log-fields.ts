import { shapes, table } from '../generated/log-fields.ts'
import { readPaths } from '../path-table.ts'

/** What a log does with a member: shows it, hides it, or looks at the members that it has itself. */
export type Member = 'shown' | 'redacted' | 'encrypted' | Shape

/** The members that an object may have by its definition. */
export type Shape = (name: string) => Member | undefined

/** What a log may show of a request. */
export interface LogFields {
  /** Which segments of the path stand for placeholders, from 0, and which of those may be shown. */
  readonly placeholders: ReadonlyMap<number, boolean>
  readonly query: Shape
  readonly body: Shape
}

const paths = readPaths(table)

/**
 * Finds what a log may show of a request.
 *
 * @param path with its API before it: `/v3/pay/transactions/jsapi`, `/v2/pay/unifiedorder`
 * @returns undefined: no definition has such an endpoint
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
 * Tells whether a definition has an endpoint.
 *
 * @param path filled in, with its API before it
 * @example
 * ```ts
 * isDefinedEndpoint('GET', '/v3/certificates') // true
 * ```
 */
export const isDefinedEndpoint = (method: string, path: string): boolean => paths.find(method, path) !== undefined

/** Lists the endpoints of the definitions, with their API before them and `*` for a placeholder. */
export const definedEndpoints: () => [method: string, path: string][] = paths.endpoints

/** Whether a segment stands literally in the path of any endpoint: it says nothing about anybody. */
export const isDefinedSegment: (segment: string) => boolean = paths.hasSegment

let lines: readonly string[] | undefined
const read = new Map<number, Shape>()

function shapeOf(number: number): Shape {
  const known = read.get(number)
  if (known) return known
  lines ??= shapes.split('\n')
  const members = new Map(lines[number]!.split(',').filter(Boolean).map(memberOf))
  // `coupon_id_0`, `coupon_id_1`, … are one member: `coupon_id_#`.
  const shape: Shape = name => members.get(name) ?? members.get(name.replace(/\d+/g, '#'))
  read.set(number, shape)
  return shape
}

/** `name`, `-name`, `!name`, `name:7`. */
function memberOf(text: string): [name: string, Member] {
  if (text.startsWith('-')) return [text.slice(1), 'redacted']
  if (text.startsWith('!')) return [text.slice(1), 'encrypted']
  const [name = '', number] = text.split(':')
  if (number === undefined) return [name, 'shown']
  // Read when it is asked for: most shapes never are.
  return [name, member => shapeOf(Number(number))(member)]
}
