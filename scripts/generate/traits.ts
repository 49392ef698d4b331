import type { Trait } from '../../src/definitions/trait.ts'
import { filledMeta } from './client-fields.ts'
import type { AnswerKind, Endpoint } from './endpoint.ts'
import { fieldsOf } from './fields.ts'
import { refuseRepeated } from './idempotence.ts'
import { chained, erased, placeholder, property, quoted, segmentsOf, unchained } from './names.ts'
import { type Api, type Document, HOME, isJson, prefixOf, type Schema } from './openapi.ts'
import { DefinitionError } from './source.ts'
import { type TraitRow, writeTable } from './trait-table.ts'

/** Writes `traits.ts`: what of an endpoint the client must know at run time, and nothing else. */
export function writeTraits(document: Document, endpoints: readonly Endpoint[]): string {
  const { table, accessPoints } = writeTable(rowsOf(document, endpoints))
  const segments = [...irregularSegments(endpoints)].sort(byKey)
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    "import type { Trait } from '../trait.ts'",
    '',
    '/** What is special about the endpoints, as `trait-table.ts` reads it. One that is not here is plain. */',
    `export const table =\n  ${quoted(table)}`,
    '',
    '/** The access points, by their digit in the table. */',
    `export const accessPoints: readonly Trait[] = ${JSON.stringify(accessPoints, null, 2)}`,
    '',
    '/** The path segments that a chain writes otherwise than by the rule (`-` and lower case for each capital). */',
    'export const segments: Readonly<Record<string, string>> = {',
    ...segments.map(([written, segment]) => `  ${property(written)}: ${quoted(segment)},`),
    '}',
    '',
  ].join('\n')
}

/** Traits that the client implements only for the other API. */
const UNDONE: Readonly<Record<Api, readonly (keyof Trait)[]>> = { v2: ['sealQuery'], v3: ['sealBank', 'form'] }

/** The traits by method and path. Two endpoints whose paths differ in the name of a placeholder alone are one. */
function rowsOf(document: Document, endpoints: readonly Endpoint[]): TraitRow[] {
  const rows = new Map<string, TraitRow>()
  for (const endpoint of endpoints) {
    const { api, method } = endpoint
    refuseRepeated(document, endpoint)
    const row = { method, path: erased(endpoint.path), trait: traitOf(document, endpoint) }
    const key = `${method} ${row.path}`
    const undone = UNDONE[api].find(member => member in row.trait)
    if (undone) throw new DefinitionError([`the client has no "${undone}" in ${api}, which ${key} needs`])
    const other = rows.get(key)
    if (other && JSON.stringify(other.trait) !== JSON.stringify(row.trait))
      throw new DefinitionError([`two definitions of ${key} differ in their traits`])
    rows.set(key, row)
  }
  return [...rows.values()]
}

export function traitOf(document: Document, endpoint: Endpoint): Trait {
  const { api, operation, query, body, answer } = endpoint
  const sent = [...fieldsOf(document, body?.schema)]
  const asked = query.flatMap(({ name, schema = {} }) => [...fieldsOf(document, { properties: { [name]: schema } })])
  const answered = [...fieldsOf(document, answer.schema)]
  const signType = [...sent, ...asked].find(([path]) => path === 'sign_type')?.[1]
  const signed = answered.some(([path]) => path === 'sign')
  const servers = operation.servers ?? [{ url: HOME }]
  // Behind another prefix is another system, which does not stand in for the first.
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
    unsigned: operation['x-unsigned'] || (isV2 && answer.kind !== 'redirect' && !signed) ? true : undefined,
    response: answerOf(api, answer.kind),
    seal: sealed(sent, 'rsa'),
    sealQuery: sealed(asked, 'rsa'),
    sealBank: sealed(sent, 'rsa-bank'),
    open: sealed(answered, 'rsa'),
    meta: body?.kind === 'multipart' && !isV2 ? madeMeta(sent) : undefined,
    json: holding(answered, isJson),
    // APIv2 writes whatever is no text as JSON.
    encode: isV2 ? undefined : holding(sent, isJson)?.reverse(),
    encodeQuery: isV2 ? undefined : holding(asked, isJson)?.reverse(),
    form: holding(sent, isForm),
  })
}

/** Names the format of a response that is not the API's own format. */
function answerOf(api: Api, kind: AnswerKind): Trait['response'] {
  if (kind === 'file' || kind === 'redirect') return kind
  return api === 'v2' && kind === 'json' ? kind : undefined
}

const preferredSignType = ({ enum: values }: Schema): Trait['signType'] =>
  !values || values.includes('HMAC-SHA256') ? 'HMAC-SHA256' : 'MD5'

/** The members of an upload's `meta` that the client fills in, where they are not the usual ones. */
function madeMeta(sent: Fields): string[] | undefined {
  const names = filledMeta(sent.flatMap(([path]) => /^meta\.(\w+)$/.exec(path)?.[1] ?? []))
  return names.join() === 'filename,sha256' ? undefined : names
}

type Fields = readonly [path: string, field: Schema][]

const sealed = (fields: Fields, how: string): string[] | undefined =>
  paths(fields, ({ items, ...field }) => (items ?? field)['x-encrypted'] === how)

const holding = (fields: Fields, is: (mediaType: string) => boolean): string[] | undefined =>
  paths(fields, ({ contentMediaType }) => is(contentMediaType ?? ''))

const isForm = (mediaType: string): boolean => mediaType === 'application/x-www-form-urlencoded'

function paths(fields: Fields, wanted: (field: Schema) => boolean): string[] | undefined {
  const found = new Set(fields.filter(([, field]) => wanted(field)).map(([path]) => path))
  return found.size > 0 ? [...found] : undefined
}

/** Without what is `undefined`. */
const given = <T extends object>(value: { [K in keyof T]: T[K] | undefined }): T =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T

/** The literal segments that the chain's rule does not lead back to, by how a chain writes them. */
function irregularSegments(endpoints: readonly Endpoint[]): Map<string, string> {
  const spelt = new Map<string, string>()
  for (const segment of new Set(endpoints.flatMap(({ path }) => segmentsOf(path)))) {
    if (placeholder(segment) !== undefined) continue
    const other = spelt.get(chained(segment))
    if (other !== undefined)
      throw new DefinitionError([`a chain would write both ${other} and ${segment} as ${chained(segment)}`])
    spelt.set(chained(segment), segment)
  }
  return new Map([...spelt].filter(([written, segment]) => unchained(written) !== segment))
}

const byKey = ([a]: [string, string], [b]: [string, string]): number => (a < b ? -1 : 1)
