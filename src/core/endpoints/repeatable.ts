/** Fields by which a caller numbers a request, or what it makes: sent again with the same number it is the same request to WeChat Pay. */
const NUMBER =
  /^(?:(?:combine_)?out_\w+_(?:no|code)|\w+_request_no|mch_billno|partner_trade_no|business_code|fapiao_apply_id)$/
/** An order's number is one where orders are made; other calls refer by it to an order that is there. */
const ORDER_NUMBER = /^out_(?:trade|order)_no$/
const ORDERS = /transactions|order|apply$|sharing|reverse/
/** Paths of actions on something that they name by the caller's number, `…/out-trade-no/{out_trade_no}/close`; of queries and uploads. */
const HARMLESS = /\/out-[\w-]+\/[^/]+\/[\w-]+$|\/[\w-]*(?:query|upload)[\w-]*$/
/** Paths that look like those above, but have a second effect when they are sent twice, or nobody knows. */
const ONCE =
  /abnormal|(?:code|micro)pay|rebate|confirm$|mark$|publish|report|sync|register|verify|insurance-orders|policies\/|(?:gov|global).*upload/

/** A segment that stands for a placeholder, and is none of the words: a digit or a capital tells. */
const VALUE = /\/[^/]*[\dA-Z][^/]*/g

/** The parts of a call that tell whether it may be sent twice. */
export interface Repeated {
  readonly method: string
  readonly path: string
  readonly body?: unknown
}

/**
 * Tells whether a call has, sent twice, the effect of one call: it changes nothing, or a number of the caller's own makes
 * WeChat Pay take both for the same (幂等).
 *
 * It goes by the names in path and message. The generator compares that with the definitions: it may say no where they say
 * yes, which costs a repetition, and never the other way round.
 *
 * @param call its path with or without its placeholders filled in
 * @example
 * ```ts
 * isRepeatable({ method: 'POST', path: '/v3/refund/domestic/refunds', body: { out_refund_no: 'R1' } }) // true
 * ```
 */
export function isRepeatable({ method, path, body }: Repeated): boolean {
  const words = path.replace(VALUE, '/*')
  return (
    method === 'GET' ||
    (!ONCE.test(words) &&
      (HARMLESS.test(words) ||
        Object.entries(Object(body)).some(
          ([name, value]) => value && NUMBER.test(name) && (ORDERS.test(words) || !ORDER_NUMBER.test(name)),
        )))
  )
}
