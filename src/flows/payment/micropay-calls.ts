import type { Wechatpay } from '../../core/client.ts'
import { parseXml } from '../../core/codec/xml.ts'
import type { CallOptions } from '../../core/endpoints/call.ts'
import type { V2PayReverseRequest } from '../../core/endpoints/generated/types.ts'
import { CallError, ServiceError, TransportError } from '../../core/errors.ts'
import { requireFen, requireNumber } from './checks.ts'
import type { MicropayOrder } from './micropay-state.ts'
import { type AnyOrder, ASKING, queryOrder } from './order-query.ts'

/** The three calls of a payment by code, in either API. */
export interface MicropayCalls {
  readonly out_trade_no: string
  /** What is to be paid, in fen. */
  readonly total: number
  /** What an answer to the payment means that names no state: of APIv2 that it is paid. */
  readonly paidState?: 'SUCCESS'
  /** Whether all is there that a reversal takes. Nothing is sent. */
  prepare(): Promise<void>
  /** Once, and never again: what becomes of it is for the query to say. */
  pay(signal: AbortSignal | undefined): Promise<object>
  query(): Promise<AnyOrder>
  /** @returns whether it has to be called once more (`recall`) */
  reverse(): Promise<boolean>
}

/** 付款码: 18 digits that begin with 10 to 15. */
const AUTH_CODE = /^1[0-5]\d{16}$/

function requireAuthCode(code: unknown, field: string): void {
  // The code itself pays: it is in no message.
  if (typeof code !== 'string' || !AUTH_CODE.test(code))
    throw new CallError('BODY_INVALID', field, 'a payment code (付款码) has 18 digits and begins with 10 to 15')
}

/** @throws {CallError} `BODY_INVALID` */
export function micropayCalls(client: Wechatpay, order: MicropayOrder, options: CallOptions): MicropayCalls {
  const out_trade_no = requireNumber(order.out_trade_no, 'out_trade_no', 32)
  return 'mch_id' in order
    ? v2Calls(client, order, { ...options, out_trade_no })
    : v3Calls(client, order, { ...options, out_trade_no })
}

type Options = CallOptions & { out_trade_no: string }

function v3Calls(
  client: Wechatpay,
  order: Exclude<MicropayOrder, { mch_id: string }>,
  { out_trade_no, ...options }: Options,
): MicropayCalls {
  const isPartner = 'sp_mchid' in order
  requireAuthCode(order.payer?.auth_code, 'payer.auth_code')
  const common = { out_trade_no, total: requireFen(order.amount?.total, 'amount.total'), prepare: async () => {} }
  const asking = { ...options, ...ASKING, out_trade_no }
  if (isPartner) {
    const { sp_mchid, sub_mchid, sp_appid, sub_appid } = order
    const { codepay, outTradeNo } = client.v3.pay.partner.transactions
    const parties = { sp_mchid, sub_mchid, ...(sp_appid && { sp_appid }), ...(sub_appid && { sub_appid }) }
    return {
      ...common,
      pay: async signal => (await codepay.post(order, onceOnly(options, signal))).data,
      query: () => queryOrder(client, { sp_mchid, sub_mchid, out_trade_no }, options),
      async reverse() {
        await outTradeNo._out_trade_no_.reverse.post(parties, asking)
        return false
      },
    }
  }
  const { appid, mchid } = order
  const { codepay, outTradeNo } = client.v3.pay.transactions
  return {
    ...common,
    pay: async signal => (await codepay.post(order, onceOnly(options, signal))).data,
    query: () => queryOrder(client, { mchid, out_trade_no }, options),
    async reverse() {
      await outTradeNo._out_trade_no_.reverse.post({ appid, mchid }, asking)
      return false
    },
  }
}

function v2Calls(
  client: Wechatpay,
  order: Extract<MicropayOrder, { mch_id: string }>,
  { out_trade_no, ...options }: Options,
): MicropayCalls {
  requireAuthCode(order.auth_code, 'auth_code')
  const { appid, mch_id, sub_appid, sub_mch_id, sign_type } = order
  const name: V2PayReverseRequest = {
    ...{ appid, mch_id, out_trade_no },
    ...(sub_appid && { sub_appid }),
    ...(sub_mch_id && { sub_mch_id }),
    ...(sign_type && { sign_type }),
  }
  const reverse = (more: CallOptions) => client.v2.secapi.pay.reverse.post(name, { ...options, ...more })
  return {
    ...{ out_trade_no, total: requireFen(order.total_fee, 'total_fee'), paidState: 'SUCCESS' },
    // A client without certificate learns it here, and not when the shopper has paid.
    prepare: async () => {
      await reverse({ signal: AbortSignal.abort() }).catch(error => {
        if (!(error instanceof TransportError)) throw error
      })
    },
    pay: async signal => (await client.v2.pay.micropay.post(order, onceOnly(options, signal))).data,
    query: () => queryOrder(client, name, options),
    async reverse() {
      try {
        return (await reverse(ASKING)).data.recall === 'Y'
      } catch (error) {
        if (error instanceof ServiceError && isRecall(error)) return true
        throw error
      }
    },
  }
}

const onceOnly = (options: CallOptions, signal: AbortSignal | undefined): CallOptions => ({
  ...options,
  retry: false,
  ...(signal && { signal }),
})

/** Whether a refusal says that it is to be called again. It was verified when it became an error. */
function isRecall({ body }: ServiceError): boolean {
  try {
    return parseXml(body).recall === 'Y'
  } catch {
    return false
  }
}
