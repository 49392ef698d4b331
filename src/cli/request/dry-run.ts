import { readPath, splitPath } from '../../core/chain.ts'
import { callOf, credentialsOf } from '../../core/client.ts'
import { parseXml } from '../../core/codec/xml.ts'
import { ConfigurationError, type Wechatpay, type WechatpayOptions } from '../../core/index.ts'
import type { Call, Credentials } from '../../core/protocol/call.ts'
import { createPlatformKeys } from '../../core/protocol/platform-keys.ts'
import * as v2 from '../../core/protocol/v2.ts'
import * as v3 from '../../core/protocol/v3.ts'
import { BASE_URL } from '../../core/routing.ts'
import { CommandError } from '../command.ts'
import { singleLine, type Terminal } from '../terminal.ts'

/** A call that is shown instead of sent. */
export interface DryRunCall {
  readonly method: string
  readonly path: string
  readonly params?: object
  readonly body?: unknown
  readonly headers: Headers
}

/**
 * Prints the request of a call, exact to the byte except for its file, and the signed text. Sends nothing, not even to
 * download a key.
 */
export async function dryRun(
  { method, path, params, body, headers: own }: DryRunCall,
  client: Wechatpay,
  options: WechatpayOptions,
  { print }: Pick<Terminal, 'print'>,
  json: boolean,
): Promise<void> {
  const [api, filled] = readPath(splitPath(path))
  const call = callOf(method, filled, filled, { params: { ...params }, body, headers: own })
  const { trait } = call
  const attempt = await (api === 'v3' ? v3 : v2).encode(call, offlineCredentials(client, options))
  const [url, init] = await attempt(baseUrlOf(call, options))

  const headers = new Headers(init.headers)
  const upload = init.body instanceof Uint8Array ? await partsOf(init.body, headers) : undefined
  const text = upload ? undefined : ((init.body as string | null) ?? '')
  const signed =
    api === 'v3' ? signedLines(method, url, headers, upload?.meta ?? text ?? '') : signedFields(url, text, upload)
  const encrypted = [...(trait.encrypt ?? []), ...(trait.encryptQuery ?? []), ...(trait.encryptForBank ?? [])].filter(
    field => hasValue(body, field) || hasValue(params, field),
  )
  const shown = {
    method,
    url,
    headers: Object.fromEntries(headers),
    body: upload ? upload.shown : text,
    signed,
    encrypted,
    clientCertificate: trait.mtls ?? false,
  }
  if (json) return print(JSON.stringify(shown, undefined, 2))
  const lines = [
    `${method} ${url}`,
    ...[...headers].map(([name, value]) => `${name}: ${singleLine(value)}`),
    '',
    ...(shown.body ? [shown.body, ''] : []),
    api === 'v3' ? 'Signed, a line break after each line:' : 'Signed, joined by &:',
    ...signed.map(line => `  ${line}`),
    ...(encrypted.length ? [`Encrypted for WeChat Pay: ${encrypted.join(', ')}.`] : []),
    ...(trait.mtls ? ['Requires the client certificate (双向证书).'] : []),
    'Nothing was sent.',
  ]
  print(lines.join('\n'))
}

/** Returns the client's credentials without the ability to download keys. */
function offlineCredentials(client: Wechatpay, { platformKeys = {} }: WechatpayOptions): Credentials {
  const { account } = credentialsOf(client)
  const keys = createPlatformKeys(platformKeys, undefined, account)
  const encryptionKey: typeof keys.encryptionKey = serial =>
    keys.encryptionKey(serial).catch(error => {
      throw error instanceof ConfigurationError && error.code === 'OPTION_MISSING' ? KEY_NOT_FETCHED : error
    })
  return { account, platformKeys: { ...keys, encryptionKey }, bankKey: () => Promise.reject(KEY_NOT_FETCHED) }
}

const KEY_NOT_FETCHED = new CommandError(
  'The key that encrypts a field would have to be downloaded, which a dry run does not do. Save the platform certificates with wechatpay-edge certificates, and give their folder: --certificates <folder>.',
)

/** Returns the base URL that the client would use. */
function baseUrlOf({ trait }: Call, { baseUrl }: WechatpayOptions): string {
  const { base = BASE_URL } = trait
  return baseUrl === undefined ? base : baseUrl.replace(/\/$/, '') + new URL(base).pathname
}

/** Returns the five signed lines (请求签名). */
function signedLines(method: string, url: string, headers: Headers, signed: string): string[] {
  const { pathname, search } = new URL(url)
  const [, nonce = '', timestamp = ''] =
    /nonce_str="([^"]*)",timestamp="([^"]*)"/.exec(headers.get('authorization') ?? '') ?? []
  return [method, pathname + search, timestamp, nonce, signed]
}

/** Returns the APIv2 fields sorted by name; the key is not shown. */
function signedFields(url: string, text: string | undefined, upload: Parts | undefined): string[] {
  const fields: Record<string, unknown> =
    upload?.fields ?? (text ? parseXml(text) : Object.fromEntries(new URL(url).searchParams))
  const pairs = Object.entries(fields).filter(([name, value]) => name !== 'sign' && value !== '')
  return [
    ...pairs.sort(([first], [second]) => (first < second ? -1 : 1)).map(pair => singleLine(pair.join('='))),
    'key=<WECHATPAY_APIV2_KEY>',
  ]
}

interface Parts {
  readonly meta: string
  readonly fields: Readonly<Record<string, string>>
  /** All parts as text, with name and length of the file. */
  readonly shown: string
}

async function partsOf(body: Uint8Array, headers: Headers): Promise<Parts> {
  const type = { 'content-type': headers.get('content-type')! }
  const parts = [...(await new Response(new Uint8Array(body), { headers: type }).formData())]
  const fields = Object.fromEntries(parts.filter((part): part is [string, string] => typeof part[1] === 'string'))
  const shown = parts.map(([name, value]) =>
    singleLine(`${name}: ${typeof value === 'string' ? value : `${value.name}, ${value.type}, ${value.size} bytes`}`),
  )
  return { meta: fields.meta ?? '', fields, shown: shown.join('\n') }
}

/** Returns whether there is a value at a dotted path, in any member of the lists on it. */
function hasValue(message: unknown, path: string): boolean {
  const [name, ...rest] = path.split('.')
  if (Array.isArray(message)) return message.some(member => hasValue(member, path))
  const value = Object(message)[name!]
  if (value === undefined || value === null) return false
  return rest.length === 0 || hasValue(value, rest.join('.'))
}
