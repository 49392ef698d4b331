import { parseXml } from '../../core/codec/xml.ts'
import type { Api } from '../../definitions/call.ts'
import { isQuestion } from './event-names.ts'

/** The merchant's response to a notification. */
export interface MerchantResponse {
  readonly status: number
  readonly text: string
}

/** Bytes to read at most. */
const MAX_BYTES = 65_536

/** Reads the response, its body up to the limit. */
export async function readMerchantResponse(response: Response): Promise<MerchantResponse> {
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let length = 0
  while (reader && length < MAX_BYTES) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.length
    text += decoder.decode(value, { stream: true })
  }
  // Does not wait for the rest of the body.
  if (length >= MAX_BYTES) reader?.cancel().catch(() => {})
  return { status: response.status, text }
}

/**
 * Returns whether the merchant acknowledged the notification. APIv3: 200 or 204 without a body, or with one whose
 * `code` is `SUCCESS`. APIv2: XML whose `return_code` is `SUCCESS`; its JSON notifications require only 200.
 */
export function isAcknowledged(
  { api, event }: { api: Api; event: string },
  { status, text }: MerchantResponse,
): boolean {
  if (api === 'v2' && !event.includes('.')) return status === 200 && returnCode(text) === 'SUCCESS'
  if (status !== 200 && status !== 204) return false
  return api === 'v2' || isQuestion({ api, event }) || text.trim() === '' || codeOf(text) === 'SUCCESS'
}

function returnCode(text: string): unknown {
  try {
    return parseXml(text).return_code
  } catch {
    return undefined
  }
}

function codeOf(text: string): unknown {
  try {
    return Object(JSON.parse(text)).code
  } catch {
    return undefined
  }
}
