import { BASE_URL, STANDBY_URL } from '../../core/routing.ts'
import { bad, type Check, good, skipped } from '../checks.ts'

const TIMEOUT = 10_000
/** Seconds that WeChat Pay takes. */
const MOST_SKEW = 300
/** Seconds from which on it is worth a word: the way there and back, and the whole seconds of the header, are less. */
const NOTICED = 30

export interface Network {
  readonly checks: readonly Check[]
  /** Seconds that this machine's clock is ahead; undefined when no host told the time. */
  readonly skew: number | undefined
}

/** Looks whether WeChat Pay's hosts answer at all, and what time it is there. */
export async function checkNetwork(baseUrl: string | undefined, stopped: AbortSignal): Promise<Network> {
  const urls = baseUrl ? [baseUrl] : [BASE_URL, STANDBY_URL]
  const visits = await Promise.all(urls.map(url => visit(url, stopped)))
  const skew = visits.find(({ skew }) => skew !== undefined)?.skew
  return { checks: [...visits.map(({ check }) => check), checkClock(skew)], skew }
}

/** Tells a clock that WeChat Pay does not accept. */
export const isClockWrong = (skew: number | undefined): boolean => skew !== undefined && Math.abs(skew) > MOST_SKEW

/** Seconds that this machine's clock is ahead of what a response says. */
export function skewOf(headers: Headers, now: number): number | undefined {
  const date = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(date) ? undefined : Math.round((now - date) / 1000)
}

interface Visit {
  readonly check: Check
  /** Seconds that this machine is ahead. */
  readonly skew?: number | undefined
}

async function visit(url: string, stopped: AbortSignal): Promise<Visit> {
  if (!/^https?:/.test(url) || !URL.canParse(url))
    return { check: bad('host', 'WECHATPAY_BASE_URL is no URL', 'Give one as https://api.mch.weixin.qq.com') }
  const { origin, host, username, password } = new URL(url)
  if (username || password)
    return { check: bad('host', 'WECHATPAY_BASE_URL has a user or a password in it', 'Take them out: none is sent') }
  const name = `host ${host}`
  const begin = Date.now()
  try {
    // Any answer will do; unsigned as it is, it is an error.
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(TIMEOUT)])
    const response = await fetch(origin, { signal, redirect: 'manual' })
    await response.body?.cancel()
    const end = Date.now()
    return {
      check: good(name, `answers, ${end - begin} ms`),
      skew: skewOf(response.headers, (begin + end) / 2),
    }
  } catch (error) {
    const { name: kind, cause, message } = error as Error
    const code = kind === 'TimeoutError' ? kind : ((cause as NodeJS.ErrnoException | undefined)?.code ?? message)
    return {
      check: bad(name, `does not answer (${code})`, CURES[code] ?? (/CERT|SIGN/.test(code) ? UNTRUSTED : UNREACHED)),
    }
  }
}

const UNREACHED = 'Look at the network, the proxy, the firewall'
const UNTRUSTED = 'A proxy, or the simulator with --tls, has an authority of its own: NODE_EXTRA_CA_CERTS=ca.pem'
const NAMELESS =
  'This machine cannot resolve the name: look at its name server (DNS) and network; where WECHATPAY_BASE_URL is set, at its spelling'
const CURES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there. Is it the simulator: start it with wechatpay-edge simulator',
  ENOTFOUND: NAMELESS,
  EAI_AGAIN: NAMELESS,
  TimeoutError: UNREACHED,
}

function checkClock(skew: number | undefined): Check {
  if (skew === undefined) return skipped('clock', 'no host told the time')
  const says = skew === 0 ? 'right to the second' : `${Math.abs(skew)} s ${skew > 0 ? 'ahead' : 'behind'}`
  const cure = 'Set it by the network (NTP)'
  if (isClockWrong(skew)) return bad('clock', `${says}, and WeChat Pay takes 5 minutes`, cure)
  return good('clock', says, Math.abs(skew) > NOTICED ? cure : undefined)
}
