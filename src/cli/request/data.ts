import { basename } from 'node:path'
import { nearestName } from '../../core/base/nearest-name.ts'
import { parseJson } from '../../core/codec/json.ts'
import { findEndpoint } from '../../simulator/catalogue/find.ts'
import type { Field, Shape } from '../../simulator/catalogue/shape.ts'
import { usageError } from '../command.ts'
import { readRequiredFile } from '../file.ts'

type Fields = Record<string, unknown>

/**
 * Builds a body from the values of `-d`: the complete body as JSON, and fields that are set on top of it.
 *
 * @param path `v3/…`, `v2/…`: if the endpoint has a definition, it distinguishes numbers from text with digits
 * @returns undefined if there is no data
 * @throws {CommandError}
 */
export const readData = async (given: readonly string[] | undefined, method: string, path: string): Promise<unknown> =>
  given && buildBody(given, { shape: shapeOf(method, path), isV2: path.startsWith('v2/') })

/**
 * Builds fields of a notification from the values of `-d`, as {@link readData} does by its definition.
 *
 * @throws {CommandError} also for a field that the definition does not have, unless it is given as JSON
 */
export const readFields = async (given: readonly string[], shape: Shape, isV2: boolean): Promise<unknown> =>
  buildBody(given, { shape, isV2, onlyDefined: true })

interface BodyDefinition {
  readonly shape: Shape | undefined
  readonly isV2: boolean
  readonly onlyDefined?: boolean
}

