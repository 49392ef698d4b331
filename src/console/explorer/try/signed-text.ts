import { parseXml } from '../../../core/codec/xml.ts'
import { headerOf, type RecordedExchange } from './recorded.ts'

/**
 * Returns the text that was signed of a request, computed from what was sent and not taken from the client.
 *
 * @returns undefined for a request that has no signature
 */
export function signedTextOf({ method, url, requestHeaders, requestBody }: RecordedExchange): string | undefined {
  const authorization = headerOf(requestHeaders, 'authorization') ?? ''
  const { pathname, search } = new URL(url)
  if (/^WECHATPAY/.test(authorization)) {
    const part = (name: string): string => new RegExp(`[ ,]${name}="([^"]*)"`).exec(authorization)?.[1] ?? ''
    const body = metaOf(requestHeaders, requestBody) ?? requestBody
    return `${method}\n${pathname}${search}\n${part('timestamp')}\n${part('nonce_str')}\n${body}\n`
  }
  const fields = method === 'GET' ? Object.fromEntries(new URLSearchParams(search)) : xmlFields(requestBody)
  return fields?.sign === undefined ? undefined : stringToSign(fields)
}

/** Returns the part `meta` of an upload, which is what is signed of it. */
function metaOf(headers: RecordedExchange['requestHeaders'], body: string): string | undefined {
  if (!headerOf(headers, 'content-type')?.startsWith('multipart/')) return undefined
  return /name="meta".*?\r\n\r\n(.*?)\r\n--/s.exec(body)?.[1]
}

function xmlFields(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return parseXml(body)
  } catch {
    return undefined
  }
}

/** Sorts the fields of APIv2 that have a value; the key is not shown. */
export function stringToSign(fields: Readonly<Record<string, unknown>>): string {
  const pairs = Object.keys(fields)
    .filter(name => name !== 'sign' && typeof fields[name] === 'string' && fields[name] !== '')
    .sort()
    .map(name => `${name}=${fields[name]}`)
  return `${pairs.join('&')}&key=…`
}
