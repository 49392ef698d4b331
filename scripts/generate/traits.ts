import type { Trait } from '../../src/core/endpoints/trait.ts'
import { META } from './client-fields.ts'
import type { Endpoint } from './endpoint.ts'
import { fieldsOf } from './fields.ts'
import { chained, erased, placeholder, property, quoted, segmentsOf, unchained } from './names.ts'
import { type Document, HOME, isJson, type Schema } from './openapi.ts'
import { DefinitionError } from './source.ts'

/** Writes `traits.ts`: what of an endpoint the client must know at run time, and nothing else. */
export function writeTraits(document: Document, endpoints: readonly Endpoint[]): string {
  const traits = new Map<string, string>()
  for (const endpoint of endpoints) {
    const trait = literal(traitOf(document, endpoint))
    const key = `${endpoint.method} ${erased(endpoint.path)}`
    const other = traits.get(key)
    if (other !== undefined && other !== trait)
      throw new DefinitionError([`two definitions of ${key} differ in their traits`])
    traits.set(key, trait)
  }
  const special = [...traits].filter(([, trait]) => trait !== '{}')
  const lines = [...traits].sort(byKey).filter(([key, trait]) => trait !== '{}' || isHidden(key, special))
  const segments = [...irregularSegments(endpoints)].sort(byKey)
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    "import type { Trait } from '../trait.ts'",
    '',
    '/** By method and path, its placeholders without their names. An endpoint that is not here is plain. */',
    'export const traits: Readonly<Record<string, Trait>> = {',
    ...lines.map(([key, trait]) => `  ${quoted(key)}: ${trait},`),
    '}',
    '',
    '/** The path segments that a chain writes otherwise than by the rule (`-` and lower case for each capital). */',
    'export const segments: Readonly<Record<string, string>> = {',
    ...segments.map(([written, segment]) => `  ${property(written)}: ${quoted(segment)},`),
    '}',
    '',
  ].join('\n')
}

/** A plain endpoint that a special one's placeholder would take for its own has to be named as plain. */
const isHidden = (key: string, special: readonly [string, string][]): boolean =>
  special.some(([template]) => {
    const [parts, others] = [template.split('/'), key.split('/')]
    return parts.length === others.length && parts.every((part, at) => part === others[at] || part === '{}')
  })

export function traitOf(document: Document, { api, operation, query, body, answer }: Endpoint): Trait {
  const sent = [...fieldsOf(document, body?.schema)]
  const asked = query.flatMap(({ name, schema = {} }) => [...fieldsOf(document, { properties: { [name]: schema } })])
  const answered = [...fieldsOf(document, answer.schema)]
  const signType = [...sent, ...asked].find(([path]) => path === 'sign_type')?.[1]
  const signed = answered.some(([path]) => path === 'sign')
  const base = (operation.servers?.[0]?.url ?? HOME).replace(/\/$/, '')
  return given<Trait>({
    base: base === HOME ? undefined : `${base}/`,
    mtls: operation['x-mtls'] ? true : undefined,
    nonceless: operation['x-nonceless'] ? true : undefined,
    signType: api === 'v2' && signType ? preferredSignType(signType) : undefined,
    unsigned: operation['x-unsigned'] || (api === 'v2' && answer.kind === 'xml' && !signed) ? true : undefined,
    answer: answer.kind === 'file' || answer.kind === 'redirect' ? answer.kind : undefined,
    seal: sealed(sent),
    sealQuery: sealed(asked),
    open: sealed(answered),
    meta: body?.kind === 'multipart' ? filledMeta(sent) : undefined,
    json: paths(answered, ({ contentMediaType }) => isJson(contentMediaType ?? '')),
  })
}

const preferredSignType = ({ enum: values }: Schema): Trait['signType'] =>
  !values || values.includes('HMAC-SHA256') ? 'HMAC-SHA256' : 'MD5'

/** Which members of an upload's `meta` the client fills in, where they are not the usual ones. */
function filledMeta(sent: Fields): string[] | undefined {
  const names = META.filter(name => sent.some(([path]) => path === `meta.${name}`))
  return names.join() === 'filename,sha256' || names.length === 0 ? undefined : names
}

type Fields = readonly [path: string, field: Schema][]

const sealed = (fields: Fields): string[] | undefined =>
  paths(fields, ({ items, ...field }) => (items ?? field)['x-encrypted'] === 'rsa')

function paths(fields: Fields, wanted: (field: Schema) => boolean): string[] | undefined {
  const found = new Set(fields.filter(([, field]) => wanted(field)).map(([path]) => path))
  return found.size > 0 ? [...found] : undefined
}

/** Without what is `undefined`. */
const given = <T extends object>(value: { [K in keyof T]: T[K] | undefined }): T =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T

function literal(trait: Trait): string {
  const members = Object.entries(trait).map(([key, value]: [string, unknown]) => `${key}: ${constant(value)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}

const constant = (value: unknown): string =>
  Array.isArray(value)
    ? `[${value.map(one => quoted(String(one))).join(', ')}]`
    : value === true
      ? 'true'
      : quoted(String(value))

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
