import { stringifyJson } from '../../core/codec/json.ts'
import { percentEncode, stringifyQuery } from '../../core/codec/query.ts'
import { stringifyXml, type XmlInputFields } from '../../core/codec/xml.ts'
import type { DefinedEndpoint } from './definition.ts'
import type { CallValues } from './form-value.ts'

/** Fills the placeholders of a path with the values that are known. */
export const filledPath = (path: string, values: Readonly<Record<string, unknown>>): string =>
  path.replace(/\{(\w+)\}/g, (placeholder, name: string) => {
    const value = values[name]
    return value === undefined || value === ''
      ? placeholder
      : percentEncode(String(value), name, 'PATH_PARAMETER_INVALID')
  })

/** Returns path and query of a call, from the slash on. */
export function targetOf(path: string, { placeholders, query }: CallValues): string {
  const text = Object.keys(query).length > 0 ? stringifyQuery(query as never) : ''
  return filledPath(path, placeholders) + (text && `?${text}`)
}

/** Returns the values of headers as they are sent. */
export const headerTexts = (headers: CallValues['headers']): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

/** Returns the lines of headers in a request. */
const headerLines = (headers: CallValues['headers']): string[] =>
  Object.entries(headerTexts(headers)).map(([name, value]) => `${name}: ${value}`)

/** Writes the call in TypeScript. */
export function typescriptSample(endpoint: DefinedEndpoint, values: CallValues): string {
  const { placeholders, query, headers, body } = values
  const { method, api, path } = endpoint
  const hasBody = ['POST', 'PUT', 'PATCH'].includes(method)
  const options = {
    ...placeholders,
    ...(Object.keys(query).length > 0 && { params: query }),
    ...(Object.keys(headers).length > 0 && { headers: headerTexts(headers) }),
    ...(!hasBody && body !== undefined && { body }),
  }
  const args = [
    ...(hasBody ? [body === undefined ? 'undefined' : literal(body)] : []),
    ...(Object.keys(options).length > 0 ? [literal(options)] : []),
  ]
  while (args.at(-1) === 'undefined') args.pop()
  return `import { Wechatpay } from 'wechatpay-edge'

const wxpay = new Wechatpay({ ${OPTIONS[api]} })
const { data } = await wxpay.${api}${chainOf(path)}.${method.toLowerCase()}(${args.join(', ')})
`
}

/** The options that a call of an API requires. */
const OPTIONS = {
  v3: 'mchid, serial, privateKey, apiv3Key, platformKeys',
  v2: 'mchid, apiv2Key',
  brand: 'brand: { brandId, serial, privateKey, apiKey, platformKeys }',
} as const

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/

/** Writes a path as a chain of properties. */
function chainOf(path: string): string {
  const segments = path
    .split('/')
    .filter((segment, at) => segment !== '' && !(at === 1 && /^(v3|brand)$/.test(segment)))
  return segments
    .map(segment => segment.replace(/^\{(.+)\}$/, '_$1_').replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()))
    .map(name => (IDENTIFIER.test(name) ? `.${name}` : `[${quote(name)}]`))
    .join('')
}

/** Writes a value as a literal of TypeScript. */
function literal(value: unknown, indent = ''): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof File) return `new File([bytes], ${quote(value.name)})`
  if (Array.isArray(value)) return `[${value.map(item => literal(item, indent)).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const members = Object.entries(value)
  if (members.length === 0) return '{}'
  const inner = `${indent}  `
  const lines = members.map(
    ([name, member]) => `${inner}${IDENTIFIER.test(name) ? name : quote(name)}: ${literal(member, inner)},\n`,
  )
  return `{\n${lines.join('')}${indent}}`
}

const quote = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`

