import { fromUtf8 } from './bytes.ts'
import { parseXml } from './codec/xml.ts'
import { traitOf } from './endpoints/trait-of.ts'
import { CallError } from './errors.ts'
import type { Api, Call, Verified } from './protocol/call.ts'

/** A standard `Request` as a call: its path as it stands, its body as it stands, its origin the access point. */
export async function readRequest(request: Request): Promise<{ api: Api; call: Call; baseUrl: string }> {
  const { method, headers } = request
  const { origin: baseUrl, pathname, search, searchParams } = new URL(request.url)
  const common = { method, trait: traitOf(method, pathname), headers }
  if (pathname.startsWith('/v3/'))
    return { api: 'v3', call: { ...common, path: pathname + search, raw: await readRaw(request) }, baseUrl }
  const message = method === 'GET' ? { query: Object.fromEntries(searchParams) } : { body: await readXml(request) }
  return { api: 'v2', call: { ...common, path: pathname, ...message }, baseUrl }
}

/** Of an upload the signature covers the text of `meta` alone. */
async function readRaw(request: Request): Promise<NonNullable<Call['raw']>> {
  const type = request.headers.get('content-type')
  const form = type?.startsWith('multipart/form-data') ? await request.clone().formData() : undefined
  const body = new Uint8Array(await request.arrayBuffer())
  return { body: body.length ? body : undefined, signed: form ? String(form.get('meta') ?? '') : body, type }
}

async function readXml(request: Request): Promise<unknown> {
  try {
    return parseXml(fromUtf8(await request.arrayBuffer()))
  } catch (cause) {
    throw new CallError('BODY_INVALID', '', 'The body of an APIv2 request has to be XML.', { cause })
  }
}

const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304])

/** A verified answer as a standard `Response`. Its bytes are unpacked already and have another length than was announced. */
export function writeResponse({ response, bytes }: Verified): Response {
  if (!bytes) return response
  const headers = new Headers(response.headers)
  headers.delete('content-encoding')
  headers.delete('content-length')
  const { status, statusText } = response
  return new Response(WITHOUT_BODY.has(status) ? null : bytes, { status, statusText, headers })
}
