import { isRepeatable } from '../../src/definitions/repeatable.ts'
import type { Endpoint } from './endpoint.ts'
import { fieldsOf } from './fields.ts'
import { erased, quoted } from './names.ts'
import type { Document } from './openapi.ts'
import { PathTreeWriter } from './path-tree.ts'
import { DefinitionError } from './source.ts'

/** The effect of sending a call twice; GET is never classified. */
export type Idempotence =
  /** Reads and changes nothing. */
  | 'query'
  /** Stores a file, which has no effect until its id is used. */
  | 'upload'
  /** The caller's own number identifies the repetition: name of the field, placeholder or header. */
  | { readonly by: string }
  /** Carried out twice, or unknown. */
  | 'once'

const KEY = 'Idempotency-Key'
/**
 * Fields with the caller's number for the created object, most specific first. Endpoints where one is only a reference
 * are marked `none`.
 */
const NUMBERS =
  /^(?:(?:combine_)?out_\w+_(?:no|code)|out_(?:order|applyment|operation|batch)_id|\w+_request_no|mch_billno|partner_trade_no|business_code|contract_code|idempotent_id|fapiao_apply_id|merchant_(?:sign_)?plan_no|merchant_submit_id|authenticate_number)$/
/** Order numbers identify the created object only if there is no other number. */
const REFERENCES = /^(?:combine_)?out_(?:trade|order)_no$/
/** Paths of one-time actions on an object that the path identifies by the caller's number. */
const NAMED =
  /\/out-[\w-]+\/\{(\w+)\}\/[\w-]+$|\{((?:combine_)?out_\w+_no|merchant_\w*plan_no)\}\/(?:cancel|close|complete|reverse|stop|unlock)$/
/** Last path segments of queries. */
const QUERY = /query|^check|^search|^download|^get|^exposure$|^parking-fee$/

/**
 * Determines the effect of sending a call of an endpoint twice: from `x-idempotent-by` in its definition, a required
 * header `Idempotency-Key`, or its fields and placeholders.
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

/** Values of placeholders that look like words with a meaning for the client. */
const VALUES: readonly string[] = ['order1', 'Apply', 'sharing1', 'reverse1', 'query1', 'upload1', 'out-1']

/**
 * Checks that the client, which decides by the names in path and message, does not repeat a call that must not be sent
 * twice. The reverse mistake is allowed, because it only costs a retry.
 *
 * @throws {DefinitionError} if the client would repeat the call
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
 * Writes `idempotence.ts`: the calls that may be sent twice, for the gateway, which has room for the whole list. A tree
 * like that of the amounts; its words are the numbers of the field that the body must have.
 */
export function writeIdempotence(document: Document, endpoints: readonly Endpoint[]): string {
  const numbers = ['']
  const words = new Map<string, { endpoint: Endpoint; word: string }>()
  for (const endpoint of endpoints) {
    const idempotence = idempotenceOf(document, endpoint)
    if (endpoint.method === 'GET' || idempotence === 'once') continue
    const fields = [...fieldsOf(document, endpoint.body?.schema)].map(([name]) => name)
    const number = numberOf(idempotence)
    // Placeholders and required headers are always present.
    const field = fields.includes(number) ? number : ''
    if (!numbers.includes(field)) numbers.push(field)
    const word = String(numbers.indexOf(field))
    words.set(`${endpoint.method} ${endpoint.api} ${erased(endpoint.path)}`, { endpoint, word })
  }
  const table = new PathTreeWriter()
  for (const { endpoint, word } of words.values()) table.add(endpoint, word)
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    '',
    '/** Endpoints whose calls may be sent twice, with the number of the field that identifies a repetition. */',
    `export const table: string =\n  ${quoted(String(table))}`,
    '',
    '/** Fields by number; empty if no field is needed. */',
    `export const numbers: readonly string[] = [${numbers.map(quoted).join(', ')}]`,
    '',
  ].join('\n')
}
