import type { Trait } from '../../src/definitions/trait.ts'
import { filledMeta } from './client-fields.ts'
import type { Endpoint, ResponseKind } from './endpoint.ts'
import { fieldsOf } from './fields.ts'
import { refuseRepeated } from './idempotence.ts'
import { chained, erased, placeholder, property, quoted, segmentsOf, unchained } from './names.ts'
import { type Api, type Document, HOME, isJson, prefixOf, type Schema } from './openapi.ts'
import { DefinitionError } from './source.ts'
import { type TraitRow, writeTable } from './trait-table.ts'

/** Writes `traits.ts`: the facts about endpoints that the client needs at run time. */
export function writeTraits(document: Document, endpoints: readonly Endpoint[]): string {
  const { table, accessPoints } = writeTable(rowsOf(document, endpoints))
  const segments = [...irregularSegments(endpoints)].sort(byKey)
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    "import type { Trait } from '../trait.ts'",
    '',
    '/** Traits of the endpoints, in the format of `trait-table.ts`. Plain endpoints are omitted. */',
    `export const table =\n  ${quoted(table)}`,
    '',
    '/** Access points, by their digit in the table. */',
    `export const accessPoints: readonly Trait[] = ${JSON.stringify(accessPoints, null, 2)}`,
    '',
    '/** Path segments that do not follow the default rule of chains (`-` and lower case for each capital). */',
    'export const segments: Readonly<Record<string, string>> = {',
    ...segments.map(([written, segment]) => `  ${property(written)}: ${quoted(segment)},`),
    '}',
    '',
  ].join('\n')
}

/** Traits that the client does not implement for an API. */
const UNDONE: Readonly<Record<Api, readonly (keyof Trait)[]>> = {
  v2: ['encryptQuery'],
  v3: ['encryptForBank', 'form'],
  brand: ['encryptForBank', 'form'],
}

/** Collects the traits by method and path; endpoints that differ only in the names of placeholders are the same. */
function rowsOf(document: Document, endpoints: readonly Endpoint[]): TraitRow[] {
  const rows = new Map<string, TraitRow>()
  for (const endpoint of endpoints) {
    const { api, method } = endpoint
    refuseRepeated(document, endpoint)
    const row = { method, path: erased(endpoint.path), trait: traitOf(document, endpoint) }
    const key = `${method} ${row.path}`
    const undone = UNDONE[api].find(member => member in row.trait)
    if (undone) throw new DefinitionError([`the client does not implement "${undone}" in ${api}, which ${key} needs`])
    const earlier = rows.get(key)
    if (earlier && JSON.stringify(earlier.trait) !== JSON.stringify(row.trait))
      throw new DefinitionError([`two definitions of ${key} differ in their traits`])
    rows.set(key, row)
  }
  return [...rows.values()]
}

export function traitOf(document: Document, endpoint: Endpoint): Trait {
  const { api, operation, query, body, response } = endpoint
  const sent = [...fieldsOf(document, body?.schema)]
  const asked = query.flatMap(({ name, schema = {} }) => [...fieldsOf(document, { properties: { [name]: schema } })])
  const responseFields = [...fieldsOf(document, response.schema)]
  const signType = [...sent, ...asked].find(([path]) => path === 'sign_type')?.[1]
  const signed = responseFields.some(([path]) => path === 'sign')
  const servers = operation.servers ?? [{ url: HOME }]
  // Another prefix is another system, not an alternative of the first.
  const same = servers.filter(server => prefixOf(server) === prefixOf(servers[0]!))
  const [base, alternative] = same.map(({ url }) => url.replace(/\/$/, ''))
  const isV2 = api === 'v2'
  return given<Trait>({
    base: base === HOME ? undefined : `${base}/`,
    alternative: alternative && `${alternative}/`,
    slash: endpoint.path.endsWith('/') ? true : undefined,
    mtls: operation['x-mtls'] ? true : undefined,
    nonceless: operation['x-nonceless'] ? true : undefined,
    signType: isV2 && signType ? preferredSignType(signType) : undefined,
    unsigned: operation['x-unsigned'] || (isV2 && response.kind !== 'redirect' && !signed) ? true : undefined,
    response: responseFormat(api, response.kind),
    encrypt: encrypted(sent, 'rsa'),
    encryptQuery: encrypted(asked, 'rsa'),
    encryptForBank: encrypted(sent, 'rsa-bank'),
    decrypt: encrypted(responseFields, 'rsa'),
    meta: body?.kind === 'multipart' && !isV2 ? madeMeta(sent) : undefined,
    json: holding(responseFields, isJson),
    // APIv2 sends every object as JSON.
    encode: isV2 ? undefined : holding(sent, isJson)?.reverse(),
    encodeQuery: isV2 ? undefined : holding(asked, isJson)?.reverse(),
    form: holding(sent, isForm),
  })
}

/** Returns the format of a response that is not in the API's own format. */
function responseFormat(api: Api, kind: ResponseKind): Trait['response'] {
  if (kind === 'file' || kind === 'redirect') return kind
  return api === 'v2' && kind === 'json' ? kind : undefined
}

const preferredSignType = ({ enum: values }: Schema): Trait['signType'] =>
  !values || values.includes('HMAC-SHA256') ? 'HMAC-SHA256' : 'MD5'

/** Lists the members of an upload's `meta` that the client fills in, unless they are the usual ones. */
function madeMeta(sent: Fields): string[] | undefined {
  const names = filledMeta(sent.flatMap(([path]) => /^meta\.(\w+)$/.exec(path)?.[1] ?? []))
  return names.join() === 'filename,sha256' ? undefined : names
}

type Fields = readonly [path: string, field: Schema][]

const encrypted = (fields: Fields, how: string): string[] | undefined =>
  paths(fields, ({ items, ...field }) => (items ?? field)['x-encrypted'] === how)

const holding = (fields: Fields, is: (mediaType: string) => boolean): string[] | undefined =>
  paths(fields, ({ contentMediaType }) => is(contentMediaType ?? ''))

const isForm = (mediaType: string): boolean => mediaType === 'application/x-www-form-urlencoded'

function paths(fields: Fields, wanted: (field: Schema) => boolean): string[] | undefined {
  const found = new Set(fields.filter(([, field]) => wanted(field)).map(([path]) => path))
  return found.size > 0 ? [...found] : undefined
}

/** Removes undefined members. */
const given = <T extends object>(value: { [K in keyof T]: T[K] | undefined }): T =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T

/** Collects the literal segments that the default rule of chains does not restore, by their property. */
function irregularSegments(endpoints: readonly Endpoint[]): Map<string, string> {
  const spelt = new Map<string, string>()
  for (const segment of new Set(endpoints.flatMap(({ path }) => segmentsOf(path)))) {
    if (placeholder(segment) !== undefined) continue
    const earlier = spelt.get(chained(segment))
    if (earlier !== undefined)
      throw new DefinitionError([`a chain would write both ${earlier} and ${segment} as ${chained(segment)}`])
    spelt.set(chained(segment), segment)
  }
  return new Map([...spelt].filter(([written, segment]) => unchained(written) !== segment))
}

const byKey = ([first]: [string, string], [second]: [string, string]): number => (first < second ? -1 : 1)
