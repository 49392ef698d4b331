import { isRepeatable } from '../../src/definitions/repeatable.ts'
import { METHODS } from '../../src/definitions/trait-table.ts'
import type { Endpoint } from './endpoint.ts'
import { fieldsOf } from './fields.ts'
import { erased, quoted } from './names.ts'
import type { Document } from './openapi.ts'
import { PathTable } from './path-table.ts'
import { DefinitionError } from './source.ts'

/** The effect of sending a call twice that is no GET. */
export type Idempotence =
  /** It asks, and changes nothing. */
  | 'query'
  /** It stores a file, which does nothing until its id is used. */
  | 'upload'
  /** A number of the caller's own makes both calls one: the field, the placeholder or the header that has it. */
  | { readonly by: string }
  /** It is carried out a second time, or nobody knows. */
  | 'once'

const KEY = 'Idempotency-Key'
/** Fields by which a caller numbers what a call makes, the most telling first. An endpoint where one is only a reference is marked `none`. */
const NUMBERS =
  /^(?:(?:combine_)?out_\w+_(?:no|code)|out_(?:order|applyment|operation|batch)_id|\w+_request_no|mch_billno|partner_trade_no|business_code|contract_code|idempotent_id|fapiao_apply_id|merchant_(?:sign_)?plan_no|merchant_submit_id|authenticate_number)$/
/** An order's numbers name what a call makes only where it has no other. */
const REFERENCES = /^(?:combine_)?out_(?:trade|order)_no$/
/** An action done once to something that the path names by the caller's number. */
const NAMED =
  /\/out-[\w-]+\/\{(\w+)\}\/[\w-]+$|\{((?:combine_)?out_\w+_no|merchant_\w*plan_no)\}\/(?:cancel|close|complete|reverse|stop|unlock)$/
/** By the last segment of its path. */
const QUERY = /query|^check|^search|^download|^get|^exposure$|^parking-fee$/

/**
 * Returns the effect of sending a call of an endpoint twice, by its definition's `x-idempotent-by`, by its header `Idempotency-Key`, by its
 * fields and placeholders.
 */
export function idempotenceOf(
  document: Document,
  { path, operation, headers, body, placeholders }: Endpoint,
): Idempotence {
  const fields = [...fieldsOf(document, body?.schema)].map(([name]) => name)
  const marked = operation['x-idempotent-by']
  if (marked !== undefined && marked !== 'none' && ![...fields, ...placeholders].includes(marked))
    throw new DefinitionError([`x-idempotent-by: ${path} has no "${marked}"`])
  if (marked !== undefined) return marked === 'none' ? 'once' : { by: marked }
  if (body?.kind === 'multipart') return 'upload'
  if (QUERY.test(path.slice(path.lastIndexOf('/') + 1))) return 'query'
  if (headers.some(({ name, required }) => name === KEY && required)) return { by: KEY }
  const numbers = fields.filter(name => NUMBERS.test(name))
  const number = numbers.find(name => !REFERENCES.test(name)) ?? numbers[0]
  if (number !== undefined) return { by: number }
  const named = NAMED.exec(path)?.find((name, at) => at > 0 && name)
  return named === undefined ? 'once' : { by: named }
}

/** Values of placeholders that read like a word which the client goes by. */
const VALUES: readonly string[] = ['order1', 'Apply', 'sharing1', 'reverse1', 'query1', 'upload1', 'out-1']

/**
 * Makes sure that the client, which goes by the names in path and message, does not repeat a call that must not be sent twice.
 * It may take a call for one, which costs a repetition.
 *
 * @throws {DefinitionError} it would repeat this one
 */
export function refuseRepeated(document: Document, endpoint: Endpoint): void {
  const { method, path, body } = endpoint
  if (method === 'GET' || idempotenceOf(document, endpoint) !== 'once') return
  const names = [...fieldsOf(document, body?.schema)].map(([name]) => [name, 'given'])
  const sent = ['{id}', ...VALUES].map(value => path.replace(/\{\w+\}/g, value))
  if (sent.some(path => isRepeatable({ method, path, body: Object.fromEntries(names) })))
    throw new DefinitionError([
      `the client would send ${method} ${path} twice. Add its name to ONCE of src/definitions/repeatable.ts`,
    ])
}

const numberOf = (idempotence: Idempotence): string => (typeof idempotence === 'string' ? '' : idempotence.by)

/**
 * Writes `idempotence.ts`: the calls that may be sent twice, for the gateway, which has room for all of them. A tree in a text,
 * as that of the amounts; a word is {@link METHODS} and the number of the field that the body must have.
 */
export function writeIdempotence(document: Document, endpoints: readonly Endpoint[]): string {
  const numbers = ['']
  const words = new Map<string, { endpoint: Endpoint; word: string }>()
  for (const endpoint of endpoints) {
    const idempotence = idempotenceOf(document, endpoint)
    if (endpoint.method === 'GET' || idempotence === 'once') continue
    const fields = [...fieldsOf(document, endpoint.body?.schema)].map(([name]) => name)
    const number = numberOf(idempotence)
    // A placeholder and a header that is required are always there.
    const field = fields.includes(number) ? number : ''
    if (!numbers.includes(field)) numbers.push(field)
    const word = `${METHODS[endpoint.method]}${numbers.indexOf(field)}`
    words.set(`${endpoint.method} ${endpoint.api} ${erased(endpoint.path)}`, { endpoint, word })
  }
  const table = new PathTable()
  for (const { endpoint, word } of words.values()) table.add(endpoint, word)
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    '',
    '/** The endpoints whose calls may be sent twice, and the number of the field that makes both one. */',
    `export const table: string =\n  ${quoted(String(table))}`,
    '',
    '/** Fields by their number; the empty one where no field is needed. */',
    `export const numbers: readonly string[] = [${numbers.map(quoted).join(', ')}]`,
    '',
  ].join('\n')
}
