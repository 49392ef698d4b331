import { type Context, Hono } from 'hono'
import { createAdmin } from './admin/admin.ts'
import { admit } from './caller/admit.ts'
import { noteBinding } from './caller/binding.ts'
import { checkout } from './checkout/checkout.ts'
import { createGatewayContext, type GatewayContext } from './context.ts'
import { deliver } from './delivery/deliver.ts'
import { createHealthz } from './health/healthz.ts'
import { hasMerchant, receiveNotification } from './intake/intake.ts'
import { plainCode } from './log/describe-error.ts'
import { countOf, durationOf } from './metrics/counters.ts'
import { metrics } from './metrics/metrics-page.ts'
import type { GatewayOptions, Job, Outbox } from './ports.ts'
import { problem, problemOf, Refusal } from './problem.ts'
import type { CallResponse } from './relay/call-response.ts'
import { type Admitted, apiOf, relay } from './relay/relay.ts'
import { refuseAmbiguousPath } from './request-path.ts'
import { type SweepResult, sweep } from './sweep/sweep.ts'

/** A gateway, to be called by the HTTP server, the queue and the timer of a runtime. */
export interface Gateway {
  /** Handles a request: calls, notifications, checkout, admin, health, metrics. */
  readonly fetch: (request: Request, env?: unknown, context?: ExecutionContextLike) => Promise<Response>
  /**
   * Carries out a job of the outbox.
   *
   * @returns milliseconds until the job must be delivered again; undefined if it has ended
   */
  readonly deliver: (job: Job) => Promise<number | undefined>
  /** Enqueues lost deliveries, queries calls whose outcome is unknown, and purges. To be called once per minute. */
  readonly sweep: () => Promise<SweepResult>
  /** Writes all gathered counts to the ledger. A Worker must wait for it at the end of a batch and of a sweep. */
  readonly flushCounts: () => Promise<void>
}

/** The execution context of a Worker. */
export interface ExecutionContextLike {
  waitUntil(work: Promise<unknown>): void
  passThroughOnException(): void
  /** The properties of a service binding: `{ caller: 'shop' }` names the caller. */
  readonly props?: unknown
}

type Env = {
  /** `caller` and `mchid` are for the log, and set as soon as they are known. */
  Variables: { requestId: string; caller?: string; mchid?: string }
  /** `waitUntil` keeps a Worker running after its response. */
  Bindings: { waitUntil?: (work: Promise<unknown>) => void }
}
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
/** Identifies a request in the log and in the audit trail. */
export const REQUEST_ID_HEADER = 'Wechatpay-Edge-Request-Id'

/**
 * Creates a gateway between a merchant's services and WeChat Pay. It serves WeChat Pay's own paths under `/v3/` and `/v2/`, with JSON
 * for both, and signs requests and verifies responses; `/notify/{mchid}` for notifications, which are recorded once and delivered;
 * `/checkout/…`, `/admin/…`, `/healthz` and `/metrics`. An error of the gateway itself is a problem document (RFC 9457) with the header
 * `Wechatpay-Edge-Error`.
 *
 * @example
 * ```ts
 * const gateway = createGateway({ merchants: { [mchid]: wxpay }, callers, endpoints, ledgerOf, outbox })
 * export default { fetch: gateway.fetch }
 * ```
 */
export function createGateway(options: GatewayOptions): Gateway {
  const context = createGatewayContext(options)
  const app = createApp(context)
  return {
    fetch: async (request, _env, execution) => {
      noteBinding(request, execution?.props)
      return app.fetch(request, execution ? { waitUntil: work => execution.waitUntil(work) } : {})
    },
    deliver: job => deliver(job, context),
    sweep: () => sweep(context),
    flushCounts: () => context.counters.flush(),
  }
}

