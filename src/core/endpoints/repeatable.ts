import type { Trait } from './trait.ts'

/** Fields by which a caller numbers a request, or what it makes: sent again with the same number it is the same request to WeChat Pay. */
const OWN_NUMBER =
  /^(?:out_(?!(?:trade|order)_no$)\w+_(?:no|code)|combine_out_trade_no|\w+_request_no|mch_billno|partner_trade_no|business_code|fapiao_apply_id)$/
/** An order's number is one where orders are made; other calls refer by it to an order that is there. */
const ORDER_NUMBER = /^out_(?:trade|order)_no$/
const ORDERS = /transactions|order|apply$|sharing|reverse/
/** What is done to something that the path names by the caller's number, `…/out-trade-no/{out_trade_no}/close`; queries and uploads. */
const HARMLESS = /\/out-[\w-]+\/[^/]+\/[\w-]+$|\/[\w-]*(?:query|upload)[\w-]*$/

/** What of a call tells whether it may be sent twice. */
export interface Repeated {
  readonly method: string
  readonly path: string
  readonly trait: Trait
  readonly body?: unknown
}

/**
 * Tells whether a call has, sent twice, the effect of one call: it changes nothing, or a number of the caller's own makes
 * WeChat Pay take both for the same (幂等).
 *
 * It goes by the names in path and message. The generator compares that with the definitions: where a name says yes and the
 * definition no, the trait says no. Where only the definition says yes, the client does not repeat by itself.
 *
 * @param call its path with or without its placeholders filled in
 * @example
 * ```ts
 * isRepeatable({ method: 'POST', path: '/v3/refund/domestic/refunds', trait: {}, body: { out_refund_no: 'R1' } }) // true
 * ```
 */
export const isRepeatable = ({ method, path, trait, body }: Repeated): boolean =>
  method === 'GET' ||
  (trait.repeatable ??
    (HARMLESS.test(path) ||
      Object.entries(Object(body)).some(
        ([name, value]) => value && (OWN_NUMBER.test(name) || (ORDER_NUMBER.test(name) && ORDERS.test(path))),
      )))
