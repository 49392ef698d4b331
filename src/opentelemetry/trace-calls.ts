import {
  type Attributes,
  type Histogram,
  type Meter,
  metrics,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { kindOf } from '../core/base/error-text.ts'
import { VERSION } from '../core/base/version.ts'
import {
  type CallEvent,
  ConfigurationError,
  type FailureFacts,
  observe,
  type RequestEvent,
  Wechatpay,
} from '../core/index.ts'
import {
  BRAND_ID,
  CALL_ID,
  ERROR_TYPE,
  MAY_HAVE_TAKEN_EFFECT,
  MCHID,
  METHOD,
  methodOf,
  REQUEST_ID,
  RESEND_COUNT,
  STATUS,
  serverOf,
  TEMPLATE,
  VERIFIED_BY,
  verbOf,
} from './attributes.ts'

/** Where spans and metrics go. */
export interface TelemetryOptions {
  /** Default: that of the global provider, under the name `wechatpay-edge`. */
  readonly tracer?: Tracer
  /** Default: that of the global provider, under the name `wechatpay-edge`. */
  readonly meter?: Meter
}

/** The buckets of the conventions, in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/**
 * Creates the histogram of the durations of requests that the conventions require.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpclientrequestduration
 */
const createDurations = (meter: Meter): Histogram =>
  meter.createHistogram('http.client.request.duration', {
    description: 'Duration of HTTP client requests.',
    unit: 's',
    advice: { explicitBucketBoundaries: BUCKETS },
  })

/**
 * Traces and measures the calls of a client, by the semantic conventions for HTTP clients: a span of kind `CLIENT` for each
 * attempt, below the span that is active where the call is made, and the histogram `http.client.request.duration`.
 *
 * Spans have no `url.full`, because paths and queries of WeChat Pay contain openids and numbers of orders; `url.template`
 * has the path of the definition.
 *
 * @param client the client
 * @param options tracer and meter
 * @returns a function that ends the tracing
 * @throws {ConfigurationError} `client` is none
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/
 * @example
 * ```ts
 * const stop = traceCalls(wxpay)
 * ```
 */
export function traceCalls(client: Wechatpay, options: TelemetryOptions = {}): () => void {
  if (!(client instanceof Wechatpay))
    throw new ConfigurationError('OPTION_INVALID', 'client', `${kindOf(client)}. Give a client: new Wechatpay({ … })`)
  const { tracer = trace.getTracer('wechatpay-edge', VERSION), meter = metrics.getMeter('wechatpay-edge', VERSION) } =
    options
  const durations = createDurations(meter)
  /** The attempts that have not ended, by call. */
  const attempts = new Map<string, { readonly span: Span; readonly since: number }>()

  function begin(event: RequestEvent): void {
    const { callId, mchid, brandId, attempt } = event
    const { name, attributes } = describe(event)
    const account = brandId === undefined ? { [MCHID]: mchid } : { [BRAND_ID]: brandId }
    const own = { ...account, [CALL_ID]: callId, ...(attempt > 1 && { [RESEND_COUNT]: attempt - 1 }) }
    const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes: { ...attributes, ...own } })
    attempts.set(callId, { span, since: performance.now() })
  }

  /** Ends the last attempt, unless its response has ended it. */
  function end(event: CallEvent & Partial<FailureFacts> & { readonly host?: string }): void {
    const { callId, host, status, code, serviceCode, requestId, verifiedBy, mayHaveTakenEffect } = event
    const attempt = attempts.get(callId)
    if (!attempt || host === undefined) return
    attempts.delete(callId)
    const errorType = serviceCode ?? code
    const outcome: Attributes = {
      ...(status !== undefined && { [STATUS]: status }),
      ...(errorType !== undefined && { [ERROR_TYPE]: errorType }),
    }
    const { span, since } = attempt
    span.setAttributes({
      ...outcome,
      ...(requestId !== undefined && { [REQUEST_ID]: requestId }),
      ...(verifiedBy !== undefined && { [VERIFIED_BY]: verifiedBy }),
      ...(mayHaveTakenEffect !== undefined && { [MAY_HAVE_TAKEN_EFFECT]: mayHaveTakenEffect }),
    })
    if (errorType !== undefined) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end()
    durations.record((performance.now() - since) / 1000, { ...describe({ ...event, host }).attributes, ...outcome })
  }

  return observe(client, {
    request: begin,
    response: end,
    retry: end,
    error: end,
  })
}

/** Names an attempt, and lists the attributes that its span and its measurement have in common. */
function describe({ method, template, host }: CallEvent & { readonly host: string }): {
  readonly name: string
  readonly attributes: Attributes
} {
  const attributes = { [METHOD]: methodOf(method), ...serverOf(host) }
  return template === undefined
    ? { name: verbOf(method), attributes }
    : { name: `${verbOf(method)} ${template}`, attributes: { ...attributes, [TEMPLATE]: template } }
}
