import { credentialsOf, type Wechatpay } from '../../../core/client/client.ts'
import type { CallOptions } from '../../../definitions/call.ts'
import type {
  V2PayDownloadbillPostRequest,
  V2PayDownloadfundflowPostRequest,
} from '../../../definitions/generated/types.ts'
import type { Bill } from '../parse/parse.ts'
import type { BillRow, BillSummary, FundFlowRowV2, FundFlowSummary, TradeRowOf, TradeSummary } from '../parse/row.ts'
import { requireBillDate } from './date.ts'
import { downloadedBill } from './downloaded.ts'

/** The types of APIv2 trade bills (账单类型). */
export type TradeBillTypeV2 = NonNullable<V2PayDownloadbillPostRequest['bill_type']>

/** Request for an APIv2 trade bill. */
export interface TradeBillRequestV2<Type extends TradeBillTypeV2 = TradeBillTypeV2>
  extends Omit<V2PayDownloadbillPostRequest, 'mch_id'> {
  /** 商户号. Default: the client's */
  mch_id?: string
  /** 子商户号, of a partner's request */
  sub_mch_id?: string
  /** 账单类型. Default: `ALL` */
  bill_type?: Type
}

/** Request for an APIv2 fund flow bill. */
export interface FundFlowBillRequestV2 extends Omit<V2PayDownloadfundflowPostRequest, 'mch_id'> {
  /** 商户号. Default: the client's */
  mch_id?: string
}

/**
 * Downloads the trade bill of a day with APIv2 (下载对账单). APIv2 sends no hash, so only the summary shows that the bill is
 * complete.
 *
 * @param client the merchant's or partner's client
 * @param request `bill_date`: a past day in Beijing time (UTC+8) within the last three months, in the form `20260301`
 * @param options apply to the call; `signal` cancels the download too. The call is a POST but changes nothing, so
 * `retry: { repeatable: true }` is safe
 * @returns the bill; iterating it throws {@link BillError}, or `TransportError` if the download is interrupted
 * @throws {CallError} `BODY_INVALID`: `bill_date` is not a day; nothing was sent
 * @throws {ServiceError} `20002`, `No Bill Exist`: there were no transactions on that day, the day is not over, the
 * bill is not ready, or it is no longer kept
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011939627
 * @example
 * ```ts
 * const bill = await downloadTradeBillV2(wxpay, { appid, bill_date: '20260301', bill_type: 'REFUND', tar_type: 'GZIP' })
 * for await (const row of bill.rows) console.log(row.商户退款单号, row.申请退款金额) // fen
 * ```
 */
export function downloadTradeBillV2<Type extends TradeBillTypeV2 = 'ALL'>(
  client: Wechatpay,
  request: TradeBillRequestV2<Type>,
  options: CallOptions = {},
): Promise<Bill<TradeRowOf<Type>, TradeSummary>> {
  return download('v2/pay/downloadbill', client, request, options)
}

/**
 * Downloads the fund flow bill of a day with APIv2 (下载资金账单). Requires the client certificate (双向证书). APIv2 sends no
 * hash, so only the summary shows that the bill is complete.
 *
 * @param client the merchant's client
 * @param request `bill_date` as in {@link downloadTradeBillV2}; `account_type`: `Basic`, `Operation`, `Fees`
 * @param options apply to the call; `signal` cancels the download too
 * @throws {CallError} `BODY_INVALID`: `bill_date` is not a day; nothing was sent
 * @throws {ServiceError} `20002`, `No Bill Exist`
 * @throws {ConfigurationError} `OPTION_MISSING`: no `mtlsFetch`
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011939779
 * @example
 * ```ts
 * const bill = await downloadFundFlowBillV2(wxpay, { appid, bill_date: '20260301', account_type: 'Basic' })
 * for await (const row of bill.rows) console.log(row.业务名称, row['收支金额（元）']) // fen
 * ```
 */
export function downloadFundFlowBillV2(
  client: Wechatpay,
  request: FundFlowBillRequestV2,
  options: CallOptions = {},
): Promise<Bill<FundFlowRowV2, FundFlowSummary>> {
  return download('v2/pay/downloadfundflow', client, request, options)
}

async function download<Row extends BillRow, Summary extends BillSummary>(
  path: string,
  client: Wechatpay,
  request: { readonly bill_date: string },
  options: CallOptions,
): Promise<Bill<Row, Summary>> {
  const { account } = credentialsOf(client)
  requireBillDate(request.bill_date, 'v2')
  const { data } = await client.request('POST', path, {
    ...options,
    body: { mch_id: account.mchid, ...request },
  })
  return downloadedBill(data, options.signal)
}
