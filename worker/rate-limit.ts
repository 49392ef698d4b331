import { isNotification } from '../src/gateway/request-path.ts'
import type { Env } from './bindings.ts'

/** Seconds of the period in wrangler.toml: the earliest time at which another notification may pass. */
const RETRY_AFTER = 10

/**
 * Refuses notifications of an address that sends too many, before their bodies are read and their signatures checked. WeChat Pay
 * sends a refused one again. Cloudflare counts in each of its locations, so the limit is a bound on cost, not an exact number.
 *
 * @returns 429, or undefined where the request may pass: also where there is no limiter, or it fails
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

/** Returns the address; of IPv6 the first 64 bits, because a single host has all addresses below them. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const [head = [], tail = []] = address.split('::').map(part => part.split(':').filter(Boolean))
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0')
  const groups = [...head, ...zeros, ...tail].slice(0, 4)
  return groups.map(group => Number.parseInt(group, 16).toString(16)).join(':')
}
