import { ResponseError } from '../core/base/errors.ts'
import { stringifyJson } from '../core/codec/json.ts'
import type { Reply } from '../definitions/call.ts'

type Fields = Readonly<Record<string, unknown>>

/** Fields that identify an order, a refund and so on. A response must repeat each of them that was asked for. */
const NUMBER_FIELDS: readonly string[] = [
  'out_trade_no',
  'transaction_id',
  'combine_out_trade_no',
  'combine_transaction_id',
  'out_refund_no',
  'refund_id',
  'out_bill_no',
  'transfer_bill_no',
  'out_batch_no',
  'batch_id',
  'out_detail_no',
  'detail_id',
  'out_order_no',
  'order_id',
  'out_return_no',
  'return_id',
  'out_request_no',
  'out_transfer_no',
  'out_recharge_no',
  'out_instruction_no',
  'withdraw_id',
  'partner_trade_no',
  'mch_billno',
]

/**
 * Fields that identify the merchant. A response may omit all of them (APIv3 refunds do), but one that has any must have
 * each that was asked for, because the partner's own order and a sub-merchant's order may have the same number.
 */
const MERCHANT_FIELDS: readonly string[] = [
  'mchid',
  'sp_mchid',
  'sub_mchid',
  'combine_mchid',
  'mch_id',
  'sub_mch_id',
  'combine_mch_id',
]

/** Fields that identify an order. If only these were asked for, a response about a refund is a mismatch. */
const ORDER_NUMBER_FIELDS: ReadonlySet<string> = new Set([
  'out_trade_no',
  'transaction_id',
  'combine_out_trade_no',
  'combine_transaction_id',
])

/** A response with one of these is about a refund, even if it names the order too. */
const REFUND_NUMBER_FIELDS: readonly string[] = ['out_refund_no', 'refund_id', 'out_refund_no_0']

/**
 * A response must not name a sub-merchant that was not asked for, except that old APIv2 messages repeat the merchant
 * here.
 */
const SUB_MERCHANT_FIELDS: readonly string[] = ['sub_mchid', 'sub_mch_id']

const isNamed = (value: unknown): boolean => value !== undefined && value !== null && value !== ''

/**
 * Checks whether a response or a notification is about what was asked for. Its signature is not enough: APIv3's covers
 * the time, a nonce and the body, but not the URL; APIv2's covers only the body. A genuine response about one order can
 * therefore be replayed, or mixed up by a proxy, as the response about another.
 *
 * Every query, the confirmation of notifications and the gateway's sweep apply this rule: a message must have each
 * number that was asked for, must not name another merchant, and must not be about a refund if only an order was asked
 * for.
 *
 * @param asked what was asked for, by the field names of the response: numbers (`out_trade_no`, `refund_id`, …) and
 * merchants (`mchid`, `sub_mch_id`, …); other fields and undefined values are ignored
 * @param response the fields of the response or the notification
 * @returns the field that is missing or differs; undefined if there is none
 * @throws {RangeError} `asked` has no number to compare
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013053420
 * @example
 * ```ts
 * findMismatch({ out_trade_no: '1', mchid }, { out_trade_no: '2', mchid }) // 'out_trade_no'
 * ```
 */
export function findMismatch(asked: object, response: object): string | undefined {
  return compare(asked as Fields, response as Fields)
}

function compare(asked: Fields, response: Fields): string | undefined {
  const isAsked = (name: string) => isNamed(asked[name])
  const isGiven = (name: string) => isNamed(response[name])
  const differs = (name: string) => !isGiven(name) || String(response[name]) !== String(asked[name])
  const numbers = NUMBER_FIELDS.filter(isAsked)
  if (numbers.length === 0) throw new RangeError('Give a number of an order, a refund or the like to compare.')
  const merchantFields = MERCHANT_FIELDS.filter(isAsked)
  const compared = MERCHANT_FIELDS.some(isGiven) ? [...numbers, ...merchantFields] : numbers
  const merchants = merchantFields.map(name => asked[name])
  const isForeign = (name: string) => isGiven(name) && !isAsked(name) && !merchants.includes(response[name])
  const foreign = [
    ...(merchantFields.length > 0 ? SUB_MERCHANT_FIELDS.filter(isForeign) : []),
    ...(numbers.every(name => ORDER_NUMBER_FIELDS.has(name)) ? REFUND_NUMBER_FIELDS.filter(isGiven) : []),
  ]
  return compared.find(differs) ?? foreign[0]
}

/** Numbers that the merchant assigns, as opposed to those that WeChat Pay assigns in its response. */
const MERCHANT_NUMBER_FIELDS: readonly string[] = NUMBER_FIELDS.filter(name =>
  /out_|partner_trade_no|mch_billno/.test(name),
)

/**
 * Checks whether the response to a call that changes something has another number than the request; if so, it is about
 * another call. Unlike {@link findMismatch} it does not require a number, because few such responses repeat it.
 *
 * @param sent the body of the request
 * @param response the fields of the response
 * @returns the field that differs
 * @example
 * ```ts
 * findContradiction({ out_refund_no: '1' }, { out_refund_no: '2', status: 'SUCCESS' }) // 'out_refund_no'
 * ```
 */
export function findContradiction(sent: object, response: object): string | undefined {
  const asked = sent as Fields
  const given = response as Fields
  return MERCHANT_NUMBER_FIELDS.find(
    name => isNamed(asked[name]) && isNamed(given[name]) && String(asked[name]) !== String(given[name]),
  )
}

/**
 * Thrown for a verified response that is not about what was asked for. It proves nothing about the order; query again.
 * Its `body` is the JSON of the fields that were read.
 */
export class ResponseMismatchError extends ResponseError {
  override readonly name: string = 'ResponseMismatchError'
  declare readonly code: 'RESPONSE_MISMATCH'
  /** The field that is missing or differs: `out_trade_no`. */
  declare readonly field: string
}

/**
 * Returns the data of a response after checking that it is about what was asked for (see {@link findMismatch}).
 *
 * @param asked as for {@link findMismatch}
 * @param reply what the client returned
 * @param mayHaveTakenEffect whether the call changes something, in which case its outcome is unknown
 * @throws {ResponseMismatchError} the response is about something else
 * @example
 * ```ts
 * const order = requireMatch({ out_trade_no, mchid }, await endpoint.get({ out_trade_no, params: { mchid } }))
 * ```
 */
export function requireMatch<Data>(asked: object, reply: Reply<Data>, mayHaveTakenEffect = false): Data {
  const field = findMismatch(asked, Object(reply.data))
  if (field === undefined) return reply.data
  throw mismatchError(field, reply, mayHaveTakenEffect)
}

/** Creates the error for a response whose `field` is missing or differs. */
export const mismatchError = (
  field: string,
  { status, headers, data }: Reply<unknown>,
  mayHaveTakenEffect: boolean,
): ResponseMismatchError =>
  new ResponseMismatchError(
    'RESPONSE_MISMATCH',
    `The response (HTTP ${status}) is genuine but not about what was asked for: its "${field}" is missing or differs. Query again.`,
    { status, headers, body: data === undefined ? '' : stringifyJson(data) },
    mayHaveTakenEffect,
    undefined,
    { field },
  )
