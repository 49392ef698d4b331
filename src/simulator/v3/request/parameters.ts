import { readJson } from '../../catalogue/read-json.ts'
import { decodeText } from '../../http/request-body.ts'
import { paramError } from '../refusal.ts'
import type { Fields, RouteInput } from '../route.ts'
import type { ReceivedRequest } from './received-request.ts'
import type { Requirements } from './requirements.ts'

/** The parameters of a request, before they are checked and decrypted. */
export interface ReceivedParameters extends RouteInput {
  /** Headers that the definition names. */
  readonly headers: Readonly<Record<string, string | null>>
}

/**
 * Reads the parameters that the definition of an endpoint names, and the body.
 *
 * @throws {V3Refusal} 400 `PARAM_ERROR`: the content type is not that of the definition, or the body is not a JSON object
 */
export function readParameters(
  received: ReceivedRequest,
  path: Readonly<Record<string, string>>,
  requirements: Requirements,
): ReceivedParameters {
  const { origin, target, headers, parts = [] } = received
  requireContentType(received, requirements)
  return {
    origin,
    path,
    query: firstValues(target.query),
    lists: Object.fromEntries(
      requirements.query.flatMap(({ name, shape }) =>
        shape.items && target.query.has(name) ? [[name, target.query.getAll(name)]] : [],
      ),
    ),
    headers: Object.fromEntries(requirements.header.map(({ name }) => [name, headers.get(name)])),
    body: parseBody(received),
    parts,
  }
}

function requireContentType({ headers, body, parts }: ReceivedRequest, { isUpload }: Requirements): void {
  if (body.length === 0) return
  const expected = isUpload ? 'multipart/form-data' : 'application/json'
  const isExpected = isUpload ? parts !== undefined : /^application\/json\b/i.test(headers.get('content-type') ?? '')
  if (!isExpected)
    throw paramError(`Http头Content-Type不正确，请设置为${expected}`, {
      field: 'Content-Type',
      issue: `content type is not ${expected}`,
      location: 'header',
    })
}

function firstValues(query: URLSearchParams): Record<string, string> {
  const values = new Map<string, string>()
  for (const [name, value] of query) if (!values.has(name)) values.set(name, value)
  return Object.fromEntries(values)
}

function parseBody({ signedBody }: ReceivedRequest): Fields {
  if (signedBody.length === 0) return {}
  const json = readJson(decodeText(signedBody))
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Fields
  throw paramError('参数错误，请求体不是合法的JSON对象', {
    field: '',
    issue: 'body is not a JSON object',
    location: 'body',
  })
}
