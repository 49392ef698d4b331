import { readPath, splitPath } from '../../core/client/chain.ts'
import { callOf, credentialsOf, senderOf } from '../../core/client/client.ts'
import { routeOf } from '../../core/client/routing.ts'
import { credentialsFor } from '../../core/client/send-call.ts'
import { parseXml } from '../../core/codec/xml.ts'
import { ConfigurationError, type Wechatpay, type WechatpayOptions } from '../../core/index.ts'
import type { Credentials } from '../../core/protocol/call.ts'
import { createPlatformKeys } from '../../core/protocol/platform-keys.ts'
import { PROTOCOLS } from '../../core/protocol/protocols.ts'
import type { Api } from '../../definitions/call.ts'
import { CommandError } from '../command.ts'
import { jsonText, singleLine, type Terminal } from '../terminal.ts'

/** A call that is shown instead of sent. */
export interface UnsentCall {
  readonly method: string
  readonly path: string
  readonly params?: object
  readonly body?: unknown
  readonly headers: Headers
}

/** The request of a call, as it would be sent. */
export interface UnsentRequest {
  readonly api: Api
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** The text of the body; of an upload, its parts as lines. */
  readonly body: string | undefined
  /** APIv3: the signed lines, each of which ends with a line break. APIv2: the signed pairs, joined by `&`. */
  readonly signed: readonly string[]
  /** Dotted paths of the fields that are encrypted for WeChat Pay. */
  readonly encrypted: readonly string[]
  /** The call presents the merchant's client certificate (双向证书). */
  readonly clientCertificate: boolean
}

/**
 * Returns the request of a call, exact to the byte except for its file, and the signed text. Sends nothing, not even to
 * download a key.
 *
 * @throws {CommandError} a field is encrypted with a key that would have to be downloaded
 * @throws {CallError | ConfigurationError}
 */
export async function prepareRequest(
  { method, path, params, body, headers: own }: UnsentCall,
  client: Wechatpay,
  options: WechatpayOptions,
): Promise<UnsentRequest> {
  const [api, filled] = readPath(splitPath(path))
  const call = callOf(method, filled, filled, { params: { ...params }, body, headers: own })
  const { trait } = call
  // Nothing is ever downloaded for a brand.
  const signRequest = await (api === 'brand'
    ? PROTOCOLS[api].encode(call, credentialsFor(senderOf(client), api))
    : PROTOCOLS[api].encode(call, offlineCredentials(client, options)))
  const [url, init] = await signRequest(routeOf(call, {}, options).baseUrls[0]!)

  const headers = new Headers(init.headers)
  const upload = init.body instanceof Uint8Array ? await partsOf(init.body, headers) : undefined
  const text = upload ? undefined : ((init.body as string | null) ?? '')
  const signed =
    api !== 'v2' ? signedLines(method, url, headers, upload?.meta ?? text ?? '') : signedFields(url, text, upload)
  const encrypted = [...(trait.encrypt ?? []), ...(trait.encryptQuery ?? []), ...(trait.encryptForBank ?? [])].filter(
    field => hasValue(body, field) || hasValue(params, field),
  )
  return {
    api,
    method,
    url,
    headers: Object.fromEntries(headers),
    body: upload ? upload.shown : text,
    signed,
    encrypted,
    clientCertificate: trait.mtls ?? false,
  }
}

/** Prints the request of a call, and the signed text. Sends nothing. */
export async function dryRun(
  call: UnsentCall,
  client: Wechatpay,
  options: WechatpayOptions,
  { print }: Pick<Terminal, 'print'>,
  json: boolean,
): Promise<void> {
  const { api, ...shown } = await prepareRequest(call, client, options)
  if (json) return print(jsonText(shown, 2))
  const { method, url, headers, body, signed, encrypted, clientCertificate } = shown
  const lines = [
    `${method} ${url}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${singleLine(value)}`),
    '',
    ...(body ? [body, ''] : []),
    api !== 'v2' ? 'Signed, a line break after each line:' : 'Signed, joined by &:',
    ...signed.map(line => `  ${line}`),
    ...(encrypted.length ? [`Encrypted for WeChat Pay: ${encrypted.join(', ')}.`] : []),
    ...(clientCertificate ? ['Requires the client certificate (双向证书).'] : []),
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
