import type { Bytes } from '../../core/bytes.ts'
import { readBounded } from '../../core/read-bounded.ts'
import { nginxResponse, type SimulatedResponse } from './response.ts'

/** Bytes. The largest documented upload has 5 MB. */
const MAX_BODY = 16 * 1024 * 1024

/** Reports a body longer than any that WeChat Pay accepts. */
export class BodyTooLarge extends Error {
  override readonly name: string = 'BodyTooLarge'
  /** Response of the nginx in front of both APIs. */
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
