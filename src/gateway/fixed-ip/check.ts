import { withDeadline } from '../../core/deadline.ts'
import type { Found } from '../health/signed-call.ts'
import type { FixedIpGateway } from './fixed-ip.ts'
import { FORWARDED_HEADER, OWN_HEADERS } from './request.ts'

/** Milliseconds for the other gateway to answer. */
const ANSWERS_WITHIN = 5_000

/**
 * Asks the gateway with the fixed address for its health, with the token that it knows this gateway by. Nothing is paid, and
 * WeChat Pay is not called. The token's caller need not be allowed to read the page: whoever is refused it by name is known.
 *
 * @returns what was found; it never rejects
 */
export async function checkFixedIp({ url, token, fetch: send = fetch }: FixedIpGateway): Promise<Found> {
  const { host } = new URL(url)
  try {
    const response = await withDeadline(
      ANSWERS_WITHIN,
      () => new Error('TIMEOUT'),
      // Whoever it redirects to must not get the token.
      () =>
        send(`${url}/healthz`, {
          headers: { Authorization: `Bearer ${token}`, [FORWARDED_HEADER]: '1' },
          redirect: 'manual',
        }),
    )
    await response.body?.cancel()
    return foundOf(response, host)
  } catch {
    return ['fail', `${host} does not answer, so no payout goes out. See that it runs, and that its address is right.`]
  }
}

function foundOf({ status, headers }: Response, host: string): Found {
  const [code] = OWN_HEADERS.flatMap(name => headers.get(name) ?? [])
  if (code === undefined)
    return [
      'fail',
      `${host} answers ${status}, and not as a gateway does. Correct GATEWAY_FIXED_IP_URL, or the proxy before it.`,
    ]
  if (status === 401)
    return [
      'fail',
      `${host} does not know the token. Set GATEWAY_FIXED_IP_TOKEN to that of a caller in its configuration.`,
    ]
  if (status === 403 || status === 200) return ['ok', `${host} answers, and knows the token.`]
  if (status === 503) return ['fail', `${host} says that it is not well. Look at its own /healthz.`]
  return ['warn', `${host} answers ${status}. Look at its log.`]
}
