import type { SimulatorContext } from '../context.ts'
import { createFaultRun } from '../fault/fault-run.ts'
import type { Faults } from '../fault/faults.ts'
import { handleV2 } from '../v2/handle.ts'
import { handleV3 } from '../v3/handle.ts'
import type { Journal, SignatureTrace } from './journal.ts'
import { createRequestId } from './request-id.ts'
import { splitTarget, targetOf } from './request-url.ts'

/** @param hasClientCertificate whether the request presented the merchant's client certificate */
export type Serve = (hasClientCertificate: boolean, input: RequestInfo | URL, init?: RequestInit) => Promise<Response>

/** Matches paths of APIv3, which have a prefix at some access points: `/hk/v3/…`. */
const V3 = /^(?:\/[a-z]+)?\/v3(?:\/|$)/

/**
 * Creates the function that responds to requests: it runs the work that is due, then handles the request with the
 * faults that apply to it.
 */
export function createServe(context: SimulatorContext, faults: Faults, journal: Journal): Serve {
  const { scheduler, merchant, crypto } = context
  return async (hasClientCertificate, input, init) => {
    const request = new Request(input, init)
    const { method, signal } = request
    signal.throwIfAborted()
    scheduler.run()
    const url = targetOf(input instanceof Request ? input : request)
    const target = splitTarget(url)
    const { path } = target
    const api = V3.test(path) ? 'v3' : 'v2'
    const trace: SignatureTrace = { signedText: '', signature: 'absent', signedBy: undefined }
    const faultRun = createFaultRun(request, { api, method, path }, faults, context)
    const response = await faultRun.run(() =>
      api === 'v3'
        ? handleV3(request, target, context, trace)
        : handleV2(request, target, hasClientCertificate, context, trace),
    )
    const { status, code } = response
    const requestId = createRequestId(crypto)
    journal.add({
      at: scheduler.now(),
      requestId,
      api,
      method,
      url,
      path,
      ...trace,
      status,
      code,
      ...(trace.signature === 'valid' && { mchid: merchant.mchid }),
      ...(faultRun.kinds.length > 0 && { faults: faultRun.kinds }),
    })
    signal.throwIfAborted()
    return faultRun.respond(response, { ...response.headers, 'Request-ID': requestId })
  }
}
