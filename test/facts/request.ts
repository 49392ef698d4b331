import { constants, createHash, publicEncrypt, randomBytes } from 'node:crypto'
import type { Schema } from '../../scripts/generate/openapi.ts'
import type { Simulator } from '../../src/simulator/index.ts'
import { ALTERNATIVES } from '../../src/simulator/v2/request/alternatives.ts'
import { type Defined, defined, fill, membersOf, resolve } from '../simulator/definition.node.ts'
import { fromXml, v2Sign, v3, xml } from '../simulator/node-client.ts'

/** The parts of a request, before it is signed; a encrypted field is still in the clear. */
export interface Request {
  path: Record<string, unknown>
  query: Record<string, unknown>
  headers: Record<string, unknown>
  body: Record<string, unknown> | undefined
}

/** WeChat Pay's response to a request. */
export interface Outcome {
  /** `OK`, the code of the error, or `NO_ENDPOINT`. */
  code: string
  /** The field that is refused: `body.payer.openid`. */
  field?: string
  message: string
}

/** The code of a request to which no definition fits. */
export const NO_ENDPOINT = 'no endpoint'

const withoutSlash = (path: string): string => path.replaceAll(/\{\w+\}/g, '{}').replace(/\/$/, '')

/** Finds a definition by the name of the facts, `v3 POST /v3/…`. */
export function definitionOf(of: string): Defined | undefined {
  const [api, method, path = ''] = of.split(' ')
  return defined.find(one => one.api === api && one.method === method && withoutSlash(one.path) === withoutSlash(path))
}

/**
 * Builds a request that the definition calls correct: what it requires, and what lies on the way to a place.
 *
 * @param at `body.scene_info.store_info.name`; empty: nothing beyond what is required
 */
export function requestFor(one: Defined, at: string, known: Readonly<Record<string, unknown>>): Request {
  const [part, ...way] = at.split('.')
  const given = (place: string, name: string) =>
    Object.fromEntries(
      one.parameters
        .filter(
          parameter => parameter.in === place && (parameter.required || (part === name && way[0] === parameter.name)),
        )
        .map(parameter => [parameter.name, fill(parameter.schema!, parameter.name, known)]),
    )
  const either = (ALTERNATIVES[one.path] ?? []).slice(0, 1).map(name => [name, '4200000000202611210000000001'])
  return {
    path: given('path', 'path'),
    query: given('query', 'query'),
    headers: given('header', 'headers'),
    body: one.body && {
      ...Object.fromEntries(either),
      ...(filled(one.body, '', known, part === 'body' ? way : []) as Record<string, unknown>),
    },
  }
}

/** A value that fits, with what is required and what lies on the way. */
function filled(
  given: Schema,
  name: string,
  known: Readonly<Record<string, unknown>>,
  way: readonly string[],
): unknown {
  const schema = resolve(given)
  const [next, ...rest] = way
  if (next === undefined) return fill(schema, name, known)
  if (schema.anyOf) {
    const form = schema.anyOf.find(one => Object.hasOwn(membersOf(one).properties, next)) ?? schema.anyOf[0]!
    return filled(form, name, known, way)
  }
  if (schema.contentSchema) return JSON.stringify(filled(schema.contentSchema, name, known, way))
  if (schema.type === 'array') return [filled(schema.items!, name, known, way)]
  const value = fill(schema, name, known) as Record<string, unknown>
  const member = membersOf(schema).properties[next]
  return member ? { ...value, [next]: filled(member, next, known, rest) } : value
}

/** A member of what is parsed from a text of JSON, or a list's only one, is reached through it. */
function within(value: unknown, change: (inner: Record<string, unknown>) => Record<string, unknown>): unknown {
  if (typeof value === 'string') return JSON.stringify(within(JSON.parse(value), change))
  if (Array.isArray(value)) return value.map(one => within(one, change))
  return change(value as Record<string, unknown>)
}

function changed(
  holder: Record<string, unknown>,
  [next, ...rest]: readonly string[],
  value: unknown,
): Record<string, unknown> {
  if (rest.length > 0) return { ...holder, [next!]: within(holder[next!] ?? {}, inner => changed(inner, rest, value)) }
  const { [next!]: _, ...others } = holder
  return value === undefined ? others : { ...others, [next!]: value }
}

