import { withDeadline } from '../../core/deadline.ts'
import { settleWithin } from '../../core/single-flight.ts'
import type { GatewayContext } from '../context.ts'
import { checkFixedIp } from '../fixed-ip/check.ts'
import type { CircuitRow } from '../store/circuits.ts'
import type { Depths } from '../store/counts.ts'
import { LedgerError } from '../store/ledger-error.ts'
import { health } from './health.ts'
import { describeFault } from './key-faults.ts'

/** Milliseconds for which an operator is told again whether the ledgers can be written to. */
const MAX_AGE = 5_000
/** Milliseconds for a ledger to answer. */
const ANSWER_WITHIN = 3_000
/** Milliseconds after which a check that has not ended is lost: every step of it has its own, shorter limit. */
const CHECK_WITHIN = 2 * ANSWER_WITHIN

/** Milliseconds after which a delivery that is due has to have been attempted: the outbox carries one within seconds. */
const CARRIED_WITHIN = 5 * 60_000

/** One thing that was looked at, as the page shows it. */
interface Line {
  /** Absent where it is about the gateway as a whole. */
  readonly merchant?: string
  readonly check: string
  readonly status: 'ok' | 'warn' | 'fail'
  readonly detail: string
}

/** Takes on work that goes on although whoever asked has left. */
type Background = (work: Promise<unknown>) => void

/**
 * Makes the page `GET /healthz`: 200 where nothing fails, 503 where something does.
 *
 * A stranger learns the status only. It is found out once in {@link GatewayContext.healthAge} at the most, however many ask, from
 * the keys, the configuration and a row that is written to the ledger; what waits in the ledger is neither counted nor told. Callers
 * who may know are told what was looked at, with what waits; with `?deep` WeChat Pay and the gateway with the fixed address are
 * called as well. `letIn` throws where who asks may not know. A ledger that does not answer within 3 seconds has failed.
 */
export function createHealthz(
  context: GatewayContext,
): (request: Request, letIn: () => Promise<unknown>, background: Background) => Promise<Response> {
  const { merchants, certificates, ledgerOf, now, warnings, healthAge } = context
  const writable = cached(() => writeProbes(context), MAX_AGE, now)
  const settings = () => [...Object.keys(merchants).map(mchid => whoIsTold(mchid, context)), ...warningLines(warnings)]
  const ofMerchants = (check: string, linesOf: (mchid: string) => Promise<Line[]>): Promise<Line[]> =>
    together(
      Object.keys(merchants).map(merchant => linesOf(merchant).catch(error => [unknown(merchant, check, error)])),
    )
  const faults = () => ofMerchants('calls', mchid => keyFaults(mchid, context))
  const publicReport = cached(
    () => together([health({ merchants, certificates, now }), writeProbes(context), settings(), faults()]),
    healthAge,
    now,
  )

  async function fullReport(deep: boolean, background: Background): Promise<Line[]> {
    const depths = perMerchant(mchid => inTime(() => ledgerOf(mchid).depths(mchid)))
    const circuits = perMerchant(mchid => inTime(() => ledgerOf(mchid).circuits(mchid)))
    const checked = async (): Promise<Line[]> => {
      const checks = await health({ merchants, certificates, now, deep, ledger: depths })
      // What is known to work by now has failed in the past only.
      const works = checks.filter(({ check, status }) => check === 'signed_call' && status === 'ok')
      await Promise.all(works.map(({ merchant }) => noteSuccess(merchant, context)))
      return [...checks, ...(await faults())]
    }
    return together([
      checked(),
      writable(background),
      settings(),
      sweepLines(context),
      ofMerchants('outbox', mchid => notCarried(mchid, circuits, context)),
      ofMerchants('doubts', async mchid => doubtful(mchid, (await depths(mchid)).inDoubt ?? {})),
      ofMerchants('circuit', async mchid => (await circuits(mchid)).map(row => leftAlone(mchid, row, now()))),
      fixedIpLines(context, deep),
    ])
  }

  return async (request, letIn, background) => {
    const mayKnow = request.headers.has('authorization') || request.headers.has('cf-access-jwt-assertion')
    if (mayKnow) await letIn()
    const deep = new URL(request.url).searchParams.has('deep')
    const checks = await (mayKnow ? fullReport(deep, background) : publicReport(background))
    const status = ['fail', 'warn'].find(one => checks.some(check => check.status === one)) ?? 'ok'
    const body = mayKnow ? { status, checks } : { status }
    return Response.json(body, { status: status === 'fail' ? 503 : 200, headers: { 'Cache-Control': 'no-store' } })
  }
}

