import type { SendOutcome } from '../delivery/send.ts'

/** A request to the gateway, as a trace may show it. */
export interface TracedRequest {
  readonly method: string
  /** The route, without values: `/v3/*`, `/notify/{mchid}`; undefined for a path that the gateway does not have. */
  readonly route: string | undefined
  /** `http` or `https`. */
  readonly scheme: string
  /** The valid `traceparent` of the request, which anybody may have sent. */
  readonly traceparent: string | undefined
}

/** The trace of a request that is being handled. */
export interface RequestTrace {
  /** Continues the trace that the request names, because its caller is known. Without effect once `traceparent` was read. */
  join(): void
  /** The `traceparent` of the span, which is stored with the event of a notification and passed on with a call. */
  readonly traceparent: string | undefined
}

/** An attempt to deliver an event, as a trace may show it. */
export interface TracedDelivery {
  readonly mchid: string
  /** The name of the event: `TRANSACTION.SUCCESS`. */
  readonly event: string
  /** The name of the endpoint. */
  readonly endpoint: string
  /** The URL of the endpoint, which may contain a secret in its path or query: only its host may be shown. */
  readonly url: string
  /** The number of the attempt, from 1. */
  readonly attempt: number
  /** The `traceparent` of the notification that the event was recorded from. */
  readonly traceparent: string | undefined
}

/**
 * Follows requests and deliveries in traces. `wechatpay-edge/opentelemetry` implements it; without one, the gateway passes a valid
 * `traceparent` on unchanged.
 */
export interface Tracing {
  /**
   * Handles a request within a span. Before `join` is called, the request is that of a stranger, who must neither join a trace nor
   * decide what is sampled.
   */
  serve(request: TracedRequest, handle: (trace: RequestTrace) => Promise<Response>): Promise<Response>
  /**
   * Makes an attempt to deliver an event within a span.
   *
   * @param send receives the `traceparent` of the span, which the endpoint gets as a header
   */
  deliver(
    delivery: TracedDelivery,
    send: (traceparent: string | undefined) => Promise<SendOutcome>,
  ): Promise<SendOutcome>
}

/** The traces of the requests that are being handled. */
const traces = new WeakMap<Request, RequestTrace>()

/** Stores the trace of a request for {@link joinTrace}. */
export const noteTrace = (request: Request, trace: RequestTrace): void => void traces.set(request, trace)

/** Continues the trace that a request names. To be called once its caller is known. */
export const joinTrace = (request: Request): void => traces.get(request)?.join()

/** The routes of the gateway by the first segment of their paths. */
const ROUTES: Readonly<Record<string, string>> = {
  v3: '/v3/*',
  v2: '/v2/*',
  brand: '/brand/*',
  checkout: '/checkout/{kind}',
  admin: '/admin/*',
  metrics: '/metrics',
  notify: '/notify/{mchid}',
  healthz: '/healthz',
  readyz: '/readyz',
  livez: '/livez',
}

/** Describes a request for a trace, without the values in its path. */
export function describeRequest({ method, url }: Request, traceparent: string | undefined): TracedRequest {
  const { pathname, protocol } = new URL(url)
  const segment = pathname.split('/')[1] ?? ''
  const route = Object.hasOwn(ROUTES, segment) ? ROUTES[segment] : undefined
  return { method, route, scheme: protocol.slice(0, -1), traceparent }
}
