import { WITHOUT_TLS } from '../../adapters/unsent.ts'
import { MAX_SKEW_SECONDS } from '../../core/base/time.ts'
import { BASE_URL, STANDBY_URL } from '../../core/client/routing.ts'
import { type Check, failedCheck, passedCheck, skippedCheck } from '../checks.ts'

const TIMEOUT = 10_000
/** Seconds of skew that are worth a hint; round trip and rounding of the header amount to less. */
const NOTICEABLE_SKEW = 30

export interface Network {
  readonly checks: readonly Check[]
  /** Seconds that this machine's clock is ahead; undefined if no host told the time. */
  readonly skew: number | undefined
}

/** Checks whether WeChat Pay's hosts respond, and compares their clock with this machine's. */
export async function checkNetwork(baseUrl: string | undefined, stopped: AbortSignal): Promise<Network> {
  const urls = baseUrl ? [baseUrl] : [BASE_URL, STANDBY_URL]
  const hosts = await Promise.all(urls.map(url => checkHost(url, stopped)))
  const skew = hosts.find(({ skew: hostSkew }) => hostSkew !== undefined)?.skew
  return { checks: [...hosts.map(({ check }) => check), checkClock(skew)], skew }
}

/** Returns whether the clock is off by more than WeChat Pay accepts. */
export const isClockWrong = (skew: number | undefined): boolean =>
  skew !== undefined && Math.abs(skew) > MAX_SKEW_SECONDS

/** Returns the seconds that this machine's clock is ahead of the `Date` of a response. */
export function skewOf(headers: Headers, now: number): number | undefined {
  const date = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(date) ? undefined : Math.round((now - date) / 1000)
}

interface HostCheck {
  readonly check: Check
  /** Seconds that this machine is ahead. */
  readonly skew?: number | undefined
}

async function checkHost(url: string, stopped: AbortSignal): Promise<HostCheck> {
  if (!/^https?:/.test(url) || !URL.canParse(url))
    return {
      check: failedCheck('host', 'WECHATPAY_BASE_URL is not a URL', 'Give one such as https://api.mch.weixin.qq.com'),
    }
  const { origin, host, username, password } = new URL(url)
  if (username || password)
    return {
      check: failedCheck('host', 'WECHATPAY_BASE_URL has a user or a password', 'Remove them: they are not sent'),
    }
  const name = `host ${host}`
  const begin = Date.now()
  try {
    // Any response proves the connection. This request is unsigned, so the response is an error.
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(TIMEOUT)])
    const response = await fetch(origin, { signal, redirect: 'manual' })
    await response.body?.cancel()
    const end = Date.now()
    return {
      check: passedCheck(name, `responds, ${end - begin} ms`),
      skew: skewOf(response.headers, (begin + end) / 2),
    }
  } catch (error) {
    const { name: kind, cause, message } = error as Error
    const code = kind === 'TimeoutError' ? kind : ((cause as NodeJS.ErrnoException | undefined)?.code ?? message)
    return {
      check: failedCheck(
        name,
        `${code === WITHOUT_TLS ? 'speaks no https' : 'does not respond'} (${code})`,
        FIXES[code] ?? (/CERT|SIGN/.test(code) ? UNTRUSTED : UNREACHED),
      ),
    }
  }
}

const UNREACHED = 'Check the network, the proxy and the firewall'
const UNTRUSTED =
  'A proxy, or the simulator with --tls, has its own certificate authority: set NODE_EXTRA_CA_CERTS=ca.pem'
const UNRESOLVED =
  'This machine cannot resolve the name: check its name server (DNS) and network, and the spelling of WECHATPAY_BASE_URL if it is set'
const FIXES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there. If it is the simulator, start it with wechatpay-edge simulator',
  ENOTFOUND: UNRESOLVED,
  EAI_AGAIN: UNRESOLVED,
  [WITHOUT_TLS]: 'Begin WECHATPAY_BASE_URL with http://. The simulator serves https with --tls',
  TimeoutError: UNREACHED,
}

function checkClock(skew: number | undefined): Check {
  if (skew === undefined) return skippedCheck('clock', 'no host told the time')
  const detail = skew === 0 ? 'exact to the second' : `${Math.abs(skew)} s ${skew > 0 ? 'ahead' : 'behind'}`
  const fix = 'Synchronize it over the network (NTP)'
  if (isClockWrong(skew)) return failedCheck('clock', `${detail}, and WeChat Pay accepts 5 minutes`, fix)
  return passedCheck('clock', detail, Math.abs(skew) > NOTICEABLE_SKEW ? fix : undefined)
}