/** Waits for a ledger for {@link ANSWER_WITHIN} at most: a Durable Object that hangs must not hold up the page. */
const inTime = <T>(ask: () => Promise<T>): Promise<T> => withDeadline(ANSWER_WITHIN, noAnswer, ask)

const noAnswer = (): LedgerError => new LedgerError('LEDGER_UNAVAILABLE', `no answer within ${ANSWER_WITHIN} ms`)

/** Asks for each merchant once, however many lines of a page need it. */
function perMerchant<T>(find: (mchid: string) => Promise<T>): (mchid: string) => Promise<T> {
  const found = new Map<string, Promise<T>>()
  return mchid => {
    const answer = found.get(mchid) ?? find(mchid)
    found.set(mchid, answer)
    return answer
  }
}

const together = async (lines: readonly (readonly Line[] | Promise<readonly Line[]>)[]): Promise<Line[]> =>
  (await Promise.all(lines)).flat()

/** Says that a ledger did not tell. It may be well otherwise, which `ledger` and `ledger_write` find out. */
const unknown = (merchant: string, check: string, error: unknown): Line => ({
  merchant,
  check,
  status: 'warn',
  detail: `Nobody knows: the ledger failed (${reasonOf(error)}).`,
})

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message.slice(0, 200) : typeof error)

/** Forgets that a merchant's keys have failed. A ledger that does not answer keeps it, which the next success changes. */
const noteSuccess = (mchid: string, { keyFaults }: GatewayContext): Promise<unknown> =>
  settleWithin(keyFaults.called(mchid), ANSWER_WITHIN)

/**
 * Keeps what was found for a time. Those who ask while it is found out anew wait for that, so however many ask, one look is taken
 * at a time; and whoever asked first may leave. One that has not ended in {@link CHECK_WITHIN} is lost, because its request was
 * cancelled, and the next who asks takes another.
 *
 * @param age milliseconds, from the beginning of the look
 */
