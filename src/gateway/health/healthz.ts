import { settleWithin } from '../../core/base/single-flight.ts'
import type { GatewayContext } from '../context.ts'
import { checkFixedIp } from '../fixed-ip/check.ts'
import { countedText, type Depths } from '../store/counts.ts'
import type { CircuitRow } from '../store/delivery/circuits.ts'
import { type Background, cached } from './cached.ts'
import { health } from './health.ts'
import { describeFault, hasKeysOf } from './key-faults.ts'
import { LEDGER_TIMEOUT, withTimeout } from './ledger-timeout.ts'
import { type Line, reasonOf, writeProbes } from './write-probes.ts'

/** Milliseconds for which the write probes of the full report are cached. */
const WRITE_PROBE_AGE = 5_000

/** Milliseconds within which a due delivery must be attempted. A working outbox takes seconds. */
const MAX_ATTEMPT_DELAY = 5 * 60_000

/** Handles `GET /healthz`. */
type HealthPage = (request: Request, admit: () => Promise<unknown>, background: Background) => Promise<Response>

/**
 * Makes all checks.
 *
 * @param deep calls WeChat Pay and the gateway with the fixed address too
 */
export type FullReport = (deep: boolean, background: Background) => Promise<Line[]>

/**
 * Creates the page `GET /healthz`: status 503 if any check fails, 200 otherwise.
 *
 * The public report has only the status. It is determined at most once per {@link GatewayContext.healthAge}, however many requests
 * there are, from the keys, the configuration and a write to the ledger. The full report, for callers that `admit` admits, has all
 * checks, including the deliveries in the ledger; with `?deep`, WeChat Pay and the gateway with the fixed address are called too. A
 * ledger that does not respond within 3 seconds has failed.
 */
export function createHealthz(context: GatewayContext): { readonly page: HealthPage; readonly fullReport: FullReport } {
  const { merchants, certificates, ledgerOf, now, warnings, healthAge } = context
  const cachedWriteProbes = cached(() => writeProbes(context), WRITE_PROBE_AGE, now)
  const settings = () => [
    ...Object.keys(merchants).map(mchid => endpointLine(mchid, context)),
    ...warningLines(warnings),
  ]
  const linesOfMerchants = (check: string, linesOf: (mchid: string) => Promise<Line[]>): Promise<Line[]> =>
    joinLines(
      Object.keys(merchants).map(merchant => linesOf(merchant).catch(error => [failedLine(merchant, check, error)])),
    )
  const faults = () => linesOfMerchants('calls', mchid => keyFaultLines(mchid, context))
  const publicReport = cached(
    () => joinLines([health({ merchants, certificates, now }), writeProbes(context), settings(), faults()]),
    healthAge,
    now,
  )

  async function fullReport(deep: boolean, background: Background): Promise<Line[]> {
    const depths = oncePerMerchant(mchid => withTimeout(() => ledgerOf(mchid).depths(mchid)))
    const circuits = oncePerMerchant(mchid => withTimeout(() => ledgerOf(mchid).circuits(mchid)))
    const healthLines = async (): Promise<Line[]> => {
      const checks = await health({ merchants, certificates, now, deep, ledger: depths })
      // A successful call clears the fault of an earlier one before the faults are read.
      const successful = checks.filter(({ check, status }) => check === 'signed_call' && status === 'ok')
      await Promise.all(successful.map(({ merchant }) => recordSuccess(merchant, context)))
      return [...checks, ...(await faults())]
    }
    return joinLines([
      healthLines(),
      cachedWriteProbes(background),
      settings(),
      sweepLines(context),
      linesOfMerchants('outbox', mchid => stuckDeliveryLines(mchid, circuits, context)),
      linesOfMerchants('doubts', async mchid => doubtLines(mchid, (await depths(mchid)).inDoubt ?? {})),
      linesOfMerchants('circuit', async mchid => (await circuits(mchid)).map(row => circuitLine(mchid, row, now()))),
      fixedIpLines(context, deep),
    ])
  }

  const page: HealthPage = async (request, admit, background) => {
    const isFull = request.headers.has('authorization') || request.headers.has('cf-access-jwt-assertion')
    if (isFull) await admit()
    const deep = new URL(request.url).searchParams.has('deep')
    const checks = await (isFull ? fullReport(deep, background) : publicReport(background))
    const status = statusOf(checks)
    const body = isFull ? { status, checks } : { status }
    return Response.json(body, { status: status === 'fail' ? 503 : 200, headers: { 'Cache-Control': 'no-store' } })
  }
  return { page, fullReport }
}

/** Returns the worst status of all checks. */
export const statusOf = (checks: readonly Line[]): Line['status'] =>
  (['fail', 'warn'] as const).find(status => checks.some(check => check.status === status)) ?? 'ok'

/** Calls the function once per merchant, however many lines of a page need the result. */
function oncePerMerchant<T>(find: (mchid: string) => Promise<T>): (mchid: string) => Promise<T> {
  const results = new Map<string, Promise<T>>()
  return mchid => {
    const result = results.get(mchid) ?? find(mchid)
    results.set(mchid, result)
    return result
  }
}

const joinLines = async (lines: readonly (readonly Line[] | Promise<readonly Line[]>)[]): Promise<Line[]> =>
  (await Promise.all(lines)).flat()

/** Reports that a check could not be made. It is a warning only, because `ledger` and `ledger_write` check the ledger itself. */
const failedLine = (merchant: string, check: string, error: unknown): Line => ({
  merchant,
  check,
  status: 'warn',
  detail: `Unknown, because the ledger failed (${reasonOf(error)}).`,
})

