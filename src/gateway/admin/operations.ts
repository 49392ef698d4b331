import { Hono } from 'hono'
import { HOUR, MINUTE } from '../../core/base/time.ts'
import { type AppEnv, inBackground } from '../app-context.ts'
import type { Caller } from '../caller/caller.ts'
import type { GatewayContext } from '../context.ts'
import { type FullReport, statusOf } from '../health/healthz.ts'
import { takeSample } from '../metrics/sample.ts'
import { throughputOf } from '../metrics/throughput.ts'
import { invalid, queryOf } from './query.ts'

const DEFAULT_HOURS = 1
const MAX_HOURS = 24

/** Creates the operator's pages about the gateway as a whole: its health, its throughput, its callers and its sweeps. */
export function createOperationPages(context: GatewayContext, fullReport: FullReport): Hono<AppEnv> {
  const { gatewayLedger, callers, now, ledgersPurge } = context
  const pages = new Hono<AppEnv>()

  pages.get('/health', async c => {
    const { deep } = queryOf(c, ['deep'])
    if (deep !== undefined && deep !== 'true') throw invalid('deep must be true, or left out.')
    const checks = await fullReport(deep === 'true', work => inBackground(c, work))
    return c.json({ status: statusOf(checks), checks })
  })

  pages.get('/throughput', async c => {
    const hours = hoursOf(queryOf(c, ['hours']).hours)
    const [samples, totals] = await Promise.all([gatewayLedger().samples(now() - hours * HOUR), takeSample(context)])
    const isStale = now() - (samples.at(-1)?.at ?? 0) >= MINUTE
    // Where sweeps take no samples, they are taken while somebody looks.
    if (ledgersPurge && isStale) await gatewayLedger().recordSample(totals)
    return c.json({ points: throughputOf([...samples, { at: now(), totals }]) })
  })

  pages.get('/callers', async c => {
    queryOf(c, [])
    return c.json({ callers: callers.map(describeCaller) })
  })

  pages.get('/sweep', async c => {
    queryOf(c, [])
    return c.json({ last: await gatewayLedger().lastSweep() })
  })
  return pages
}

function hoursOf(text = String(DEFAULT_HOURS)): number {
  const hours = Number(text)
  if (/^\d{1,2}$/.test(text) && hours >= 1 && hours <= MAX_HOURS) return hours
  throw invalid(`hours must be a number from 1 to ${MAX_HOURS}.`)
}

/** Describes a caller without its credentials: not even the hashes of tokens are shown. */
function describeCaller({ name, credential, merchants, allow, maxAmount, rate }: Caller): object {
  return {
    name,
    credential: 'tokens' in credential ? 'token' : 'issuer' in credential ? 'jwt' : 'binding',
    ...('tokens' in credential && { tokens: credential.tokens.length }),
    ...('issuer' in credential && { issuer: credential.issuer }),
    merchants: merchants ?? null,
    allow,
    maxAmount: maxAmount ?? null,
    rate: rate ?? null,
  }
}
