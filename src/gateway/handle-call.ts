import { apiOfPath } from '../definitions/api-of-path.ts'
import { type AppContext, admitCaller, inBackground } from './app-context.ts'
import type { GatewayContext } from './context.ts'
import { plainCode } from './log/describe-error.ts'
import { countOf, durationOf } from './metrics/counters.ts'
import type { CallResponse } from './relay/call-response.ts'
import type { Admitted } from './relay/relay.ts'

/**
 * Handles a request that calls WeChat Pay: admits its caller, makes the call, counts and logs the response.
 *
 * @param call makes the call
 */
export async function handleCall(
  c: AppContext,
  context: GatewayContext,
  call: (admitted: Admitted) => Promise<CallResponse & { mchid: string }>,
): Promise<Response> {
  const { counters, log } = context
  const { raw: request, path } = c.req
  const requestId = c.get('requestId')
  const start = performance.now()
  const caller = await admitCaller(c, context)
  // A client that disconnects does not cancel the call, because it may already have taken effect.
  const background = (work: Promise<unknown>) => inBackground(c, work)
  const countsOf: Admitted['countsOf'] = (calledMchid, { code: errorCode }) => {
    const api = apiOfPath(path)
    const outcome = errorCode === null ? 'OK' : plainCode(errorCode)
    const seconds = (performance.now() - start) / 1000
    return [
      countOf('wechatpay_edge_calls_total', { caller: caller.name, mchid: calledMchid, api, outcome }),
      ...durationOf('wechatpay_edge_call_duration_seconds', { api }, seconds),
    ]
  }
  const bodies = context.callBodies(caller.name)
  const onMerchant = (calledMchid: string) => c.set('mchid', calledMchid)
  const { traceparent } = c.env.trace
  const admitted = {
    request,
    url: c.get('url'),
    path: c.get('path'),
    caller,
    requestId,
    traceparent,
    background,
    countsOf,
    onMerchant,
    readBody: bodies.read,
  }
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
