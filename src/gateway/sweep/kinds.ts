import type { Fields } from '../fields.ts'
import type { NewEvent } from '../ledger/events.ts'
import type { NewWatch, WatchRow } from '../ledger/watches.ts'
import { combinedResult, orderResult, refundResult, v2OrderResult, v2RefundResult } from './results.ts'

/** What a query has found out. */
export type Result =
  /** Nothing final. */
  | 'open'
  /** It is over, and WeChat Pay tells nobody: an order was closed. */
  | 'over'
  /** It is over, and this is what WeChat Pay would have notified. */
  | Told

/** What stands for a notification. */
export interface Told extends Pick<NewEvent, 'event' | 'resource'> {
  readonly fields: Fields
  readonly id: string
}

/** A kind of order or refund that is watched. */
export interface Kind {
  readonly api: 'v2' | 'v3'
  /** The calls that place it: method and path. */
  readonly placedBy: RegExp
  /** The field that names it. */
  readonly number: string
  /** What of the call is needed to ask for it. */
  readonly carries: readonly string[]
  /** The call that asks. */
  readonly ask: (number: string, query: NewWatch['query']) => Ask
  readonly read: (answer: Fields, watch: WatchRow) => Result
  /** What its response names beside the number and what was carried. @param mchid the merchant that asks */
  readonly asked?: (mchid: string) => Fields
  /** Its response is a list, in which the one that was asked for is looked for. */
  readonly isList?: boolean
  /** Nothing has happened as long as it is open: an order that nobody has paid. */
  readonly isIdle?: boolean
}

/** A call of the client's. */
export interface Ask {
  readonly method: string
  readonly path: string
  readonly params?: Readonly<Record<string, string>>
  readonly body?: Readonly<Record<string, string>>
}

const segment = encodeURIComponent
const v3 = (path: string, params: Ask['params'] = {}): Ask => ({ method: 'GET', path: `v3/${path}`, params })
const v2 = (path: string, body: Ask['body']): Ask => ({ method: 'POST', path: `v2/${path}`, body })

/** All that is watched. */
export const KINDS: Readonly<Record<string, Kind>> = {
  'v3-order': {
    api: 'v3',
    placedBy: /^POST \/v3\/pay\/transactions\/(?:jsapi|app|h5|native|codepay)$/,
    number: 'out_trade_no',
    carries: ['mchid'],
    ask: (number, { mchid }) => v3(`pay/transactions/out-trade-no/${segment(number)}`, { mchid: mchid! }),
    read: orderResult,
    isIdle: true,
  },
  'v3-partner-order': {
    api: 'v3',
    placedBy: /^POST \/v3\/pay\/partner\/transactions\/(?:jsapi|app|h5|native|codepay)$/,
    number: 'out_trade_no',
    carries: ['sp_mchid', 'sub_mchid'],
    ask: (number, { sp_mchid, sub_mchid }) =>
      v3(`pay/partner/transactions/out-trade-no/${segment(number)}`, { sp_mchid: sp_mchid!, sub_mchid: sub_mchid! }),
    read: orderResult,
    isIdle: true,
  },
  'v3-combined-order': {
    api: 'v3',
    placedBy: /^POST \/v3\/combine-transactions\/(?:jsapi|app|h5|native)$/,
    number: 'combine_out_trade_no',
    carries: [],
    ask: number => v3(`combine-transactions/out-trade-no/${segment(number)}`),
    read: combinedResult,
    asked: combine_mchid => ({ combine_mchid }),
    isIdle: true,
  },
  'v3-refund': {
    api: 'v3',
    placedBy: /^POST \/v3\/refund\/domestic\/refunds$/,
    number: 'out_refund_no',
    carries: ['sub_mchid'],
    ask: (number, { sub_mchid }) =>
      v3(`refund/domestic/refunds/${segment(number)}`, sub_mchid === undefined ? {} : { sub_mchid }),
    read: refundResult,
  },
  'v3-ecommerce-refund': {
    api: 'v3',
    placedBy: /^POST \/v3\/ecommerce\/refunds\/apply$/,
    number: 'out_refund_no',
    carries: ['sub_mchid'],
    ask: (number, { sub_mchid }) => v3(`ecommerce/refunds/out-refund-no/${segment(number)}`, { sub_mchid: sub_mchid! }),
    read: refundResult,
  },
  'v2-order': {
    api: 'v2',
    placedBy: /^POST \/v2\/pay\/(?:unifiedorder|micropay)$/,
    number: 'out_trade_no',
    carries: ['appid', 'mch_id', 'sub_appid', 'sub_mch_id', 'sign_type'],
    ask: (number, query) => v2('pay/orderquery', { ...query, out_trade_no: number }),
    read: v2OrderResult,
    asked: mch_id => ({ mch_id }),
    isIdle: true,
  },
  'v2-refund': {
    api: 'v2',
    placedBy: /^POST \/v2\/secapi\/pay\/refund(?:v2)?$/,
    number: 'out_refund_no',
    carries: ['appid', 'mch_id', 'sub_appid', 'sub_mch_id', 'sign_type'],
    ask: (number, query) => v2('pay/refundquery', { ...query, out_refund_no: number }),
    read: v2RefundResult,
    asked: mch_id => ({ mch_id }),
    isList: true,
  },
}
