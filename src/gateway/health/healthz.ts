import { withDeadline } from '../../core/deadline.ts'
import { settleWithin } from '../../core/single-flight.ts'
import type { GatewayContext } from '../context.ts'
import { checkFixedIp } from '../fixed-ip/check.ts'
import type { CircuitRow } from '../store/circuits.ts'
import type { Depths } from '../store/counts.ts'
import { LedgerError } from '../store/ledger-error.ts'
import { health } from './health.ts'
import { describeFault } from './key-faults.ts'

/** Milliseconds for which the write probes of the full report are cached. */
const WRITE_PROBE_AGE = 5_000
/** Milliseconds for a ledger to respond. */
const LEDGER_TIMEOUT = 3_000
/** Milliseconds after which a check that has not ended is lost: each of its steps has a shorter limit. */
const CHECK_TIMEOUT = 2 * LEDGER_TIMEOUT

/** Milliseconds within which a due delivery must be attempted. A working outbox takes seconds. */
const MAX_ATTEMPT_DELAY = 5 * 60_000

/** The result of a check, as the page shows it. */
interface Line {
  /** Absent if the check is about the gateway as a whole. */
  readonly merchant?: string
  readonly check: string
  readonly status: 'ok' | 'warn' | 'fail'
  readonly detail: string
}

/** Keeps work running when the client that caused it has disconnected. */
type Background = (work: Promise<unknown>) => void

/**
 * Creates the page `GET /healthz`: status 503 if any check fails, 200 otherwise.
 *
 * The public report has only the status. It is determined at most once per {@link GatewayContext.healthAge}, however many requests
 * there are, from the keys, the configuration and a write to the ledger. The full report, for callers that `admit` admits, has all
 * checks, including the deliveries in the ledger; with `?deep`, WeChat Pay and the gateway with the fixed address are called too. A
 * ledger that does not respond within 3 seconds has failed.
 */
export function createHealthz(
  context: GatewayContext,
): (request: Request, admit: () => Promise<unknown>, background: Background) => Promise<Response> {
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

  return async (request, admit, background) => {
    const isFull = request.headers.has('authorization') || request.headers.has('cf-access-jwt-assertion')
    if (isFull) await admit()
    const deep = new URL(request.url).searchParams.has('deep')
    const checks = await (isFull ? fullReport(deep, background) : publicReport(background))
    const status = ['fail', 'warn'].find(candidate => checks.some(check => check.status === candidate)) ?? 'ok'
    const body = isFull ? { status, checks } : { status }
    return Response.json(body, { status: status === 'fail' ? 503 : 200, headers: { 'Cache-Control': 'no-store' } })
  }
}

/** Waits at most {@link LEDGER_TIMEOUT} for a ledger, so that a Durable Object that hangs does not delay the page. */
const withTimeout = <T>(call: () => Promise<T>): Promise<T> => withDeadline(LEDGER_TIMEOUT, noResponse, call)

const noResponse = (): LedgerError => new LedgerError('LEDGER_UNAVAILABLE', `no response within ${LEDGER_TIMEOUT} ms`)

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

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message.slice(0, 200) : typeof error)

/** Clears the fault of a merchant's keys. If the ledger does not respond, the next successful call clears it. */
const recordSuccess = (mchid: string, { keyFaults }: GatewayContext): Promise<unknown> =>
  settleWithin(keyFaults.recordCall(mchid), LEDGER_TIMEOUT)

/**
 * Caches the result of a check. Concurrent callers wait for the same check, so that one runs at a time; it continues in the background
 * if its caller disconnects. A check that has not ended within {@link CHECK_TIMEOUT} is lost, because its request was cancelled, and
 * the next caller starts another.
 *
 * @param age milliseconds, from the beginning of the check
 */
function cached<T>(find: () => Promise<T>, age: number, now: () => number): (background: Background) => Promise<T> {
  let found: { readonly value: T; readonly at: number } | undefined
  let current: { readonly finding: Promise<T>; readonly since: number } | undefined
  /** Returns false after the clock was set back. */
  const isRecent = (at: number): boolean => now() >= at && now() - at < age

  async function findNow(): Promise<T> {
    const at = now()
    const value = await find()
    found = { value, at }
    return value
  }

  return async background => {
    for (;;) {
      if (found && isRecent(found.at)) return found.value
      const left = current ? current.since + CHECK_TIMEOUT - performance.now() : 0
      if (!current || left <= 0) break
      const outcome = await settleWithin(current.finding, left)
      if (outcome) return outcome.value
    }
    const finding = findNow()
    const own = { finding, since: performance.now() }
    current = own
    const end = (): void => {
      if (current === own) current = undefined
    }
    background(finding.then(end, end))
    return finding
  }
}

/** Tests whether each ledger can be written to. Several merchants may share one. */
async function writeProbes({ merchants, ledgerOf, log }: GatewayContext): Promise<Line[]> {
  const probes = new Map<unknown, Promise<Pick<Line, 'status' | 'detail'>>>()
  const lines = Object.keys(merchants).map(async merchant => {
    const ledger = ledgerOf(merchant)
    const probe = probes.get(ledger) ?? writeProbe(() => withTimeout(() => ledger.probeWrite()))
    probes.set(ledger, probe)
    return { merchant, check: 'ledger_write', ...(await probe) }
  })
  const found = await Promise.all(lines)
  for (const { merchant: mchid, status, detail } of found)
    if (status === 'fail') log.error('ledger not writable', { mchid, detail })
  return found
}

async function writeProbe(write: () => Promise<unknown>): Promise<Pick<Line, 'status' | 'detail'>> {
  try {
    await write()
    return { status: 'ok', detail: 'The ledger can be written to.' }
  } catch (error) {
    return {
      status: 'fail',
      detail: `The ledger cannot be written to (${reasonOf(error)}), so that notifications are refused until WeChat Pay sends them again. Free space on its disk.`,
    }
  }
}

function endpointLine(merchant: string, { routes }: GatewayContext): Line {
  const [paid] = routes('TRANSACTION.SUCCESS', merchant)
  const common = { merchant, check: 'endpoints' }
  return paid
    ? { ...common, status: 'ok', detail: `TRANSACTION.SUCCESS goes to ${paid.name}.` }
    : {
        ...common,
        status: 'warn',
        detail:
          'No endpoint subscribes to TRANSACTION.SUCCESS, so that payments are recorded but not delivered. Set WEBHOOK_URL.',
      }
}

/** Reports the last failures of the merchant's keys. */
async function keyFaultLines(merchant: string, { ledgerOf }: GatewayContext): Promise<Line[]> {
  const faults = await withTimeout(() => ledgerOf(merchant).faults(merchant))
  return faults.map(fault => ({ merchant, check: fault.kind, ...describeFault(fault) }))
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
  const kinds = Object.entries(inDoubt).map(([kind, count]) => `${count} ${kind}`)
  if (kinds.length === 0) return []
  const detail = `The outcome of ${kinds.join(', ')} is unknown. See /admin/merchants/${merchant}/doubts, find it out, and dismiss them.`
  return [{ merchant, check: 'doubts', status: 'warn', detail }]
}

const timeOf = (at: number): string => new Date(at).toISOString()
