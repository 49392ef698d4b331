import { CallError, ServiceError, TransportError } from '../../../core/base/errors.ts'
import { credentialsOf, type Wechatpay } from '../../../core/client/client.ts'
import { parseXml } from '../../../core/codec/xml.ts'
import type { CallOptions } from '../../../definitions/call.ts'
import type { V2PayReverseRequest } from '../../../definitions/generated/types.ts'
import { requireAmount, requireMerchantNumber } from '../../checks.ts'
import { requireMatch } from '../../response-match.ts'
import { QUERY_OPTIONS } from '../../retries.ts'
import { isOverseas, overseasMerchants } from '../order/overseas.ts'
import { type AnyOrder, type OrderName, orderIdentity, queryOrder } from '../order/query.ts'
import type { MicropayName, MicropayOrder } from './state.ts'

/** Calls about a payment by code that was sent, for either API. */
export interface MicropayCalls {
  readonly out_trade_no: string
  /** The amount of the payment, in the smallest unit of its currency (fen, cents, yen). */
  readonly total: number
  /** Undefined if the caller did not name it, which a {@link MicropayName} need not. */
  readonly currency: string | undefined
  /** Checks that the client can send a reversal. Sends nothing. */
  prepare(): Promise<void>
  query(): Promise<AnyOrder>
  reverse(): Promise<ReversalResult>
}

/**
 * Result of a reversal: done, or to be repeated (`recall`). Responses of APIv2 and overseas do not name the order, so
 * they are `unproven` until a query confirms them.
 */
export type ReversalResult = 'reversed' | 'recall' | 'unproven'

/** A payment by code to be sent. */
export interface MicropayPayment {
  /** Sends the payment once; its outcome must be queried. */
  pay(signal: AbortSignal | undefined): Promise<object>
  /** The state to assume if the response has none: an APIv2 response means that it is paid. */
  readonly paidState: 'SUCCESS' | undefined
}

/** 付款码: 18 digits that begin with 10 to 15. */
const AUTH_CODE = /^1[0-5]\d{16}$/

/** Currency of a request without one. */
const DEFAULT_CURRENCY = 'CNY'

function requireAuthCode(code: unknown, field: string): void {
  // Anybody with the code can charge the shopper, so the message must not contain it.
  if (typeof code !== 'string' || !AUTH_CODE.test(code))
    throw new CallError('BODY_INVALID', field, 'give a payment code (付款码): 18 digits, beginning with 10 to 15')
}

/** @throws {CallError} `BODY_INVALID` */
export function micropayPayment(client: Wechatpay, order: MicropayOrder, options: CallOptions): MicropayPayment {
  const onceOnly = (signal: AbortSignal | undefined): CallOptions => ({
    ...options,
    retry: false,
    ...(signal && { signal }),
  })
  const identity = orderIdentity(order as OrderName, credentialsOf(client).account.mchid)
  if ('mch_id' in order) {
    requireAuthCode(order.auth_code, 'auth_code')
    return {
      paidState: 'SUCCESS',
      pay: async signal => requireMatch(identity, await client.v2.pay.micropay.post(order, onceOnly(signal)), true),
    }
  }
  requireAuthCode(order.payer?.auth_code, 'payer.auth_code')
  if (isOverseas(order)) {
    const merchants = overseasMerchants(order, credentialsOf(client).account.mchid)
    // Without the currency, an order of 100 yen cannot be distinguished from one of 100 cents.
    if (!order.amount?.currency)
      throw new CallError(
        'BODY_INVALID',
        'amount.currency',
        'give the currency of an overseas payment, such as HKD or JPY',
      )
    const endpoint = client.v3.global.micropay.transactions.pay
    return {
      paidState: undefined,
      pay: async signal =>
        requireMatch(identity, await endpoint.post({ ...order, ...merchants }, onceOnly(signal)), true),
    }
  }
  const { pay } = client.v3
  return {
    paidState: undefined,
    pay: async signal =>
      'sp_mchid' in order
        ? requireMatch(identity, await pay.partner.transactions.codepay.post(order, onceOnly(signal)), true)
        : requireMatch(identity, await pay.transactions.codepay.post(order, onceOnly(signal)), true),
  }
}

