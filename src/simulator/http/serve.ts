import { crossSiteHeader, isNavigation } from '../../core/base/cross-site.ts'
import type { Api } from '../../definitions/call.ts'
import type { SimulatorContext } from '../context.ts'
import { createFaultRun } from '../fault/fault-run.ts'
import type { Faults } from '../fault/faults.ts'
import type { Merchants } from '../merchants/merchants.ts'
import type { Observers } from '../timeline/record.ts'
import { handleV2 } from '../v2/handle.ts'
import { handleBrand, handleV3 } from '../v3/handle.ts'
import type { Exchange, Journal, RequestTrace } from './journal.ts'
import { createRequestId } from './request-id.ts'
import { prefixOf, splitTarget, targetOf } from './request-url.ts'
import { nginxResponse, type SimulatedResponse } from './response.ts'

/** @param certificateOwner merchant whose client certificate the request presented */
export type Serve = (
  certificateOwner: string | undefined,
  input: RequestInfo | URL,
  init?: RequestInit,
) => Promise<Response>

/** Matches paths of APIv3, which have a prefix at some access points: `/hk/v3/…`. */
const V3 = /^(?:\/[a-z]+)?\/v3(?:\/|$)/
const BRAND = /^\/brand(?:\/|$)/
const apiOf = (path: string): Api => (V3.test(path) ? 'v3' : BRAND.test(path) ? 'brand' : 'v2')
const HANDLERS = { v3: handleV3, brand: handleBrand }

const CROSS_SITE = nginxResponse(403, 'Forbidden', 'A page of another site made a browser send this request')

/**
 * Creates the function that responds to requests: it runs the work that is due, then handles the request with the
 * faults that apply to it.
 *
 * What a page of another site makes a browser send is refused before anything else: it has no signature, and must neither
 * fill the journal nor use up faults. A user may follow a link to a page of WeChat Pay's, such as `/papay/entrustweb`: that is
 * responded to, and recorded if the merchant has signed it.
 */
export function createServe(merchants: Merchants, faults: Faults, journal: Journal, observers: Observers): Serve {
  const [first] = merchants.all
  const { scheduler, crypto } = first!.context
  return async (certificateOwner, input, init) => {
    const request = new Request(input, init)
    const { method, signal } = request
    signal.throwIfAborted()
    const sent = input instanceof Request ? input : request
    const url = targetOf(sent)
    const target = splitTarget(url, prefixOf(sent))
    const { path } = target
    const api = apiOf(path)
    const trace: RequestTrace = { signedText: '', signature: 'absent', signedBy: undefined, changes: [] }
    const requestId = createRequestId(crypto)
    const exchangeOf = ({ status, code }: SimulatedResponse): Exchange => ({
      at: scheduler.now(),
      requestId,
      api,
      method,
      url,
      path,
      signedText: trace.signedText,
      signature: trace.signature,
      signedBy: trace.signedBy,
      status,
      code,
    })
    const isForeign = crossSiteHeader(request) !== undefined
    if (isForeign && !isNavigation(request)) {
      journal.report(exchangeOf(CROSS_SITE))
      const headers = { ...CROSS_SITE.headers, 'Request-ID': requestId }
      return new Response(CROSS_SITE.body, { status: CROSS_SITE.status, headers })
    }
    scheduler.run()
    const context = contextFor(api, request.headers.get('authorization'), merchants)
    const faultRun = createFaultRun(request, { api, method, path }, faults, context)
    const response = await faultRun.run(() =>
      api === 'v2'
        ? handleV2(request, target, certificateOwner, context, trace)
        : HANDLERS[api](request, target, context, trace),
    )
    const date = new Date(context.signatureNow()).toUTCString()
    const headers = { ...response.headers, Date: date, 'Request-ID': requestId }
    const exchange: Exchange = {
      ...exchangeOf(response),
      ...(trace.signature === 'valid' &&
        (api === 'brand' ? { brandId: context.signer.id } : { mchid: trace.mchid ?? context.merchant.mchid })),
      ...(faultRun.kinds.length > 0 && { faults: faultRun.kinds }),
    }
    const isRecorded = !isForeign || trace.signature === 'valid' || isOfSameSite(request)
    if (isRecorded) journal.add(exchange)
    else journal.report(exchange)
    if (isRecorded && observers.present)
      observers.report({
        kind: 'request',
        exchange,
        request: { headers: Object.fromEntries(request.headers), body: trace.received },
        response: { headers, body: response.body },
        changes: trace.changes,
        explain: trace.signature === 'invalid' ? trace.explain : undefined,
      })
    signal.throwIfAborted()
    return faultRun.respond(response, headers)
  }
}

/**
 * Returns whether the page that made a browser send a request is of the same site: a shop on another port of this machine, whose mistakes
 * in a signed link its developer looks for. A page of any other site can navigate without end, before a response arrives.
 */
const isOfSameSite = ({ headers }: Request): boolean => headers.get('sec-fetch-site') === 'same-site'

/** Finds the id of the merchant or the brand that an `Authorization` names. The handler parses the header in full. */
const SIGNER_ID = { v3: /[\s,]mchid="(\d{1,20})"/, brand: /[\s,]brand_id="(\d{1,20})"/ }

/**
 * Returns the context of the merchant whose keys verify a request: the one that it names. One that names none, or one that there is not,
 * is refused with the keys of the first. A message of APIv2 names its merchant in its body, which its handler reads.
 */
function contextFor(api: Api, authorization: string | null, merchants: Merchants): SimulatorContext {
  const first = merchants.all[0]!.context
  if (api === 'v2') return first
  const [, id = ''] = SIGNER_ID[api].exec(authorization ?? '') ?? []
  if (api === 'v3') return merchants.find(id)?.context ?? first
  const context = (merchants.findByBrand(id) ?? merchants.all.find(({ brand }) => brand))?.context ?? first
  return { ...context, ...context.brandKeys }
}
