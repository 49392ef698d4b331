import { type Context, Hono } from 'hono'
import { CONSOLE_PATH, ConsoleRequestError, serveConsole } from '../console-files/serve-console.ts'
import { createAdmin, wordRoutes } from './admin/admin.ts'
import { auditAction } from './admin/audited-action.ts'
import { createOperationPages } from './admin/operations.ts'
import { type AppContext, type AppEnv, admitCaller, inBackground, setHeader } from './app-context.ts'
import { noteBinding } from './caller/binding.ts'
import { checkout } from './checkout/checkout.ts'
import { createGatewayContext, type GatewayContext } from './context.ts'
import { deliver } from './delivery/deliver.ts'
import { handleCall } from './handle-call.ts'
import { handleNotification } from './handle-notification.ts'
import { createHealthz, type FullReport } from './health/healthz.ts'
import { createReadiness, liveness } from './health/readiness.ts'
import { metrics } from './metrics/metrics-page.ts'
import { recordSample } from './metrics/sample.ts'
import type { GatewayOptions, Job } from './ports.ts'
import { problemOf, problemResponse, Refusal } from './problem.ts'
import { relay } from './relay/relay.ts'
import { unambiguousPath } from './request-path.ts'
import { createSignIn, createSignOut, describeSession, SESSION_PATH } from './session/sign-in.ts'
import { type SweepResult, sweep } from './sweep/sweep.ts'
import { readTraceparent } from './trace/traceparent.ts'
import { describeRequest, noteTrace, type RequestTrace } from './trace/tracing.ts'

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
  /**
   * Records the counters for the charts of the console, as each sweep does, and never rejects. To be called when a process starts, so that
   * what happens before its first sweep counts.
   */
  readonly recordSample: () => Promise<void>
  /** Writes all gathered counts to the ledger. A Worker must wait for it at the end of a batch and of a sweep. */
  readonly flushCounts: () => Promise<void>
  /** Ends all event streams and opens no more. To be called before a server waits for its requests to end. */
  readonly endStreams: () => void
}

