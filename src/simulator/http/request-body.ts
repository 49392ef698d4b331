import { type Bytes, fromUtf8 } from '../../core/base/bytes.ts'
import { readBounded } from '../../core/base/read-bounded.ts'
import { NginxRefusal } from './response.ts'

/** Bytes. The largest documented upload has 5 MB. */
const MAX_BODY = 16 * 1024 * 1024

/**
 * Reads the body of a request to the simulated WeChat Pay.
 *
 * @throws {NginxRefusal} 413: the body is longer than any that WeChat Pay accepts
 */
export async function readBody(request: Request): Promise<Bytes> {
  const bytes = await readBounded(request.body, MAX_BODY)
  if (bytes) return bytes
  throw new NginxRefusal(413, 'Request Entity Too Large')
}

/** Decodes UTF-8. Other bytes become an empty text, which is neither JSON nor XML. */
export function decodeText(bytes: Bytes): string {
  try {
    return fromUtf8(bytes)
  } catch {
    return ''
  }
}
