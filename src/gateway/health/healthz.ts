import { settleWithin } from '../../core/base/single-flight.ts'
import type { GatewayContext } from '../context.ts'
import { checkFixedIp } from '../fixed-ip/check.ts'
import { countedText, type Depths } from '../store/counts.ts'
import type { CircuitRow } from '../store/delivery/circuits.ts'
import { type Background, cached } from './cached.ts'
import { findingOf } from './finding.ts'
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
  ...findingOf('warn', 'ledger_failed', { reason: reasonOf(error) }),
})

/** Clears the fault of a merchant's keys. If the ledger does not respond, the next successful call clears it. */
const recordSuccess = (mchid: string, { keyFaults }: GatewayContext): Promise<unknown> =>
  settleWithin(keyFaults.recordCall(mchid, 'v3'), LEDGER_TIMEOUT)

function endpointLine(merchant: string, { routes, endpointNames }: GatewayContext): Line {
  const [paid] = routes('TRANSACTION.SUCCESS', merchant)
  const common = { merchant, check: 'endpoints' }
  if (paid) return { ...common, ...findingOf('ok', 'endpoint_subscribed', { endpoint: paid.name }) }
  const names = endpointNames(merchant)
  if (names.length === 0) return { ...common, ...findingOf('warn', 'no_endpoint') }
  return { ...common, ...findingOf('warn', 'no_endpoint_subscribed', { endpoints: names.join(', ') }) }
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
  const check = 'sweep'
  if (last instanceof Object)
    return [{ check, ...findingOf('warn', 'ledger_failed', { reason: reasonOf(last.error) }) }]
  if (last === null) return [{ check, ...findingOf('ok', 'no_sweep') }]
  const isOverdue = now() - last > SWEEP_OVERDUE
  return [
    {
      check,
      ...(isOverdue ? findingOf('warn', 'sweep_overdue', { at: last }) : findingOf('ok', 'sweep_ended', { at: last })),
    },
  ]
}

/** Checks the gateway with the fixed address, if there is one. Only a deep check calls it. */
async function fixedIpLines({ fixedIp }: GatewayContext, deep: boolean): Promise<Line[]> {
  if (!fixedIp) return []
  const finding = deep
    ? await checkFixedIp(fixedIp)
    : findingOf('ok', 'fixed_ip_unchecked', { host: new URL(fixedIp.url).host })
  return [{ check: 'fixed_ip', ...finding }]
}

const warningLines = (warnings: GatewayContext['warnings']): Line[] =>
  warnings
    .filter(({ affectsHealth }) => affectsHealth)
    .map(({ option, message }) => ({
      check: 'configuration',
      ...findingOf('warn', 'configuration_warning', { option, message }),
    }))

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
    ...findingOf('warn', 'delivery_stuck', { endpoint, since: due_at }),
  }))
}

function circuitLine(merchant: string, { endpoint, failures, opened_at, retry_at }: CircuitRow, now: number): Line {
  const values = { endpoint, since: opened_at, failures }
  const finding =
    retry_at > now
      ? findingOf('warn', 'circuit_open', { ...values, probe: retry_at })
      : findingOf('warn', 'circuit_probe_due', values)
  return { merchant, check: 'circuit', ...finding }
}

function doubtLines(merchant: string, inDoubt: NonNullable<Depths['inDoubt']>): Line[] {
  const kinds = Object.entries(inDoubt).map(([kind, count]) => `${countedText(count)} ${kind}`)
  if (kinds.length === 0) return []
  return [{ merchant, check: 'doubts', ...findingOf('warn', 'doubts', { calls: kinds.join(', '), merchant }) }]
}