/** Writes the call as curl through a gateway. */
export function curlSample(endpoint: DefinedEndpoint, values: CallValues): string {
  const { method, name } = endpoint
  const lines = [
    `curl -X ${method} ${shellQuote(`https://gateway.example.com${targetOf(name, values)}`)}`,
    `-H "Authorization: Bearer $TOKEN"`,
    ...headerLines(values.headers).map(line => `-H ${shellQuote(line)}`),
  ]
  if (endpoint.body?.kind === 'multipart') lines.push(...formParts(values.body))
  else if (values.body !== undefined)
    lines.push(`-H 'Content-Type: application/json'`, `-d ${shellQuote(stringifyJson(values.body))}`)
  return `${lines.join(' \\\n  ')}\n`
}

const formParts = (body: unknown): string[] =>
  Object.entries(Object(body) as object).map(([name, value]) =>
    value instanceof File
      ? `-F ${shellQuote(`${name}=@${value.name}`)}`
      : `-F ${shellQuote(`${name}=${typeof value === 'object' ? stringifyJson(value) : value}`)}`,
  )

/** Quotes a word for a POSIX shell. */
const shellQuote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** A request as it is sent, and what is signed of it. */
export interface WireSample {
  readonly request: string
  readonly signed: string
}

const HOST = 'api.mch.weixin.qq.com'
const TIMESTAMP = '1760000000'
const NONCE = '593BEC0C930BF1AFEB40B4A08C8FB242'

/** Writes the call as a library of another language sends it. */
export function wireSample(endpoint: DefinedEndpoint, values: CallValues, language: 'java' | 'php'): WireSample {
  if (endpoint.api === 'v2') return v2Sample(endpoint, values)
  const target = targetOf(endpoint.path, values)
  const isUpload = endpoint.body?.kind === 'multipart'
  const given = isUpload ? (Object(values.body) as { meta?: unknown }).meta : values.body
  const json = given === undefined ? '' : stringifyJson(given)
  const body = language === 'php' ? phpJson(json) : gsonJson(json)
  const signed = `${endpoint.method}\n${target}\n${TIMESTAMP}\n${NONCE}\n${body}\n`
  const [scheme, idName] =
    endpoint.api === 'brand' ? ['WECHATPAY-BRAND-SHA256-RSA2048', 'brand_id'] : ['WECHATPAY2-SHA256-RSA2048', 'mchid']
  const lines = [
    `${endpoint.method} ${target} HTTP/1.1`,
    `Host: ${HOST}`,
    'Accept: application/json',
    ...headerLines(values.headers),
    ...(isUpload
      ? ['Content-Type: multipart/form-data; boundary=…']
      : body === ''
        ? []
        : ['Content-Type: application/json']),
    `Authorization: ${scheme} ${idName}="…",nonce_str="${NONCE}",timestamp="${TIMESTAMP}",serial_no="…",signature="…"`,
    '',
    body,
  ]
  return { request: lines.join('\n'), signed }
}

/** Gson, as the official Java library sets it up, escapes only what JSON and JavaScript require. */
const gsonJson = (json: string): string => json.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')

/** `json_encode` of PHP escapes slashes and everything beyond ASCII, unless told otherwise. */
const phpJson = (json: string): string =>
  json
    .replaceAll('/', '\\/')
    .replace(/[\u007f-\uffff]/g, unit =>
      unit === '\u007f' ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )

function v2Sample({ method, path }: DefinedEndpoint, { body, query }: CallValues): WireSample {
  const given = method === 'GET' ? query : (Object(body) as Record<string, unknown>)
  const texts = Object.entries(given)
    .filter(([, value]) => !(value instanceof File))
    .map(([name, value]) => [name, typeof value === 'object' ? stringifyJson(value) : String(value)])
  const fields: Record<string, string> = { ...Object.fromEntries(texts), nonce_str: NONCE }
  const pairs = Object.keys(fields)
    .sort()
    .map(name => `${name}=${fields[name]}`)
  const signed = `${pairs.join('&')}&key=…`
  const message = { ...fields, sign: '…' }
  const request =
    method === 'GET'
      ? `GET ${path}?${stringifyQuery(message)} HTTP/1.1\nHost: ${HOST}\n\n`
      : `${method} ${path} HTTP/1.1\nHost: ${HOST}\nContent-Type: text/xml\n\n${stringifyXml(message as XmlInputFields)}`
  return { request, signed }
}
