import { credentialsOf } from '../../../core/client/client.ts'
import { parseJson, stringifyJson } from '../../../core/codec/json.ts'
import { parseXml } from '../../../core/codec/xml.ts'
import { undefinedFields } from '../../../simulator/catalogue/undefined-fields.ts'
import { findViolation } from '../../../simulator/catalogue/violation.ts'
import { prepareRequest, type UnsentRequest } from '../../request/dry-run.ts'
import { findDescribed } from '../catalogue/endpoints.ts'
import { BODY, METHOD, PATH, QUERY, type Tool, type ToolInput } from '../tool.ts'
import { ToolError } from '../tool-error.ts'
import { compareAuthorization, comparePairs } from './compare-signature.ts'
import { readBody } from './input.ts'

export const explainSignature: Tool = {
  name: 'explain_signature',
  title: 'Explain a signature, without sending',
  description:
    'Shows how a call is signed, and sends nothing: the exact text that the signature covers, the headers, the body as sent, a curl command, and what the definition of the endpoint objects to in the request. Give the Authorization header (APIv3), or the "sign" in the body (APIv2), that another program made for the same call to learn why WeChat Pay answers 签名错误 / SIGN_ERROR.',
  properties: {
    method: METHOD,
    path: PATH,
    query: QUERY,
    body: {
      ...BODY,
      description: `${BODY.description as string} To compare a signature of APIv3, give the text exactly as the program sent it.`,
    },
    authorization: {
      type: 'string',
      maxLength: 4096,
      description: 'APIv3: the Authorization header that the other program sent.',
    },
  },
  required: ['method', 'path'],
  reach: 'this process',
  async run(input, { keys }) {
    const { method, path, query, authorization } = input as { method: string; path: string } & ToolInput
    const isV2 = /^\/?v2\//.test(path)
    if (isV2 && authorization !== undefined)
      throw new ToolError(
        'INPUT_INVALID',
        'APIv2 has no Authorization header.',
        'Give the body as the program sent it, with its "sign".',
      )
    const given = readBody(method, input.body)
    const { sign, ...fields } = Object(given) as Record<string, unknown>
    const isCompared = isV2 && sign !== undefined
    const body = isCompared ? fields : given
    const request = await prepareRequest(
      {
        method,
        path,
        body,
        headers: new Headers(),
        ...(query !== undefined && { params: query as object }),
      },
      keys.client,
      keys.options,
    )
    const shown = keys.kind === 'demo' ? request : withoutSignature(request)
    return {
      keys: keys.kind,
      request: { method, url: shown.url, headers: shown.headers, ...(shown.body && { body: shown.body }) },
      signedText: isV2 ? request.signed.join('&') : request.signed.map(line => `${line}\n`).join(''),
      rule: isV2
        ? 'The non-empty fields sorted by name, name=value joined by &, then &key= and the APIv2 key; MD5 or HMAC-SHA256 in capitals.'
        : 'Method, path with query, timestamp, nonce and body, each followed by one line break, the last too; SHA256 with RSA by the merchant’s private key, in base64.',
      encrypted: request.encrypted,
      clientCertificate: request.clientCertificate,
      curl: curlOf(shown),
      objections: findObjections(method, path, request),
      ...(keys.kind === 'configured' && {
        note: 'The signature is withheld: with configured keys it could be sent. Give the signature of your program to compare it.',
      }),
      ...(authorization !== undefined && {
        comparison: await compareAuthorization(authorization as string, request, textOf(input.body), keys),
      }),
      ...(isCompared && {
        comparison: comparePairs(String(sign), fields, credentialsOf(keys.client).account),
      }),
    }
  },
}

/** Returns the body as text; what was given as text, unchanged. */
const textOf = (body: unknown): string =>
  typeof body === 'string' ? body : body === undefined ? '' : stringifyJson(body)

const WITHHELD = '<withheld>'

/**
 * Replaces the signature of a request wherever it stands. Looks for its value rather than for its place, because fields of the
 * input may imitate the place.
 */
function withoutSignature(request: UnsentRequest): UnsentRequest {
  const signatures = signaturesOf(request)
  const withhold = (text: string): string =>
    signatures.reduce((rest, signature) => rest.replaceAll(signature, WITHHELD), text)
  const headers = Object.entries(request.headers).map(([name, value]) => [name, withhold(value)])
  return {
    ...request,
    url: withhold(request.url),
    headers: Object.fromEntries(headers),
    body: request.body && withhold(request.body),
  }
}

/** @throws {ToolError} `SIGNATURE_NOT_FOUND`, so that a request never leaves with a signature that was overlooked */
function signaturesOf({ api, url, headers, body = '' }: UnsentRequest): string[] {
  const found =
    api !== 'v2'
      ? [...(headers.authorization ?? '').matchAll(/signature="([^"]+)"/g)].map(([, signature]) => signature!)
      : body.startsWith('<')
        ? [String(parseXml(body).sign ?? '')]
        : [
            ...new URL(url).searchParams.getAll('sign'),
            ...Array.from(body.matchAll(/^sign: (.+)$/gm), ([, sign]) => sign!),
          ]
  const signatures = found.filter(signature => signature !== '')
  if (signatures.length > 0) return signatures
  throw new ToolError(
    'SIGNATURE_NOT_FOUND',
    'The signature of the request was not found, so the request is not shown.',
    'Use demo keys: ask the user to start the server without --env.',
  )
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

function curlOf({ method, url, headers, body }: UnsentRequest): string {
  const lines = [
    `curl -X ${method} ${quote(url)}`,
    ...Object.entries(headers).map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
    ...(body ? [`--data-raw ${quote(body)}`] : []),
  ]
  return lines.join(' \\\n  ')
}

/** Lists what the definition of the endpoint objects to in the body; of each field the first objection. */
function findObjections(method: string, path: string, { api, body, headers }: UnsentRequest): object[] | string {
  const found = findDescribed(method, path)
  if (!found) return 'No definition has this endpoint. Search with find_endpoint.'
  const fields = found.endpoint.body?.fields
  if (!body || !fields || headers['content-type']?.startsWith('multipart/')) return []
  const values = (api === 'v2' ? parseXml(body) : parseJson(body)) as Record<string, unknown> | null
  if (values === null || typeof values !== 'object' || Array.isArray(values)) return 'The body is not an object.'
  const violations = fields.flatMap(field => {
    const violation = findViolation(values, [field], api === 'v2' ? 'text' : 'json')
    return violation ? [{ field: violation.pointer, label: violation.field.label, issue: violation.issue }] : []
  })
  const unknown = api === 'v2' ? [] : undefinedFields(values, fields)
  return [...violations, ...unknown.map(field => ({ field, issue: 'not in the definition' }))].slice(0, 50)
}