async function buildBody(given: readonly string[], { shape, isV2, onlyDefined }: BodyDefinition): Promise<unknown> {
  let body: unknown
  for (const text of given) {
    if (/^\s*[{[]/.test(text) || text.startsWith('@')) {
      if (body !== undefined) throw usageError('-d: give the complete body first, and only once.')
      body = await readBody(text)
      continue
    }
    body ??= {}
    const [, key, sign, value] = /^([^=:]+)(:?=)(.*)$/s.exec(text) ?? []
    if (!key || value === undefined)
      throw usageError(`-d ${quote(text)}: give key=value, key:=json, '{json}' or @file.`)
    const segments = key.split('.')
    const expected = segments.reduce<Shape | undefined>(memberShape, shape)
    if (onlyDefined && sign === '=') requireDefined(segments, shape)
    const read =
      sign === ':='
        ? parseValue(value, key)
        : value.startsWith('@')
          ? await readUpload(value)
          : convert(value, expected, key, isV2)
    setPath(body, segments, shape, key, read)
  }
  return body
}

/** Returns the shape of the body; for an upload, that of its `meta`. */
function shapeOf(method: string, path: string): Shape | undefined {
  const found = findEndpoint(method, `/${path}`.replace(/^\/v2(?=\/)/, ''))
  if (typeof found === 'string') return undefined
  const { body, upload, api } = found.endpoint
  if (!upload || api === 'v2' || !body) return body
  return { type: 'object', fields: [{ name: 'meta', label: 'meta', shape: body, required: true }] }
}

/** Returns the shape of a member. */
function memberShape(shape: Shape | undefined, name: string): Shape | undefined {
  if (!shape) return undefined
  if (shape.json) return memberShape(shape.json, name)
  if (shape.anyOf) return shape.anyOf.map(alternative => memberShape(alternative, name)).find(Boolean)
  if (shape.type === 'array') return shape.items
  return shape.fields?.find(field => isNamed(field, name))?.shape
}

/** Returns whether a field has a name, in which numbers stand for each `#`: `coupon_id_0`. */
const isNamed = (field: Field, name: string): boolean =>
  field.name === name || (field.name.includes('#') && new RegExp(`^${field.name.replaceAll('#', '\\d+')}$`).test(name))

/** Lists the fields of an object, or of the objects that it may be. */
const fieldsOf = ({ json, anyOf, fields = [] }: Shape): readonly Field[] =>
  json ? fieldsOf(json) : anyOf ? anyOf.flatMap(fieldsOf) : fields

/** @throws {CommandError} the definition does not have the field */
function requireDefined(segments: readonly string[], shape: Shape | undefined): void {
  let parent = shape
  for (const [depth, name] of segments.entries()) {
    const known = parent ? fieldsOf(parent) : []
    if (known.length > 0 && !known.some(field => isNamed(field, name))) {
      const key = segments.slice(0, depth + 1).join('.')
      const names = [...new Set(known.map(field => [...segments.slice(0, depth), field.name].join('.')))]
      const near = nearestName(key, names)
      const hint = near ? `Is ${near} meant?` : `There are: ${names.join(', ')}.`
      throw usageError(`${key} is not a field of this notification. ${hint} To send it anyway: '${key}:=…'`)
    }
    parent = memberShape(parent, name)
  }
}

async function readBody(text: string): Promise<unknown> {
  const isFile = text.startsWith('@')
  const json = isFile ? String(await readRequiredFile(text.slice(1))) : text
  try {
    return parseJson(json)
  } catch {
    throw usageError(
      `-d ${isFile ? text : quote(text)} is not JSON, or is cut short. Check the quotes: -d '{"key":"value"}'.`,
    )
  }
}

function parseValue(json: string, key: string): unknown {
  try {
    return parseJson(json)
  } catch {
    throw usageError(`${key}:=${quote(json)} is not JSON. For text use ${key}=…`)
  }
}

async function readUpload(value: string): Promise<File> {
  const path = value.slice(1)
  return new File([new Uint8Array(await readRequiredFile(path))], basename(path))
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/**
 * Converts a value to the type of the definition. Without a definition, digits are a number in APIv3, and everything is
 * text in APIv2.
 */
function convert(value: string, shape: Shape | undefined, key: string, isV2: boolean): unknown {
  const { type = isV2 ? 'string' : 'any' } = shape?.anyOf?.[0] ?? shape ?? {}
  if (type === 'string') return value
  if (type === 'any') return NUMBER.test(value) ? parseJson(value) : value
  const expected = VALUE_PATTERNS[type]
  if (expected.test(value)) return parseValue(value, key)
  throw usageError(
    `${key} must be ${TYPE_NAMES[type]} by its definition, and ${quote(value)} is not. To send it anyway: '${key}:=…'`,
  )
}

type TypeWithPattern = Exclude<Shape['type'], 'string' | 'any'>
const VALUE_PATTERNS: Readonly<Record<TypeWithPattern, RegExp>> = {
  integer: /^-?(?:0|[1-9]\d*)$/,
  number: NUMBER,
  boolean: /^(?:true|false)$/,
  object: /^\s*\{/,
  array: /^\s*\[/,
}
const TYPE_NAMES: Readonly<Record<TypeWithPattern, string>> = {
  integer: 'an integer',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
}

/** Sets the value at a dotted key. Creates the objects on its path, and lists where an index follows. */
function setPath(root: unknown, path: readonly string[], shape: Shape | undefined, key: string, value: unknown): void {
  let at = root as Fields
  let expected = shape
  for (const [depth, name] of path.entries()) {
    if (typeof at !== 'object' || at === null)
      throw usageError(`-d ${key}: ${path.slice(0, depth).join('.')} already has a value.`)
    if (name === '' || name === '__proto__') throw usageError(`-d ${key}: a dotted key needs a name between its dots.`)
    if (Array.isArray(at) && !(INDEX.test(name) && Number(name) <= at.length))
      throw usageError(`-d ${key}: number the members of a list 0, 1, 2 … in this order.`)
    expected = memberShape(expected, name)
    const next = path[depth + 1]
    if (next === undefined) at[name] = value
    else if (!Object.hasOwn(at, name)) at[name] = INDEX.test(next) && expected?.type !== 'object' ? [] : {}
    at = at[name] as Fields
  }
}

const INDEX = /^(?:0|[1-9]\d*)$/

/** Quotes the beginning of a text for an error. */
const quote = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
