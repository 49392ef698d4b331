import type { Bytes } from '../../core/bytes.ts'
import { readBounded } from '../../core/read-bounded.ts'
import { nginxResponse, type SimulatedResponse } from './response.ts'

/** Bytes. The largest upload that WeChat Pay documents has 5 MB. */
const MAX_BODY = 16 * 1024 * 1024

/** A request has a longer body than any that WeChat Pay takes. */
export class BodyTooLarge extends Error {
  override readonly name: string = 'BodyTooLarge'
  /** As nginx refuses it, which stands before both APIs. */
  readonly response: SimulatedResponse = nginxResponse(413, 'Request Entity Too Large')
}

/**
 * Reads the body of a request to the simulated WeChat Pay.
 *
 * @throws {BodyTooLarge}
 */
export async function readBody(request: Request): Promise<Bytes> {
  const bytes = await readBounded(request.body, MAX_BODY)
  if (bytes) return bytes
  throw new BodyTooLarge(`The body has more than ${MAX_BODY} bytes.`)
}
