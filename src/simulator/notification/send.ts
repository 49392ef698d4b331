import { SECOND } from '../../core/base/time.ts'
import { type MerchantResponse, readMerchantResponse } from './merchant-response.ts'
import type { Message } from './message.ts'

/** Time limit of the merchant's response, by the real clock. */
const TIMEOUT = 5 * SECOND

/** Sends a notification once. Never rejects. */
export async function send(
  url: string,
  { headers, body }: Message,
  deliver: typeof fetch | undefined,
): Promise<MerchantResponse | { readonly error: string }> {
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  // A handler in the same process may ignore the signal, so the limit is enforced here as well.
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no response within ${TIMEOUT / SECOND} s`))
      controller.abort()
    }, TIMEOUT)
  })
  const exchange = async (): Promise<MerchantResponse> => {
    const { signal } = controller
    const fetch = deliver ?? globalThis.fetch
    return readMerchantResponse(await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal }))
  }
  try {
    return await Promise.race([exchange(), timeout])
  } catch (error) {
    return { error: reasonOf(error) }
  } finally {
    clearTimeout(timer)
  }
}

/** Returns the reason of a failure: the message `fetch failed` says little without its cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = Object(error) as { message?: unknown; cause?: { code?: unknown; message?: unknown } }
  const detail = cause?.code ?? cause?.message
  return `${message ?? error}${detail === undefined ? '' : ` (${detail})`}`
}