/** @throws {CallError} `BODY_INVALID` */
export function micropayCalls(client: Wechatpay, name: MicropayName, options: CallOptions): MicropayCalls {
  requireMerchantNumber(name.out_trade_no, 'out_trade_no', 32)
  if ('mch_id' in name) return v2Calls(client, name, options)
  return isOverseas(name) ? overseasCalls(client, name, options) : v3Calls(client, name, options)
}

type OverseasName = Extract<MicropayName, { merchant_category_code: string }>

function overseasCalls(client: Wechatpay, name: OverseasName, options: CallOptions): MicropayCalls {
  const { out_trade_no, merchant_category_code } = name
  const merchants = overseasMerchants(name, credentialsOf(client).account.mchid)
  const order = { ...merchants, out_trade_no, merchant_category_code }
  const { reverse } = client.v3.global.micropay.transactions.outTradeNo._out_trade_no_
  return {
    out_trade_no,
    total: requireAmount(name.amount?.total, 'amount.total'),
    currency: name.amount.currency,
    prepare: async () => {},
    query: () => queryOrder(client, order, options),
    async reverse() {
      await reverse.post(merchants, { ...options, ...QUERY_OPTIONS, out_trade_no })
      return 'unproven'
    },
  }
}

function v3Calls(
  client: Wechatpay,
  name: Exclude<MicropayName, { mch_id: string } | { merchant_category_code: string }>,
  options: CallOptions,
): MicropayCalls {
  const { out_trade_no } = name
  const common = {
    out_trade_no,
    total: requireAmount(name.amount?.total, 'amount.total'),
    currency: name.amount.currency ?? ('payer' in name ? DEFAULT_CURRENCY : undefined),
    prepare: async () => {},
  }
  const reversing = { ...options, ...QUERY_OPTIONS, out_trade_no }
  if ('sp_mchid' in name) {
    const { sp_mchid, sub_mchid, sp_appid, sub_appid } = name
    const identity = { sp_mchid, sub_mchid, out_trade_no }
    const { reverse } = client.v3.pay.partner.transactions.outTradeNo._out_trade_no_
    const parties = { sp_mchid, sub_mchid, ...(sp_appid && { sp_appid }), ...(sub_appid && { sub_appid }) }
    return {
      ...common,
      query: () => queryOrder(client, identity, options),
      async reverse() {
        requireMatch(identity, await reverse.post(parties, reversing), true)
        return 'reversed'
      },
    }
  }
  const { appid, mchid } = name
  const { reverse } = client.v3.pay.transactions.outTradeNo._out_trade_no_
  return {
    ...common,
    query: () => queryOrder(client, { mchid, out_trade_no }, options),
    async reverse() {
      requireMatch({ mchid, out_trade_no }, await reverse.post({ appid, mchid }, reversing), true)
      return 'reversed'
    },
  }
}

function v2Calls(
  client: Wechatpay,
  order: Extract<MicropayName, { mch_id: string }>,
  options: CallOptions,
): MicropayCalls {
  const { appid, mch_id, sub_appid, sub_mch_id, sign_type, out_trade_no } = order
  const name: V2PayReverseRequest = {
    appid,
    mch_id,
    out_trade_no,
    ...(sub_appid && { sub_appid }),
    ...(sub_mch_id && { sub_mch_id }),
    ...(sign_type && { sign_type }),
  }
  const reverse = (more: CallOptions) => client.v2.secapi.pay.reverse.post(name, { ...options, ...more })
  return {
    out_trade_no,
    total: requireAmount(order.total_fee, 'total_fee'),
    currency: order.fee_type || ('auth_code' in order ? DEFAULT_CURRENCY : undefined),
    // Detects a missing client certificate before the shopper pays.
    prepare: async () => {
      await reverse({ signal: AbortSignal.abort() }).catch(error => {
        if (!(error instanceof TransportError)) throw error
      })
    },
    query: () => queryOrder(client, name, options),
    async reverse() {
      try {
        return (await reverse(QUERY_OPTIONS)).data.recall === 'Y' ? 'recall' : 'unproven'
      } catch (error) {
        if (error instanceof ServiceError && isRecall(error)) return 'recall'
        throw error
      }
    },
  }
}

/** Returns whether a refusal asks to repeat the reversal. Its body was verified before the error was created. */
function isRecall({ body }: ServiceError): boolean {
  try {
    return parseXml(body).recall === 'Y'
  } catch {
    return false
  }
}
