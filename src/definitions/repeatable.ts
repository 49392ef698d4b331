/**
 * Fields with a number that the caller assigns to a request or its object. WeChat Pay treats a second request with the
 * same number as the first.
 */
const NUMBER =
  /^(?:(?:combine_)?out_\w+_(?:no|code)|\w+_request_no|mch_billno|partner_trade_no|business_code|fapiao_apply_id)$/
/**
 * The number of an order makes a call repeatable only if the call creates the order; other calls refer to an existing
 * order by it.
 */
const ORDER_NUMBER = /^out_(?:trade|order)_no$/
const ORDERS = /transactions|order|apply$|sharing|reverse/
/**
 * Paths of actions on an object with the caller's number (`…/out-trade-no/{out_trade_no}/close`), of queries and of
 * uploads.
 */
const HARMLESS = /\/out-[\w-]+\/[^/]+\/[\w-]+$|\/[\w-]*(?:query|upload)[\w-]*$/
/** Paths that look like those above, but may have a second effect when sent twice. */
const ONCE =
  /abnormal|(?:code|micro)pay|rebate|confirm$|mark$|publish|report|sync|register|verify|insurance-orders|policies\/|(?:gov|global).*upload/

/** A segment that fills a placeholder, recognizable by a digit or a capital. */
const VALUE = /\/[^/]*[\dA-Z][^/]*/g

/** The parts of a call that decide whether it may be sent twice. */
export interface Repeated {
  readonly method: string
  readonly path: string
  readonly body?: unknown
}

/**
 * Returns whether a call that is sent twice has the effect of one call, because it changes nothing, or because WeChat
 * Pay recognizes the second one by the caller's number (幂等).
 *
 * Decides by the names in path and body. The generator compares its decisions with the definitions: it may return false
 * where they allow a repetition, but never the reverse. The gateway's `mayBeSentTwice` reads the definitions themselves.
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
