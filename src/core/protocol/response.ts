import type { Reply } from '../endpoints/call.ts'
import {
  type MalformedError,
  MalformedResponseError,
  type ReceivedResponse,
  type SignatureCode,
  SignatureError,
  TransportError,
} from '../errors.ts'
import { readBounded } from '../read-bounded.ts'
import { type Call, mayTakeEffect, type Verified } from './call.ts'

/** An answer as text. A byte order mark stays: it is signed. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * Bytes of an answer that are read, once they are decompressed. The longest documented lists have 200 rows of some hundred
 * bytes; a platform certificate has 3 KB, and two or three are in force. Files are streams and have no bound.
 */
export const MAX_JSON: number = 2 ** 22
export const MAX_XML: number = 2 ** 20
export const MAX_CERTIFICATES: number = 2 ** 18
/** A file does not begin with more white space. */
const MAX_BLANK = 1024

/**
 * Reads an answer whole.
 *
 * @param most bytes
 * @throws {TransportError} `RESPONSE_CUT_SHORT`, `RESPONSE_TOO_LARGE`
 */
export async function readWhole(response: Response, call: Call, most: number): Promise<Verified> {
  const { status, headers } = response
  const bytes = await whole(readBounded(response.body, most), response, call)
  if (!bytes)
    throw new TransportError(
      'RESPONSE_TOO_LARGE',
      `The answer (HTTP ${status}) has more than ${most} bytes.`,
      mayTakeEffect(call),
    )
  return { response, status, headers, body: decoder.decode(bytes) }
}

/** An answer whose bytes the caller reads. */
export const streamed = (response: Response): Verified => ({
  response,
  status: response.status,
  headers: response.headers,
  body: '',
  isStream: true,
})

/** Whether an answer is XML, by its first character. It stays whole. @throws {TransportError} `RESPONSE_CUT_SHORT` */
export async function isXml(response: Response, call: Call): Promise<boolean> {
  const reader = response.clone().body?.getReader()
  const decoder = new TextDecoder()
  let start = ''
  for (let length = 0; reader && !start && length < MAX_BLANK; ) {
    const { done, value } = await whole(reader.read(), response, call)
    if (done) break
    length += value.length
    // Takes a byte order mark off as well.
    start = decoder.decode(value, { stream: true }).trim()
  }
  reader?.cancel().catch(() => {})
  return start.startsWith('<')
}

function whole<T>(read: Promise<T>, { status }: Response, call: Call): Promise<T> {
  return read.catch(cause => {
    throw new TransportError('RESPONSE_CUT_SHORT', `The answer (HTTP ${status}) broke off.`, mayTakeEffect(call), cause)
  })
}

/**
 * Describes the response of a proxy, or of the server before WeChat Pay, by the title of its page: it says what is missing,
 * and names nobody.
 */
export function describeUnknownError({ body }: ReceivedResponse): string {
  const [, title] = /<title>([ -~]{1,80})<\/title>/.exec(body) ?? []
  return `Not one of WeChat Pay's errors${title ? `, but a page "${title}"` : ''}.`
}

/** Makes the error for a message that is not proven. */
export type CreateSignatureError = (code: SignatureCode, why: string, cause?: unknown) => Error

/** For an answer. */
export const signatureErrorOf =
  (received: ReceivedResponse, call: Call): CreateSignatureError =>
  (code, why, cause) =>
    new SignatureError(
      code,
      `The answer (HTTP ${received.status}) is not proven: ${why}.`,
      received,
      mayTakeEffect(call),
      cause,
    )

/** Reads a text. @throws {MalformedResponseError} */
export function parseBody<T>(parse: (text: string) => T, received: ReceivedResponse, call: Call): T {
  try {
    return parse(received.body)
  } catch (error) {
    const { code, message } = error as MalformedError
    throw new MalformedResponseError(
      code,
      `The answer (HTTP ${received.status}): ${message}`,
      received,
      mayTakeEffect(call),
      error,
    )
  }
}

export const replyOf = ({ status, headers, verifiedBy }: Verified, data: unknown): Reply<unknown> => ({
  data,
  status,
  headers,
  requestId: headers.get('request-id') ?? undefined,
  verifiedBy,
})
