/** Fields in which a caller numbers a request or its object: WeChat Pay takes a second request with the same number for the first. */
const NUMBER =
  /^(?:(?:combine_)?out_\w+_(?:no|code)|\w+_request_no|mch_billno|partner_trade_no|business_code|fapiao_apply_id)$/
/** The number of an order makes a call repeatable only where it creates the order; other calls refer to an existing order by it. */
const ORDER_NUMBER = /^out_(?:trade|order)_no$/
const ORDERS = /transactions|order|apply$|sharing|reverse/
/** Paths of actions on an object named by the caller's number (`…/out-trade-no/{out_trade_no}/close`), of queries and of uploads. */
const HARMLESS = /\/out-[\w-]+\/[^/]+\/[\w-]+$|\/[\w-]*(?:query|upload)[\w-]*$/
/** Paths that look like those above, but have, or may have, a second effect when they are sent twice. */
const ONCE =
  /abnormal|(?:code|micro)pay|rebate|confirm$|mark$|publish|report|sync|register|verify|insurance-orders|policies\/|(?:gov|global).*upload/

/** A segment that fills a placeholder: it has a digit or a capital. */
const VALUE = /\/[^/]*[\dA-Z][^/]*/g

/** The parts of a call that decide whether it may be sent twice. */
export interface Repeated {
  readonly method: string
  readonly path: string
  readonly body?: unknown
}

/**
 * Returns whether a call that is sent twice has the effect of one call: it changes nothing, or by a number of the caller
 * WeChat Pay recognizes the second as the first (幂等).
 *
 * It decides by the names in path and body. The generator compares its decisions with the definitions: it may say no where they
 * say yes, which costs a repetition, but never the reverse.
 *
 * @param call with placeholders in its path, or filled in
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
