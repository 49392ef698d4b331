import { type MerchantResponse, readMerchantResponse } from './merchant-response.ts'
import type { Message } from './message.ts'

/** What the service gives the merchant, by the real clock. */
const LIMIT = 5000

/** Sends a notification once. Never rejects. */
export async function send(
  url: string,
  { headers, body }: Message,
  deliver: typeof fetch | undefined,
): Promise<MerchantResponse | { readonly error: string }> {
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  // Waited for here too: a handler in the same process need not heed the signal.
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

/** `fetch failed` says little; the cause beneath it says why. */
function reason(error: unknown): string {
  const { message, cause } = Object(error) as { message?: unknown; cause?: { code?: unknown; message?: unknown } }
  const beneath = cause?.code ?? cause?.message
  return `${message ?? error}${beneath === undefined ? '' : ` (${beneath})`}`
}
