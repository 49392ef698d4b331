import { withDeadline } from '../../core/base/deadline.ts'
import { type Finding, findingOf } from '../health/finding.ts'
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
    return readResponse(response, host)
  } catch {
    return findingOf('fail', 'fixed_ip_silent', { host })
  }
}

function readResponse({ status, headers }: Response, host: string): Finding {
  const [code] = OWN_HEADERS.flatMap(name => headers.get(name) ?? [])
  if (code === undefined) return findingOf('fail', 'fixed_ip_no_gateway', { host, status })
  if (status === 401) return findingOf('fail', 'fixed_ip_token_unknown', { host })
  if (status === 403 || status === 200) return findingOf('ok', 'fixed_ip_responds', { host })
  if (status === 503) return findingOf('fail', 'fixed_ip_unhealthy', { host })
  return findingOf('warn', 'fixed_ip_other_status', { host, status })
}
