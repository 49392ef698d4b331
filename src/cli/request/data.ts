import { basename } from 'node:path'
import { parseJson } from '../../core/codec/json.ts'
import { findEndpoint } from '../../simulator/catalogue/find.ts'
import type { Shape } from '../../simulator/catalogue/shape.ts'
import { usage } from '../command.ts'
import { readFileOrFail } from '../file.ts'

type Fields = Record<string, unknown>

/**
 * Makes a body of what stands behind `-d`: the whole of it as JSON, and fields, which go on top.
 *
 * @param path `v3/…`, `v2/…`: the definition of the endpoint, where there is one, tells numbers from text that is digits
 * @returns undefined when there is no data
 * @throws {CommandError}
 */
export async function readData(given: readonly string[] | undefined, method: string, path: string): Promise<unknown> {
  if (given === undefined) return undefined
  const shape = shapeOf(method, path)
  const isV2 = path.startsWith('v2/')
  let body: unknown
  for (const text of given) {
    if (/^\s*[{[]/.test(text) || text.startsWith('@')) {
      if (body !== undefined) throw usage('-d: the whole body stands first, and only once.')
      body = await readWhole(text)
      continue
    }
    body ??= {}
    const [, key, sign, value] = /^([^=:]+)(:?=)(.*)$/s.exec(text) ?? []
    if (!key || value === undefined) throw usage(`-d ${shown(text)}: give key=value, key:=json, '{json}' or @file.`)
    const segments = key.split('.')
    const due = segments.reduce<Shape | undefined>(below, shape)
    const read =
      sign === ':=' ? parsed(value, key) : value.startsWith('@') ? await fileOf(value) : typed(value, due, key, isV2)
    set(body, segments, shape, key, read)
  }
  return body
}

/** Of the body; an upload's is around `meta`. */
function shapeOf(method: string, path: string): Shape | undefined {
  const found = findEndpoint(method, `/${path}`.replace(/^\/v2(?=\/)/, ''))
  if (typeof found === 'string') return undefined
  const { body, upload, api } = found.endpoint
  if (!upload || api === 'v2' || !body) return body
  return { type: 'object', fields: [{ name: 'meta', label: 'meta', shape: body, required: true }] }
}

/** What a member may be. */
function below(shape: Shape | undefined, name: string): Shape | undefined {
  if (!shape) return undefined
  if (shape.json) return below(shape.json, name)
  if (shape.anyOf) return shape.anyOf.map(one => below(one, name)).find(Boolean)
  if (shape.type === 'array') return shape.items
  return shape.fields?.find(field => field.name === name)?.shape
}

async function readWhole(text: string): Promise<unknown> {
  const isFile = text.startsWith('@')
  const json = isFile ? String(await readFileOrFail(text.slice(1))) : text
  try {
    return parseJson(json)
  } catch {
    throw usage(`-d ${isFile ? text : shown(text)} is not JSON, or cut short. Mind the quotes: -d '{"key":"value"}'.`)
  }
}

function parsed(json: string, key: string): unknown {
  try {
    return parseJson(json)
  } catch {
    throw usage(`${key}:=${shown(json)} is not JSON. For text: ${key}=…`)
  }
}

async function fileOf(value: string): Promise<File> {
  const path = value.slice(1)
  return new File([new Uint8Array(await readFileOrFail(path))], basename(path))
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** A value as the definition has it. Where there is none, digits are a number in APIv3, and all is text in APIv2. */
function typed(value: string, shape: Shape | undefined, key: string, isV2: boolean): unknown {
  const { type = isV2 ? 'string' : 'any' } = shape?.anyOf?.[0] ?? shape ?? {}
  if (type === 'string') return value
  if (type === 'any') return NUMBER.test(value) ? parseJson(value) : value
  const due = DUE[type]
  if (due.test(value)) return parsed(value, key)
  throw usage(
    `${key} is ${NAMES[type]} by its definition, which ${shown(value)} is not. To send it all the same: '${key}:=…'`,
  )
}

type Typed = Exclude<Shape['type'], 'string' | 'any'>
const DUE: Readonly<Record<Typed, RegExp>> = {
  integer: /^-?(?:0|[1-9]\d*)$/,
  number: NUMBER,
  boolean: /^(?:true|false)$/,
  object: /^\s*\{/,
  array: /^\s*\[/,
}
const NAMES: Readonly<Record<Typed, string>> = {
  integer: 'an integer',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
}

/** Puts a value where a dotted key leads; what is on the way is made, a list where a number follows. */
function set(root: unknown, path: readonly string[], shape: Shape | undefined, key: string, value: unknown): void {
  let at = root as Fields
  let due = shape
  for (const [depth, name] of path.entries()) {
    if (typeof at !== 'object' || at === null)
      throw usage(`-d ${key}: ${path.slice(0, depth).join('.')} has a value already.`)
    if (name === '' || name === '__proto__') throw usage(`-d ${key}: a dotted key has a name between its dots.`)
    if (Array.isArray(at) && !(INDEX.test(name) && Number(name) <= at.length))
      throw usage(`-d ${key}: the members of a list are numbered 0, 1, 2 … in this order.`)
    due = below(due, name)
    const next = path[depth + 1]
    if (next === undefined) at[name] = value
    else if (!Object.hasOwn(at, name)) at[name] = INDEX.test(next) && due?.type !== 'object' ? [] : {}
    at = at[name] as Fields
  }
}

const INDEX = /^(?:0|[1-9]\d*)$/

/** Enough of it to find it again. */
const shown = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
