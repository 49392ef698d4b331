import { isNotification } from '../src/gateway/request-path.ts'
import type { Env } from './bindings.ts'

/** Seconds of the period in wrangler.toml. */
const RETRY_AFTER = 10

/**
 * Refuses notifications from an address that sends too many, before their bodies are read and their signatures verified. WeChat Pay
 * sends refused notifications again. Cloudflare counts per location, so the limit bounds the cost and is not an exact number.
 *
 * @returns a response with status 429, or undefined if the request may pass, which includes a missing or failing limiter
 * @see https://developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit/
 */
export async function limitNotifications(
  request: Request,
  { NOTIFY_RATE_LIMIT: limiter }: Env,
): Promise<Response | undefined> {
  const address = request.headers.get('cf-connecting-ip')
  if (!limiter || address === null || !isNotification(new URL(request.url).pathname)) return undefined
  try {
    const { success } = await limiter.limit({ key: networkOf(address) })
    if (success) return undefined
  } catch {
    return undefined
  }
  const headers = { 'Retry-After': String(RETRY_AFTER), 'Wechatpay-Edge-Error': 'RATE_LIMITED' }
  return Response.json({ code: 'FAIL', message: 'RATE_LIMITED' }, { status: 429, headers })
}

/** Returns an IPv4 address as it is, and the first 64 bits of an IPv6 address, because a single host has all addresses below them. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const [head = [], tail = []] = address.split('::').map(part => part.split(':').filter(Boolean))
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0')
  const groups = [...head, ...zeros, ...tail].slice(0, 4)
  return groups.map(group => Number.parseInt(group, 16).toString(16)).join(':')
}
