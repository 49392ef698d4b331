import type { Api } from '../../definitions/call.ts'
import { traitOf } from '../../definitions/trait-of.ts'
import { invalidBody } from '../base/errors.ts'
import { parseXml } from '../codec/xml.ts'
import type { Call, Payload, Verified } from '../protocol/call.ts'
import { accessPointOf } from './routing.ts'

/**
 * Reads a standard `Request` as a call to the access point of its URL, with path and body unchanged.
 *
 * @param ownBaseUrl the client's `baseUrl`
 * @throws {CallError} `HOST_UNKNOWN`, `BODY_INVALID`
 */
export async function readRequest(
  request: Request,
  ownBaseUrl: string | undefined,
): Promise<{ api: Api; call: Call; baseUrl: string }> {
  const { method, headers } = request
  const baseUrl = accessPointOf(request.url, ownBaseUrl)
  const { pathname: whole, search, searchParams } = new URL(request.url)
  const pathname = whole.slice(new URL(baseUrl).pathname.length - 1)
  // The caller has encrypted the fields already.
  const { encrypt: _, encryptQuery: _query, encryptForBank: _bank, ...trait } = traitOf(method, pathname)
  const common = { method, trait, headers }
  const [, api] = /^\/(v3|brand)\//.exec(pathname) ?? []
  if (api)
    return { api: api as Api, call: { ...common, path: pathname + search, raw: await readRaw(request) }, baseUrl }
  const message =
    method === 'GET'
      ? { path: pathname, params: Object.fromEntries(searchParams) }
      : { path: pathname + search, body: await readXml(request) }
  return { api: 'v2', call: { ...common, ...message }, baseUrl }
}

/** Reads a body that is sent unchanged. The signature of an upload covers only the text of `meta`. */
async function readRaw(request: Request): Promise<Payload> {
  const type = request.headers.get('content-type')
  if (!type?.startsWith('multipart/form-data')) {
    const signed = await request.text()
    return { body: signed || null, signed, type }
  }
  const [form, body] = await Promise.all([request.clone().formData(), request.arrayBuffer()])
  return { body, signed: String(form.get('meta') ?? ''), type }
}

async function readXml(request: Request): Promise<unknown> {
  try {
    return parseXml(await request.text())
  } catch (cause) {
    throw invalidBody('body', 'give XML', cause)
  }
}

/**
 * Creates a standard `Response` from a verified one. Its body is decompressed, so the headers must not give its old
 * length.
 */
export function writeResponse({ response, isStream, body }: Verified): Response {
  if (isStream) return response
  const whole = new Response(body || null, response)
  whole.headers.delete('content-encoding')
  whole.headers.delete('content-length')
  return whole
}