function createApp(context: GatewayContext): Hono<Env> {
  const { counters, log, merchants } = context
  const app = new Hono<Env>()

  app.use(async (c, next) => {
    c.set('requestId', crypto.randomUUID())
    refuseAmbiguousPath(new URL(c.req.url).pathname)
    await next()
    c.header(REQUEST_ID_HEADER, c.get('requestId'))
    inBackground(c, counters.gatherAndFlush())
  })

  const admitCaller = (c: Context<Env>) =>
    admit(c.req.raw, new URL(c.req.url).pathname, context, ({ name }) => c.set('caller', name))

  const handleNotification = async (c: Context<Env>) => {
    const mchid = c.req.param('mchid') ?? onlyOf(merchants)
    if (mchid !== undefined && hasMerchant(merchants, mchid)) {
      // The notification is recorded and enqueued even if WeChat Pay disconnects or the outbox is slow.
      const background = (work: Promise<unknown>) => inBackground(c, work)
      const outbox = uncancelled(context.outbox, background)
      const responding = receiveNotification(c.req.raw, mchid, { ...context, background, outbox })
      background(responding.catch(() => {}))
      return responding
    }
    throw new Refusal({
      status: 404,
      code: 'MERCHANT_UNKNOWN',
      detail: 'There is no merchant at this address. Notifications come to /notify/{mchid}.',
    })
  }
  app.post('/notify', handleNotification)
  app.post('/notify/:mchid', handleNotification)
  // The merchant may append a path to distinguish its notify_urls.
  app.post('/notify/:mchid/*', handleNotification)

  const handleCall = async (
    c: Context<Env>,
    call: (admitted: Admitted) => Promise<CallResponse & { mchid: string }>,
  ): Promise<Response> => {
    const { raw: request, path } = c.req
    const requestId = c.get('requestId')
    const start = performance.now()
    const caller = await admitCaller(c)
    // A client that disconnects does not cancel the call, because it may already have taken effect.
    const background = (work: Promise<unknown>) => inBackground(c, work)
    const countsOf: Admitted['countsOf'] = (mchid, { code }) => {
      const api = apiOf(path)
      const outcome = code === null ? 'OK' : plainCode(code)
      const seconds = (performance.now() - start) / 1000
      return [
        countOf('wechatpay_edge_calls_total', { caller: caller.name, mchid, api, outcome }),
        ...durationOf('wechatpay_edge_call_duration_seconds', { api }, seconds),
      ]
    }
    const bodies = context.callBodies(caller.name)
    const onMerchant = (mchid: string) => c.set('mchid', mchid)
    const admitted = { request, caller, requestId, background, countsOf, onMerchant, readBody: bodies.read }
    const responding = call(admitted).finally(bodies.release)
    background(responding.catch(() => {}))
    const response = await responding
    const { mchid, status, headers, body, wechatpayRequestId, inDoubt } = response
    const code = response.code === null ? null : plainCode(response.code)
    const ms = performance.now() - start
    if (!response.isCounted) counters.add(countsOf(mchid, response))
    log[status < 500 ? 'info' : 'warn']('call', {
      requestId,
      caller: caller.name,
      mchid,
      method: request.method,
      path,
      status,
      code,
      wechatpayRequestId,
      mayHaveTakenEffect: inDoubt,
      ms: Math.round(ms),
    })
    return new Response(body, { status, headers })
  }

  app.all('/notify', refuseMethod)
  app.all('/notify/*', refuseMethod)

  app.on(METHODS, ['/v3/*', '/v2/*'], c => handleCall(c, admitted => relay(admitted, context)))
  app.post('/checkout/:kind', c => handleCall(c, admitted => checkout(c.req.param('kind'), admitted, context)))
  app.all('/checkout/:kind', refuseMethod)

  const healthz = createHealthz(context)
  app.get('/healthz', c =>
    healthz(
      c.req.raw,
      () => admitCaller(c),
      work => inBackground(c, work),
    ),
  )
  app.get('/metrics', async c => {
    await admitCaller(c)
    return metrics(context)
  })
  app.use('/admin/*', async (c, next) => {
    await admitCaller(c)
    await next()
  })
  app.route('/admin', createAdmin(context))

  app.notFound(c => {
    const { path } = c.req
    const detail = `${path} does not exist. The paths are /v3/…, /v2/…, /notify/{mchid}, /checkout/…, /admin/…, /healthz and /metrics.`
    return problem({ status: 404, code: 'NOT_FOUND', detail, requestId: c.get('requestId') })
  })
  app.onError((error, c) => {
    const requestId = c.get('requestId')
    const document = problemOf(error)
    counters.count('wechatpay_edge_refused_total', { code: document.code })
    log[document.status < 500 ? 'info' : 'warn']('refused', {
      requestId,
      method: c.req.method,
      path: c.req.path,
      status: document.status,
      code: document.code,
      caller: c.get('caller'),
      mchid: c.get('mchid'),
      ...(error instanceof Refusal ? {} : { reason: error }),
    })
    return problem({ ...document, requestId })
  })
  return app
}

function onlyOf(merchants: GatewayContext['merchants']): string | undefined {
  const all = Object.keys(merchants)
  return all.length === 1 ? all[0] : undefined
}

/** Wraps an outbox so that its work continues in the background when the caller stops waiting for it. */
const uncancelled = ({ enqueue }: Outbox, background: (work: Promise<unknown>) => void): Outbox => ({
  enqueue(jobs) {
    const work = enqueue(jobs)
    background(work.catch(() => {}))
    return work
  },
})

/** Keeps work running after the response. Only Workers need this; other runtimes do not cancel work. */
const inBackground = ({ env }: Context<Env>, work: Promise<unknown>): void => env.waitUntil?.(work)

/** Explains the address of notifications to a person who opens it in a browser. */
const NOTIFY_URL =
  ' WeChat Pay posts notifications here: use this address as notify_url, and see the events under /admin.'

function refuseMethod({ req }: Context): never {
  throw new Refusal({
    status: 405,
    code: 'METHOD_NOT_ALLOWED',
    detail: `${req.path} accepts POST, not ${req.method}.${req.path.startsWith('/notify') ? NOTIFY_URL : ''}`,
    headers: { Allow: 'POST' },
  })
}