/** The request with another value in a place; `undefined` leaves the field out. */
export function withValue(request: Request, at: string, value: unknown): Request {
  const [part, ...way] = at.split('.') as [keyof Request, ...string[]]
  return { ...request, [part]: changed(request[part] ?? {}, way, value) }
}

/** The schema of a place, in the definition; `undefined`: it has none. */
export function schemaAt(one: Defined, at: string): Schema | undefined {
  const [part, ...way] = at.split('.')
  if (part === 'body') return way.reduce((found: Schema | undefined, name) => found && memberOf(found, name), one.body)
  return one.parameters.find(({ name, in: place }) => name === way[0] && place === part)?.schema
}

function memberOf(given: Schema, name: string): Schema | undefined {
  const schema = resolve(given)
  const inner = schema.items ?? schema.contentSchema
  if (inner) return memberOf(inner, name)
  const forms = schema.anyOf?.map(one => memberOf(one, name)).filter(found => found !== undefined)
  return forms ? forms[0] : membersOf(schema).properties[name]
}

/** Sends requests as a merchant in any language would, signed and encrypted by node:crypto. */
export interface Merchant {
  /** @param clear the places that are left unencrypted on purpose */
  send(one: Defined, request: Request, clear?: readonly string[]): Promise<Outcome>
  /** Sends a request that follows no definition. */
  ask(method: string, path: string, body?: unknown): Promise<Outcome>
  /** Uploads a picture and returns its media id. */
  uploadImage(): Promise<string>
}

interface Padding {
  padding: number
  oaepHash?: string
}

const OAEP: Padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }
/** By `x-encrypted`. */
const PADDINGS: Readonly<Record<string, Padding>> = {
  rsa: OAEP,
  'rsa-bank': OAEP,
  'rsa-pkcs1': { padding: constants.RSA_PKCS1_PADDING },
}