function cached<T>(find: () => Promise<T>, age: number, now: () => number): (background: Background) => Promise<T> {
  let found: { readonly value: T; readonly at: number } | undefined
  let current: { readonly finding: Promise<T>; readonly since: number } | undefined
  /** A clock that was set back makes everything old. */
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
      const left = current ? current.since + CHECK_WITHIN - performance.now() : 0
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

/** Whether each ledger can be written to. One may stand for several merchants. */
async function writeProbes({ merchants, ledgerOf, log }: GatewayContext): Promise<Line[]> {
  const probes = new Map<unknown, Promise<Pick<Line, 'status' | 'detail'>>>()
  const lines = Object.keys(merchants).map(async merchant => {
    const ledger = ledgerOf(merchant)
    const probe = probes.get(ledger) ?? writeProbe(() => inTime(() => ledger.probeWrite()))
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
    return { status: 'ok', detail: 'It can be written to.' }
  } catch (error) {
    return {
      status: 'fail',
      detail: `It cannot be written to (${reasonOf(error)}): notifications are refused, and WeChat Pay sends them again. Free space on its disk.`,
    }
  }
}

function whoIsTold(merchant: string, { routes }: GatewayContext): Line {
  const [paid] = routes('TRANSACTION.SUCCESS', merchant)
  const common = { merchant, check: 'endpoints' }
  return paid
    ? { ...common, status: 'ok', detail: `TRANSACTION.SUCCESS goes to ${paid.name}.` }
    : {
        ...common,
        status: 'warn',
        detail: 'No endpoint takes TRANSACTION.SUCCESS: payments are recorded, and nobody is told. Set WEBHOOK_URL.',
      }
}

/** Tells how the merchant's keys were last seen to fail. */
async function keyFaults(merchant: string, { ledgerOf }: GatewayContext): Promise<Line[]> {
  const faults = await inTime(() => ledgerOf(merchant).faults(merchant))
  return faults.map(fault => ({ merchant, check: fault.kind, ...describeFault(fault) }))
}

/** Milliseconds without a sweep, which runs once a minute, after which something is wrong. */
const SWEEP_OVERDUE = 5 * 60_000

async function sweepLines({ gatewayLedger, now }: GatewayContext): Promise<Line[]> {
  const last = await inTime(() => gatewayLedger().lastSweep()).catch(error => ({ error }))
  if (last instanceof Object)
    return [{ check: 'sweep', status: 'warn', detail: `Nobody knows: the ledger failed (${reasonOf(last.error)}).` }]
  if (last === null) return [{ check: 'sweep', status: 'ok', detail: 'None has ended yet. One runs every minute.' }]
  const isOverdue = now() - last > SWEEP_OVERDUE
  const cure = ' See that the cron of the Worker, or the process, runs: nothing else retries lost deliveries.'
  return [
    {
      check: 'sweep',
      status: isOverdue ? 'warn' : 'ok',
      detail: `The last one ended at ${timeOf(last)}.${isOverdue ? cure : ''}`,
    },
  ]
}

/** Looks at the gateway with the fixed address, where payouts go by one. It is called by a deep look only. */
async function fixedIpLines({ fixedIp }: GatewayContext, deep: boolean): Promise<Line[]> {
  if (!fixedIp) return []
  const idle = ['ok', `Payouts go by ${new URL(fixedIp.url).host}. /healthz?deep asks whether it answers.`] as const
  const [status, detail] = deep ? await checkFixedIp(fixedIp) : idle
  return [{ check: 'fixed_ip', status, detail }]
}

const warningLines = (warnings: GatewayContext['warnings']): Line[] =>
  warnings
    .filter(({ affectsHealth }) => affectsHealth)
    .map(({ option, message }) => ({ check: 'configuration', status: 'warn', detail: `${option}: ${message}.` }))

/** Deliveries that nobody attempts: the outbox does not carry them. Those of an endpoint that is left alone wait for it. */
async function notCarried(
  merchant: string,
  circuitsOf: (mchid: string) => Promise<readonly CircuitRow[]>,
  { ledgerOf, now }: GatewayContext,
): Promise<Line[]> {
  const [due, circuits] = await Promise.all([
    inTime(() => ledgerOf(merchant).dueDeliveries(merchant, now() - CARRIED_WITHIN, 1)),
    circuitsOf(merchant),
  ])
  const waiting = due.filter(({ endpoint }) => !circuits.some(circuit => circuit.endpoint === endpoint))
  return waiting.map(({ endpoint, due_at }) => ({
    merchant,
    check: 'outbox',
    status: 'warn',
    detail: `A delivery to ${endpoint} has been due since ${timeOf(due_at)}, and nothing attempts it. On Cloudflare this Worker has to be the consumer of its queue: [[queues.consumers]] of wrangler.toml; on a machine, look whether it is overloaded.`,
  }))
}

const leftAlone = (merchant: string, { endpoint, failures, opened_at, retry_at }: CircuitRow, now: number): Line => ({
  merchant,
  check: 'circuit',
  status: 'warn',
  detail: `${endpoint} is left alone since ${timeOf(opened_at)}, after ${failures} failures in a row. Its deliveries wait; one is tried ${retry_at > now ? `at ${timeOf(retry_at)}` : 'next'}.`,
})

function doubtful(merchant: string, inDoubt: NonNullable<Depths['inDoubt']>): Line[] {
  const kinds = Object.entries(inDoubt).map(([kind, count]) => `${count} ${kind}`)
  if (kinds.length === 0) return []
  const detail = `Nobody knows what became of ${kinds.join(', ')}. See /admin/merchants/${merchant}/doubts, find out, and dismiss them.`
  return [{ merchant, check: 'doubts', status: 'warn', detail }]
}

const timeOf = (at: number): string => new Date(at).toISOString()