/** Clears the fault of a merchant's keys. If the ledger does not respond, the next successful call clears it. */
const recordSuccess = (mchid: string, { keyFaults }: GatewayContext): Promise<unknown> =>
  settleWithin(keyFaults.recordCall(mchid, 'v3'), LEDGER_TIMEOUT)

function endpointLine(merchant: string, { routes, endpointNames }: GatewayContext): Line {
  const [paid] = routes('TRANSACTION.SUCCESS', merchant)
  const common = { merchant, check: 'endpoints' }
  if (paid) return { ...common, status: 'ok', detail: `TRANSACTION.SUCCESS goes to ${paid.name}.` }
  const names = endpointNames(merchant)
  const fix = names.length > 0 ? `Correct "events" of ${names.join(', ')} in GATEWAY_CONFIG` : 'Set WEBHOOK_URL'
  return {
    ...common,
    status: 'warn',
    detail: `No endpoint subscribes to TRANSACTION.SUCCESS, so that payments are recorded but not delivered. ${fix}.`,
  }
}

/** Reports the last failures of the merchant's keys. */
async function keyFaultLines(merchant: string, { ledgerOf, merchants, now }: GatewayContext): Promise<Line[]> {
  const faults = await withTimeout(() => ledgerOf(merchant).faults(merchant))
  return faults
    .filter(fault => hasKeysOf(fault, merchants[merchant]!))
    .map(fault => ({ merchant, check: fault.kind, ...describeFault(fault, now()) }))
}

/** Milliseconds without a sweep that cause a warning. A sweep runs once per minute. */
const SWEEP_OVERDUE = 5 * 60_000

async function sweepLines({ gatewayLedger, now }: GatewayContext): Promise<Line[]> {
  const last = await withTimeout(() => gatewayLedger().lastSweep()).catch(error => ({ error }))
  if (last instanceof Object)
    return [{ check: 'sweep', status: 'warn', detail: `Unknown, because the ledger failed (${reasonOf(last.error)}).` }]
  if (last === null)
    return [{ check: 'sweep', status: 'ok', detail: 'No sweep has ended yet. A sweep runs every minute.' }]
  const isOverdue = now() - last > SWEEP_OVERDUE
  const advice = ' Check that the cron of the Worker, or the process, runs: only sweeps retry lost deliveries.'
  return [
    {
      check: 'sweep',
      status: isOverdue ? 'warn' : 'ok',
      detail: `The last sweep ended at ${timeOf(last)}.${isOverdue ? advice : ''}`,
    },
  ]
}

/** Checks the gateway with the fixed address, if there is one. Only a deep check calls it. */
async function fixedIpLines({ fixedIp }: GatewayContext, deep: boolean): Promise<Line[]> {
  if (!fixedIp) return []
  const unchecked = [
    'ok',
    `${new URL(fixedIp.url).host} makes payouts. /healthz?deep checks whether it responds.`,
  ] as const
  const [status, detail] = deep ? await checkFixedIp(fixedIp) : unchecked
  return [{ check: 'fixed_ip', status, detail }]
}

const warningLines = (warnings: GatewayContext['warnings']): Line[] =>
  warnings
    .filter(({ affectsHealth }) => affectsHealth)
    .map(({ option, message }) => ({ check: 'configuration', status: 'warn', detail: `${option}: ${message}.` }))

/** Reports due deliveries that the outbox does not carry out. Those to an endpoint with an open circuit are left out. */
async function stuckDeliveryLines(
  merchant: string,
  circuitsOf: (mchid: string) => Promise<readonly CircuitRow[]>,
  { ledgerOf, now }: GatewayContext,
): Promise<Line[]> {
  const [due, circuits] = await Promise.all([
    withTimeout(() => ledgerOf(merchant).dueDeliveries(merchant, now() - MAX_ATTEMPT_DELAY, 1)),
    circuitsOf(merchant),
  ])
  const waiting = due.filter(({ endpoint }) => !circuits.some(circuit => circuit.endpoint === endpoint))
  return waiting.map(({ endpoint, due_at }) => ({
    merchant,
    check: 'outbox',
    status: 'warn',
    detail: `A delivery to ${endpoint} has been due since ${timeOf(due_at)}, but was not attempted. On Cloudflare, make this Worker the consumer of its queue ([[queues.consumers]] in wrangler.toml); on a server, check whether it is overloaded.`,
  }))
}

const circuitLine = (merchant: string, { endpoint, failures, opened_at, retry_at }: CircuitRow, now: number): Line => ({
  merchant,
  check: 'circuit',
  status: 'warn',
  detail: `The circuit of ${endpoint} has been open since ${timeOf(opened_at)}, after ${failures} failures in a row. Its deliveries wait; the next probe is ${retry_at > now ? `at ${timeOf(retry_at)}` : 'due now'}.`,
})

function doubtLines(merchant: string, inDoubt: NonNullable<Depths['inDoubt']>): Line[] {
  const kinds = Object.entries(inDoubt).map(([kind, count]) => `${countedText(count)} ${kind}`)
  if (kinds.length === 0) return []
  const detail = `The outcome of ${kinds.join(', ')} is unknown. See /admin/merchants/${merchant}/doubts, find it out, and dismiss them.`
  return [{ merchant, check: 'doubts', status: 'warn', detail }]
}

const timeOf = (at: number): string => new Date(at).toISOString()