export function createMerchant(simulator: Simulator): Merchant {
  const [serial, platformKey] = Object.entries(simulator.merchant.platformKeys)[0]!
  const encrypt = (text: string, padding: Padding, key: string) =>
    publicEncrypt({ key, ...padding }, Buffer.from(text)).toString('base64')

  /** The value as it is sent: each text that the definition encrypts is encrypted. */
  function onWire(
    value: unknown,
    given: Schema | undefined,
    at: string,
    clear: readonly string[],
    key = platformKey,
  ): unknown {
    const schema = given && resolve(given)
    if (!schema || value === undefined || value === null) return value
    if (Array.isArray(value)) return value.map(one => onWire(one, schema.items, at, clear, key))
    if (typeof value === 'string') {
      const padding = PADDINGS[(schema as { 'x-encrypted'?: string })['x-encrypted'] ?? '']
      return padding && !clear.includes(at) ? encrypt(value, padding, key) : value
    }
    if (typeof value !== 'object') return value
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [
        name,
        onWire(inner, memberOf(schema, name), at === '' ? name : `${at}.${name}`, clear, key),
      ]),
    )
  }

  async function ask(method: string, url: string, body?: unknown, headers: Record<string, string> = {}) {
    const { status, json, text } = await v3(simulator, method, url, { body, headers })
    if (status < 400) return { code: 'OK', message: text }
    const isUnknown = status === 405 || text.includes('接口不存在')
    return {
      code: isUnknown ? NO_ENDPOINT : String(json?.code),
      ...(json?.detail?.field !== undefined && { field: placeOf(json.detail) }),
      message: `${status} ${text}`,
    }
  }

  async function sendV3(one: Defined, { path, query, headers, body }: Request, clear: readonly string[]) {
    const parameters = Object.entries(query).flatMap(([name, value]) => {
      const schema = one.parameters.find(parameter => parameter.name === name)?.schema
      return [onWire(value, schema, `query.${name}`, clear)].flat().map(text => [name, String(text)])
    })
    const asked = new URLSearchParams(parameters).toString()
    const url = `${pathOf(one, path)}${asked ? `?${asked}` : ''}`
    const sent = body && onWire(body, one.body, 'body', clear)
    return ask(one.method, url, sent, { 'Wechatpay-Serial': serial, ...(headers as Record<string, string>) })
  }

  /** The key of /risk/getpublickey, which encrypts for the bank. */
  async function bankKey(): Promise<string> {
    const { mchid, apiv2Key } = simulator.merchant
    const asked = { mch_id: mchid, nonce_str: 'n', sign_type: 'MD5' }
    const url = 'https://fraud.mch.weixin.qq.com/risk/getpublickey'
    const body = xml({ ...asked, sign: v2Sign(asked, apiv2Key) })
    return fromXml(await (await simulator.mtlsFetch(url, { method: 'POST', body })).text()).pub_key!
  }

  async function sendV2(one: Defined, { query, body }: Request, clear: readonly string[]): Promise<Outcome> {
    const { apiv2Key } = simulator.merchant
    const isForBank = JSON.stringify(one.body ?? {}).includes('"rsa-bank"')
    const sent = body && onWire(body, one.body, 'body', clear, isForBank ? await bankKey() : platformKey)
    const given = {
      nonce_str: randomBytes(16).toString('hex'),
      ...query,
      ...(sent as Request['body']),
      ...(body?.cert_sn !== undefined && { cert_sn: serial }),
    }
    const params = Object.fromEntries(
      Object.entries(given)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [name, String(value)]),
    )
    const signed = { ...params, sign: v2Sign(params, apiv2Key) }
    const url = `${one.operation.servers?.[0]?.url ?? 'https://api.mch.weixin.qq.com'}${one.path}`
    const response =
      one.method === 'GET'
        ? await simulator.mtlsFetch(`${url}?${new URLSearchParams(signed)}`, { redirect: 'manual' })
        : await simulator.mtlsFetch(url, { method: 'POST', body: xml(signed) })
    const text = await response.text()
    const answer = fromXml(text)
    const isFine = answer.result_code === 'SUCCESS' || (response.status < 400 && !answer.return_code)
    if (isFine) return { code: 'OK', message: text }
    const message = answer.err_code_des ?? answer.return_msg ?? text
    const [name] = /^[a-z_]+/.exec(message.replace('缺少参数', '')) ?? []
    const isParameter = ['PARAM_ERROR', 'LACK_PARAMS', undefined].includes(answer.err_code)
    const code = isParameter ? 'PARAM_ERROR' : answer.err_code!
    return { code, ...(isParameter && name && { field: `body.${name}` }), message: `${response.status} ${message}` }
  }

  return {
    send: (one, request, clear = []) => (one.api === 'v2' ? sendV2(one, request, clear) : sendV3(one, request, clear)),
    ask,
    async uploadImage() {
      const file = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), randomBytes(64)])
      const meta = JSON.stringify({ filename: 'a.png', sha256: createHash('sha256').update(file).digest('hex') })
      const part = (head: string, type: string, content: Buffer) =>
        Buffer.concat([
          Buffer.from(`--b\r\nContent-Disposition: form-data; ${head}\r\nContent-Type: ${type}\r\n\r\n`),
          content,
          Buffer.from('\r\n'),
        ])
      const body = Buffer.concat([
        part('name="meta"', 'application/json', Buffer.from(meta)),
        part('name="file"; filename="a.png"', 'image/png', file),
        Buffer.from('--b--\r\n'),
      ])
      const headers = { 'Content-Type': 'multipart/form-data; boundary=b' }
      const { json, text } = await v3(simulator, 'POST', '/v3/merchant/media/upload', {
        body,
        headers,
        signed: { body: meta },
      })
      if (json?.media_id === undefined) throw new Error(text)
      return json.media_id as string
    },
  }
}

/** `{ field: '/receivers/0/name', location: 'body' }` is at `body.receivers.name`. */
function placeOf({ field, location }: { field: string; location: string }): string {
  const names = field.split('/').filter(name => name !== '' && !/^\d+$/.test(name))
  return [location, ...names].join('.')
}

function pathOf({ operation, path }: Defined, given: Readonly<Record<string, unknown>>): string {
  const prefix = new URL(operation.servers?.[0]?.url ?? 'https://api.mch.weixin.qq.com').pathname.replace(/\/$/, '')
  return prefix + path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(given[name])))
}