/** The execution context of a Worker. */
export interface ExecutionContextLike {
  waitUntil(work: Promise<unknown>): void
  passThroughOnException(): void
  /** The properties of a service binding: `{ caller: 'shop' }` names the caller. */
  readonly props?: unknown
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
/** Identifies a request in the log and in the audit trail. */
export const REQUEST_ID_HEADER = 'Wechatpay-Edge-Request-Id'

/**
 * Creates a gateway between a merchant's services and WeChat Pay. It serves WeChat Pay's own paths under `/v3/` and `/v2/`, with JSON
 * for both, and signs requests and verifies responses; `/notify/{mchid}` for notifications, which are recorded once and delivered;
 * `/checkout/…`, `/admin/…`, `/console/`, `/healthz`, `/readyz`, `/livez` and `/metrics`. An error of the gateway itself is
 * a problem document (RFC 9457) with the header `Wechatpay-Edge-Error`.
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
      const handle = async (trace: RequestTrace): Promise<Response> => {
        if (context.tracing) noteTrace(request, trace)
        return app.fetch(request, {
          trace,
          ...(execution && { waitUntil: (work: Promise<unknown>) => execution.waitUntil(work) }),
        })
      }
      const traceparent = readTraceparent(request.headers.get('traceparent'))
      return context.tracing
        ? context.tracing.serve(describeRequest(request, traceparent), handle)
        : handle({ traceparent, join: () => {} })
    },
    deliver: job => deliver(job, context),
    sweep: () => sweep(context),
    recordSample: () => recordSample(context),
    flushCounts: () => context.counters.flush(),
    endStreams: context.eventStreams.end,
  }
}

/**
 * Lists the methods and paths of the gateway's routes. The function that creates them is not exported: the declarations of the
 * package would import Hono's, which TypeScript 5.4 cannot read.
 */
export const routesOf = (context: GatewayContext): readonly { method: string; path: string }[] => [
  ...createApp(context).routes,
  ...wordRoutes().map(({ method, path }) => ({ method, path: `/admin${path}` })),
]

/** Creates the gateway's routes. */
function createApp(context: GatewayContext): Hono<AppEnv> {
  const { counters, log } = context
  const app = new Hono<AppEnv>()

  app.use(async (c, next) => {
    c.set('requestId', crypto.randomUUID())
    const url = new URL(c.req.url)
    c.set('url', url)
    c.set('path', unambiguousPath(url.pathname))
    await next()
    setHeader(c, REQUEST_ID_HEADER, c.get('requestId'))
    if (!c.env.waitUntil) return counters.flushSoon()
    const flushed = counters.gatherAndFlush()
    if (flushed) c.env.waitUntil(flushed)
  })

  const notify = (c: AppContext) => handleNotification(c, context)
  app.post('/notify', notify)
  app.post('/notify/:mchid', notify)
  // The merchant may append a path to distinguish its notify_urls.
  app.post('/notify/:mchid/*', notify)

  app.all('/notify', refuseMethod)
  app.all('/notify/*', refuseMethod)

  app.on(METHODS, ['/v3/*', '/v2/*', '/brand/*'], c => handleCall(c, context, admitted => relay(admitted, context)))
  app.post('/checkout/:kind', c => handleCall(c, context, admitted => checkout(c.req.param('kind'), admitted, context)))
  app.all('/checkout/:kind', refuseMethod)

  const healthz = createHealthz(context)
  app.get('/healthz', c =>
    healthz.page(
      c.req.raw,
      () => admitCaller(c, context),
      work => inBackground(c, work),
    ),
  )
  const readiness = createReadiness(context)
  app.get('/readyz', c => readiness(work => inBackground(c, work)))
  app.get('/livez', liveness)
  app.get('/metrics', async c => {
    await admitCaller(c, context)
    return metrics(context)
  })
  serveAdminOn(app, context, healthz.fullReport)
  serveConsoleOn(app, context)

  app.notFound(c => {
    const { path } = c.req
    const detail = `${path} does not exist. The paths are /v3/…, /v2/…, /brand/…, /notify/{mchid}, /checkout/…, /admin/…, ${context.consoleFiles ? '/console/, ' : ''}/healthz, /readyz, /livez and /metrics.`
    return problemResponse({ status: 404, code: 'NOT_FOUND', detail, requestId: c.get('requestId') })
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
    return problemResponse({ ...document, requestId })
  })
  return app
}

/** Serves the operators' pages. Whoever has a session can sign out of it even while the audit trail cannot be written. */
function serveAdminOn(app: Hono<AppEnv>, context: GatewayContext, fullReport: FullReport): void {
  app.use('/admin/*', async (c, next) => {
    await next()
    // Browsers keep neither what operators see nor what they may do, and take JSON for nothing else.
    setHeader(c, 'Cache-Control', 'no-store')
    setHeader(c, 'X-Content-Type-Options', 'nosniff')
  })
  app.post(SESSION_PATH, createSignIn(context))
  app.delete(SESSION_PATH, createSignOut(context))
  app.get(SESSION_PATH, async c => {
    await admitCaller(c, context)
    return describeSession(c)
  })
  app.use('/admin/*', async (c, next) => {
    // There is no page at /admin itself, which the pattern matches too, and which no `allow` needs to name.
    if (c.req.path === '/admin') return c.notFound()
    const caller = await admitCaller(c, context)
    await auditAction(c, caller, context, next)
  })
  app.route('/admin', createOperationPages(context, fullReport))
  app.route('/admin', createAdmin(context))
}

/** Serves the console, if its files are given. Everybody may load the page: it shows nothing until somebody has signed in. */
function serveConsoleOn(app: Hono<AppEnv>, { consoleFiles: read }: GatewayContext): void {
  if (!read) return
  const serve = async (c: AppContext): Promise<Response> => {
    try {
      return await serveConsole(c.req.raw, { serves: ['gateway'], read, headers: { 'X-Frame-Options': 'DENY' } })
    } catch (error) {
      if (!(error instanceof ConsoleRequestError)) throw error
      const { status, code, message: detail } = error
      throw new Refusal({ status, code, detail, ...(status === 405 && { headers: { Allow: 'GET' } }) })
    }
  }
  app.all(CONSOLE_PATH, serve)
  app.all(`${CONSOLE_PATH}/*`, serve)
}

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
