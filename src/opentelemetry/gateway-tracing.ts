import {
  type Context,
  context,
  INVALID_SPAN_CONTEXT,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { VERSION } from '../core/base/version.ts'
import type { RequestTrace, Tracing } from '../gateway/trace/tracing.ts'
import {
  ERROR_TYPE,
  EVENT,
  MCHID,
  METHOD,
  methodOf,
  RESEND_COUNT,
  ROUTE,
  SCHEME,
  STATUS,
  serverOf,
  verbOf,
} from './attributes.ts'
import { spanContextOf, traceparentOf } from './traceparent.ts'

/**
 * Creates the `tracing` of a gateway: a span of kind `SERVER` for each request, which continues the trace of its caller, and one of
 * kind `CLIENT` for each attempt to deliver an event, which continues the trace of its notification, also after a queue or a
 * restart. The endpoint gets the `traceparent` of that span.
 *
 * Anybody can send a request, so that a `traceparent` becomes a link of a new trace unless the caller is known: no stranger joins a trace
 * or decides what is sampled.
 *
 * With a context manager (`AsyncLocalStorageContextManager`), the spans of {@link traceCalls} are below that of the request.
 *
 * @param options `tracer`. Default: that of the global provider, under the name `wechatpay-edge`
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/
 * @example
 * ```ts
 * for (const wxpay of Object.values(merchants)) traceCalls(wxpay)
 * const gateway = createGateway({ merchants, callers, endpoints, ledgerOf, outbox, tracing: createGatewayTracing() })
 * ```
 */
export function createGatewayTracing(options: { readonly tracer?: Tracer } = {}): Tracing {
  const { tracer = trace.getTracer('wechatpay-edge', VERSION) } = options
  return {
    async serve({ method, route, scheme, traceparent }, handle) {
      const remote = traceparent === undefined ? undefined : spanContextOf(traceparent)
      const startTime = Date.now()
      const start = (isCallerKnown: boolean): Span =>
        tracer.startSpan(
          route === undefined ? verbOf(method) : `${verbOf(method)} ${route}`,
          {
            kind: SpanKind.SERVER,
            startTime,
            attributes: {
              [METHOD]: methodOf(method),
              [SCHEME]: scheme,
              ...(route !== undefined && { [ROUTE]: route }),
            },
            ...(remote && !isCallerKnown && { links: [{ context: remote }] }),
          },
          remote && isCallerKnown ? trace.setSpanContext(ROOT_CONTEXT, remote) : ROOT_CONTEXT,
        )
      const span = createLateSpan(start)
      const requestTrace: RequestTrace = {
        join: () => void span.started(true),
        get traceparent() {
          return traceparentOf(span.started(false)) ?? traceparent
        },
      }
      return runWithin(span, context.active(), async () => {
        const response = await handle(requestTrace)
        const { status, headers } = response
        const code = headers.get('wechatpay-edge-error') ?? (status >= 500 ? String(status) : undefined)
        const requestId = headers.get('wechatpay-edge-request-id')
        span.setAttributes({
          [STATUS]: status,
          ...(code !== undefined && { [ERROR_TYPE]: code }),
          ...(requestId !== null && { 'wechatpay.gateway_request_id': requestId }),
        })
        // The conventions leave the status of a server's span unset for 4xx, which is an error of the caller.
        if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
        return response
      })
    },

    async deliver({ mchid, event, endpoint, url, attempt, traceparent }, send) {
      const host = hostOf(url)
      const span = tracer.startSpan(
        'POST',
        {
          kind: SpanKind.CLIENT,
          attributes: {
            [METHOD]: 'POST',
            ...(host !== undefined && serverOf(host.name, host.port)),
            ...(attempt > 1 && { [RESEND_COUNT]: attempt - 1 }),
            [MCHID]: mchid,
            [EVENT]: event,
            'wechatpay.endpoint': endpoint,
          },
        },
        traceparent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, spanContextOf(traceparent)),
      )
      return runWithin(span, context.active(), async () => {
        const outcome = await send(traceparentOf(span) ?? traceparent)
        if (outcome.status !== undefined) span.setAttribute(STATUS, outcome.status)
        if (!outcome.ok) {
          span.setAttribute(ERROR_TYPE, outcome.error === 'STATUS' ? String(outcome.status) : outcome.error)
          span.setStatus({ code: SpanStatusCode.ERROR })
        }
        return outcome
      })
    },
  }
}

/** A span that starts late, when it is known whose trace it belongs to. */
interface LateSpan extends Span {
  /** Starts the span unless it has started, and returns it. */
  started(isCallerKnown: boolean): Span
}

/**
 * Creates a span that is active before it starts. What others start until then has no parent, because the caller may be a stranger;
 * what is written to it starts it.
 */
function createLateSpan(start: (isCallerKnown: boolean) => Span): LateSpan {
  let span: Span | undefined
  const started = (isCallerKnown: boolean): Span => {
    span ??= start(isCallerKnown)
    return span
  }
  const write = (change: (span: Span) => unknown): LateSpan => {
    change(started(false))
    return late
  }
  const late: LateSpan = {
    started,
    spanContext: () => span?.spanContext() ?? INVALID_SPAN_CONTEXT,
    isRecording: () => span?.isRecording() ?? true,
    setAttribute: (...given) => write(own => own.setAttribute(...given)),
    setAttributes: (...given) => write(own => own.setAttributes(...given)),
    addEvent: (...given) => write(own => own.addEvent(...given)),
    addLink: (...given) => write(own => own.addLink(...given)),
    addLinks: (...given) => write(own => own.addLinks(...given)),
    setStatus: (...given) => write(own => own.setStatus(...given)),
    updateName: (...given) => write(own => own.updateName(...given)),
    recordException: (...given) => void write(own => own.recordException(...given)),
    end: (...given) => started(false).end(...given),
  }
  return late
}

/** Runs work with a span that is active, and ends the span. */
async function runWithin<T>(span: Span, parent: Context, work: () => Promise<T>): Promise<T> {
  try {
    return await context.with(trace.setSpan(parent, span), work)
  } catch (error) {
    span.setAttribute(ERROR_TYPE, error instanceof Error ? error.name : typeof error)
    span.setStatus({ code: SpanStatusCode.ERROR })
    throw error
  } finally {
    span.end()
  }
}

/** Returns the host of an endpoint, whose path and query may contain a secret. */
function hostOf(url: string): { readonly name: string; readonly port: number } | undefined {
  if (!URL.canParse(url)) return undefined
  const { host, protocol } = new URL(url)
  return { name: host, port: protocol === 'http:' ? 80 : 443 }
}
