import { type MerchantResponse, readMerchantResponse } from './merchant-response.ts'
import type { Message } from './message.ts'

/** Time limit of the merchant's response, ms of the real clock. */
const LIMIT = 5000

/** Sends a notification once. Never rejects. */
export async function send(
  url: string,
  { headers, body }: Message,
  deliver: typeof fetch | undefined,
): Promise<MerchantResponse | { readonly error: string }> {
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  // A handler in the same process may ignore the signal, so the limit is enforced here as well.
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${LIMIT / 1000} s`))
      controller.abort()
    }, LIMIT)
  })
  const exchange = async (): Promise<MerchantResponse> => {
    const { signal } = controller
    const given = deliver ?? globalThis.fetch
    return readMerchantResponse(await given(url, { method: 'POST', headers, body, redirect: 'manual', signal }))
  }
  try {
    return await Promise.race([exchange(), late])
  } catch (error) {
    return { error: reason(error) }
  } finally {
    clearTimeout(timer)
  }
}

/** Returns the reason of a failure: the message `fetch failed` says little without its cause. */
function reason(error: unknown): string {
  const { message, cause } = Object(error) as { message?: unknown; cause?: { code?: unknown; message?: unknown } }
  const beneath = cause?.code ?? cause?.message
  return `${message ?? error}${beneath === undefined ? '' : ` (${beneath})`}`
}
