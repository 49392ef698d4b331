import { withDeadline } from '../../core/deadline.ts'
import { GATEWAY_LEDGER, type GatewayContext } from '../context.ts'
import { checkFixedIp } from '../fixed-ip/check.ts'
import type { CircuitRow } from '../store/circuits.ts'
import type { Depths } from '../store/counts.ts'
import { health } from './health.ts'
import { describeFault } from './key-faults.ts'

/** Milliseconds that what was found is told again: a stranger may ask as often as they like. */
const MAX_AGE = 5_000
/** Milliseconds for the ledger to write a row. */
const WRITE_WITHIN = 3_000

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

/**
 * Makes the page `GET /healthz`: 200 where nothing fails, 503 where something does.
 *
 * A stranger learns the status only. It is found out every 5 seconds at the most, from the keys, the configuration and a row that
 * is written to the ledger; what waits in the ledger is neither counted nor told. Callers who may know are told what was looked
 * at, with what waits; with `?deep` WeChat Pay and the gateway with the fixed address are called as well. `letIn` throws where who asks may not know.
 */
export function createHealthz(
  context: GatewayContext,
): (request: Request, letIn: () => Promise<unknown>) => Promise<Response> {
  const { merchants, certificates, ledgerOf, now, warnings } = context
  const writable = cached(() => writeProbes(context), now)
  const ledgerAndEndpoints = async () => [
    ...(await writable()),
    ...Object.keys(merchants).map(mchid => whoIsTold(mchid, context)),
    ...warningLines(warnings),
  ]
  const faults = async () => (await Promise.all(Object.keys(merchants).map(mchid => keyFaults(mchid, context)))).flat()
  const publicReport = cached(
    async () => [
      ...(await health({ merchants, certificates, now })),
      ...(await ledgerAndEndpoints()),
      ...(await faults()),
    ],
    now,
  )

  async function fullReport(deep: boolean): Promise<Line[]> {
    const depths = (mchid: string) => ledgerOf(mchid).depths(mchid)
    const circuits = Object.keys(merchants).map(async mchid =>
      (await ledgerOf(mchid).circuits(mchid)).map(circuit => leftAlone(mchid, circuit, now())),
    )
    const late = Object.keys(merchants).map(mchid => notCarried(mchid, context))
    const doubts = Object.keys(merchants).map(async mchid => doubtful(mchid, (await depths(mchid)).inDoubt ?? {}))
    const checks = await health({ merchants, certificates, now, deep, ledger: depths })
    // What is known to work by now has failed in the past only.
    for (const { check, status, merchant } of checks)
      if (check === 'signed_call' && status === 'ok') await context.keyFaults.called(merchant)
    return [
      ...checks,
      ...(await ledgerAndEndpoints()),
      ...(await faults()),
      ...(await sweepLines(context)),
      ...(await Promise.all(late)).flat(),
      ...(await Promise.all(doubts)).flat(),
      ...(await Promise.all(circuits)).flat(),
      ...(await fixedIpLines(context, deep)),
    ]
  }

  return async (request, letIn) => {
    const mayKnow = request.headers.has('authorization') || request.headers.has('cf-access-jwt-assertion')
    if (mayKnow) await letIn()
    const checks = mayKnow ? await fullReport(new URL(request.url).searchParams.has('deep')) : await publicReport()
    const status = ['fail', 'warn'].find(one => checks.some(check => check.status === one)) ?? 'ok'
    const body = mayKnow ? { status, checks } : { status }
    return Response.json(body, { status: status === 'fail' ? 503 : 200, headers: { 'Cache-Control': 'no-store' } })
  }
}

/**
 * Keeps a value for {@link MAX_AGE}. Whoever asks while it is made anew gets the old one: on Workers a request must not wait for
 * what another has begun.
 */
function cached<T>(make: () => Promise<T>, now: () => number): () => Promise<T> {
  let value: { readonly of: T; readonly at: number } | undefined
  let begunAt = Number.NEGATIVE_INFINITY
  /** A clock that was set back makes everything old. */
  const isRecent = (at: number): boolean => now() >= at && now() - at < MAX_AGE
  return async () => {
    if (value && (isRecent(value.at) || isRecent(begunAt))) return value.of
    begunAt = now()
    value = { of: await make(), at: begunAt }
    return value.of
  }
}

/** Whether each ledger can be written to. One may stand for several merchants. */
async function writeProbes({ merchants, ledgerOf, log }: GatewayContext): Promise<Line[]> {
  const probes = new Map<unknown, Promise<Pick<Line, 'status' | 'detail'>>>()
  const lines = Object.keys(merchants).map(async merchant => {
    const ledger = ledgerOf(merchant)
    const probe = probes.get(ledger) ?? writeProbe(() => ledger.probeWrite())
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
    await withDeadline(WRITE_WITHIN, () => new Error(`no answer within ${WRITE_WITHIN} ms`), write)
    return { status: 'ok', detail: 'It can be written to.' }
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 200) : typeof error
    return {
      status: 'fail',
      detail: `It cannot be written to (${why}): notifications are refused, and WeChat Pay sends them again. Free space on its disk.`,
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

/** Tells how the merchant's keys were last seen to fail. A ledger that does not answer is reported by its own check. */
async function keyFaults(merchant: string, { ledgerOf }: GatewayContext): Promise<Line[]> {
  const faults = await ledgerOf(merchant)
    .faults(merchant)
    .catch(() => [])
  return faults.map(fault => ({ merchant, check: fault.kind, ...describeFault(fault) }))
}

/** Milliseconds without a sweep, which runs once a minute, after which something is wrong. */
const SWEEP_OVERDUE = 5 * 60_000

async function sweepLines({ ledgerOf, now }: GatewayContext): Promise<Line[]> {
  const last = await ledgerOf(GATEWAY_LEDGER)
    .lastSweep()
    .catch(() => null)
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
async function notCarried(merchant: string, { ledgerOf, now }: GatewayContext): Promise<Line[]> {
  const ledger = ledgerOf(merchant)
  const [due, circuits] = await Promise.all([
    ledger.dueDeliveries(merchant, now() - CARRIED_WITHIN, 1),
    ledger.circuits(merchant),
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
