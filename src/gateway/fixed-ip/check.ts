import { withDeadline } from '../../core/base/deadline.ts'
import type { Finding } from '../health/signed-call.ts'
import type { FixedIpGateway } from './fixed-ip.ts'
import { FORWARDED_HEADER, OWN_HEADERS } from './request.ts'

/** Milliseconds for the other gateway to respond. */
const TIMEOUT = 5_000

/**
 * Requests the health page of the gateway with the fixed address, with the token of this gateway. WeChat Pay is not called. The token's
 * caller need not be allowed to read the page: a 403 also proves that the token is known.
 *
 * @returns the finding; never rejects
 */
export async function checkFixedIp({ url, token, fetch: send = fetch }: FixedIpGateway): Promise<Finding> {
  const { host } = new URL(url)
  try {
    const response = await withDeadline(
      TIMEOUT,
      () => new Error('TIMEOUT'),
      // A redirect is not followed, because its target must not get the token.
      () =>
        send(`${url}/healthz`, {
          headers: { Authorization: `Bearer ${token}`, [FORWARDED_HEADER]: '1' },
          redirect: 'manual',
        }),
    )
    await response.body?.cancel()
    return findingOf(response, host)
  } catch {
    return [
      'fail',
      `${host} does not respond, so that payouts fail. Check that it runs, and that GATEWAY_FIXED_IP_URL is correct.`,
    ]
  }
}

function findingOf({ status, headers }: Response, host: string): Finding {
  const [code] = OWN_HEADERS.flatMap(name => headers.get(name) ?? [])
  if (code === undefined)
    return [
      'fail',
      `${host} responds with status ${status}, but not as a gateway. Correct GATEWAY_FIXED_IP_URL, or the proxy in front of it.`,
    ]
  if (status === 401)
    return [
      'fail',
      `${host} does not know the token. Set GATEWAY_FIXED_IP_TOKEN to the token of a caller in its configuration.`,
    ]
  if (status === 403 || status === 200) return ['ok', `${host} responds and knows the token.`]
  if (status === 503) return ['fail', `${host} is not healthy. Check its own /healthz.`]
  return ['warn', `${host} responds with status ${status}. Check its log.`]
}
