import type { Endpoint } from '../../scripts/generate/endpoint.ts'
import type { Credentials } from './credentials.ts'
import { given, type ObjectSample, type RequestSample } from './sample.ts'
import { type OpeningKeys, sampleFaults } from './sample-faults.ts'
import type { SentRequest } from './stubbed-client.ts'
import { isSignedBy, readXml } from './v2-message.ts'

/** Compares all of a request with the sample that the client was given: query, headers, body. What is wrong, one a line. */
export async function requestFaults(
  endpoint: Endpoint,
  { query, headers, body }: RequestSample,
  sent: SentRequest,
  credentials: Credentials,
  keys: OpeningKeys,
): Promise<string[]> {
  const asked = queryOf(sent.url.searchParams, query)
  const isMessage = endpoint.api === 'v2' && endpoint.method === 'GET'
  const sentHeaders = Object.keys(headers.members).map(name => [name, sent.headers.get(name)])
  return [
    ...sampleFaults(query, isMessage ? givenIn(asked, query, credentials) : asked, keys, 'text', 'query'),
    ...sampleFaults(headers, Object.fromEntries(sentHeaders), keys, 'text', 'headers'),
    ...(await bodyFaults(endpoint, body, sent, credentials, keys)),
  ]
}

/** By name; a list repeats its own. */
const queryOf = (asked: URLSearchParams, { members }: ObjectSample): Record<string, unknown> =>
  Object.fromEntries(
    [...new Set(asked.keys())].map(name => [
      name,
      members[name]?.kind === 'list' ? asked.getAll(name) : asked.getAll(name).join(),
    ]),
  )

async function bodyFaults(
  { api, body }: Endpoint,
  sample: ObjectSample | undefined,
  sent: SentRequest,
  credentials: Credentials,
  keys: OpeningKeys,
): Promise<string[]> {
  const text = new TextDecoder().decode(sent.body)
  if (!sample) return text === '' ? [] : [`body: ${text}`]
  if (body?.kind === 'json') return sampleFaults(sample, JSON.parse(text), keys, 'json', 'body')
  if (body?.kind === 'xml')
    return sampleFaults(sample, givenIn(readXml(text), sample, credentials), keys, 'text', 'body')
  const type = sent.headers.get('content-type') ?? ''
  if (!type.startsWith('multipart/form-data')) return [`body: ${type || 'no type'} for an upload`]
  const form = await new Response(sent.body, { headers: { 'content-type': type } }).formData()
  return uploadFaults(sample, Object.fromEntries(form), keys, texts =>
    api === 'v2' ? givenIn(texts, sample, credentials) : texts,
  )
}

/** @param read what of an upload's texts the caller gave */
async function uploadFaults(
  { members }: ObjectSample,
  parts: Readonly<Record<string, FormDataEntryValue>>,
  keys: OpeningKeys,
  read: (texts: Record<string, unknown>) => Record<string, unknown>,
): Promise<string[]> {
  const isFile = ([, { kind }]: [string, { kind: string }]) => kind === 'file'
  const texts = Object.fromEntries(Object.entries(parts).filter(([, part]) => typeof part === 'string'))
  const others = Object.fromEntries(Object.entries(members).filter(entry => !isFile(entry)))
  const faults = sampleFaults({ kind: 'object', members: others }, read(texts), keys, 'text', 'body')
  for (const [name, sample] of Object.entries(members).filter(isFile)) {
    const [file, due] = [parts[name], given(sample) as File]
    if (!(file instanceof File)) faults.push(`body.${name}: no file`)
    else if ((await file.text()) !== (await due.text())) faults.push(`body.${name}: another file`)
  }
  return faults
}

/** Returns the fields of an APIv2 message that the caller gave: its signature must fit, and the client's own fields are removed. */
function givenIn(
  fields: Record<string, unknown>,
  { members }: ObjectSample,
  { merchant }: Credentials,
): Record<string, unknown> {
  if (!isSignedBy(merchant.apiv2Key!, fields as Record<string, string>)) return { ...fields, sign: 'does not fit' }
  const added = ['sign', 'nonce_str', 'sign_type'].filter(name => !Object.hasOwn(members, name))
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !added.includes(name)))
}
