import type { Reply } from '../../definitions/call.ts'
import {
  type MalformedError,
  MalformedResponseError,
  type ReceivedResponse,
  type SignatureCode,
  SignatureError,
  TransportError,
} from '../base/errors.ts'
import { byteSourceOf, readBounded } from '../base/read-bounded.ts'
import { type Call, mayTakeEffect, type Verified } from './call.ts'

/** Keeps a byte order mark, because the signature covers it. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * Maximum bytes of a decompressed response. The longest documented lists have 200 rows of several hundred bytes; a
 * platform certificate has 3 KB, and two or three are valid at a time. Files are streams without a limit.
 */
export const MAX_JSON: number = 2 ** 22
export const MAX_XML: number = 2 ** 20
export const MAX_CERTIFICATES: number = 2 ** 18
/** Maximum white space at the beginning of a file. */
const MAX_BLANK = 1024

/**
 * Reads a response to its end.
 *
 * @param maxBytes the maximum size
 * @throws {TransportError} `RESPONSE_CUT_SHORT`, `RESPONSE_TOO_LARGE`
 */
export async function readWhole(response: Response, call: Call, maxBytes: number): Promise<Verified> {
  const { status, headers } = response
  const bytes = await orCutShort(readBounded(byteSourceOf(response), maxBytes), response, call)
  if (!bytes)
    throw new TransportError(
      'RESPONSE_TOO_LARGE',
      `The response (HTTP ${status}) has more than ${maxBytes} bytes.`,
      mayTakeEffect(call),
    )
  return { response, status, headers, body: decoder.decode(bytes) }
}

/** Creates a response whose bytes the caller reads. */
export const unreadResponse = (response: Response): Verified => ({
  response,
  status: response.status,
  headers: response.headers,
  body: '',
  isStream: true,
})

/** Returns whether a response is XML, by its first character, without consuming it. @throws {TransportError} `RESPONSE_CUT_SHORT` */
export async function isXml(response: Response, call: Call): Promise<boolean> {
  const reader = response.clone().body?.getReader()
  const partDecoder = new TextDecoder()
  let start = ''
  for (let length = 0; reader && !start && length < MAX_BLANK; ) {
    const { done, value } = await orCutShort(reader.read(), response, call)
    if (done) break
    length += value.length
    // Decoding removes a byte order mark.
    start = partDecoder.decode(value, { stream: true }).trim()
  }
  reader?.cancel().catch(() => {})
  return start.startsWith('<')
}

function orCutShort<T>(read: Promise<T>, { status }: Response, call: Call): Promise<T> {
  return read.catch(cause => {
    throw new TransportError(
      'RESPONSE_CUT_SHORT',
      `The response (HTTP ${status}) broke off.`,
      mayTakeEffect(call),
      cause,
    )
  })
}

/**
 * Describes the response of a proxy, or of a server in front of WeChat Pay, by the title of its page, which contains no
 * personal data.
 */
export function describeUnknownError({ body }: ReceivedResponse): string {
  const [, title] = /<title>([ -~]{1,80})<\/title>/.exec(body) ?? []
  return `Not one of WeChat Pay's errors${title ? `, but a page "${title}"` : ''}.`
}

/** Creates the error for a message that is not proven. */
export type CreateSignatureError = (code: SignatureCode, why: string, cause?: unknown) => Error

/** Returns the function that creates the errors of a response. */
export const signatureErrorOf =
  (received: ReceivedResponse, call: Call): CreateSignatureError =>
  (code, why, cause) =>
    new SignatureError(
      code,
      `The response (HTTP ${received.status}) is not proven: ${why}.`,
      received,
      mayTakeEffect(call),
      cause,
    )

/** Parses the body of a response. @throws {MalformedResponseError} */
export function parseResponseBody<T>(parse: (text: string) => T, received: ReceivedResponse, call: Call): T {
  try {
    return parse(received.body)
  } catch (error) {
    const { code, message } = error as MalformedError
    throw new MalformedResponseError(
      code,
      `The response (HTTP ${received.status}): ${message}`,
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
