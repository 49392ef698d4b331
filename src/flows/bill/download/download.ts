import type { Wechatpay } from '../../../core/client/client.ts'
import type { CallOptions } from '../../../definitions/call.ts'
import type {
  V3BillFundflowbillGetQuery,
  V3BillTradebillGetQuery,
  V3BillTradebillGetResponse,
  V3ProfitsharingBillsGetQuery,
} from '../../../definitions/generated/types.ts'
import type { Bill } from '../parse/parse.ts'
import type {
  BillRow,
  BillSummary,
  FundFlowRow,
  FundFlowSummary,
  ProfitSharingRow,
  ProfitSharingSummary,
  TradeRowOf,
  TradeSummary,
} from '../parse/row.ts'
import { requireBillDate } from './date.ts'
import { downloadedBill } from './downloaded.ts'
import { requireSha1 } from './verify.ts'

/** The types of trade bills (账单类型). */
export type TradeBillType = NonNullable<V3BillTradebillGetQuery['bill_type']>

/** Query for a trade bill. */
export interface TradeBillQuery<Type extends TradeBillType = TradeBillType> extends V3BillTradebillGetQuery {
  /** 账单类型. Default: `ALL` */
  bill_type?: Type
}

/**
 * Downloads the trade bill of a day (交易账单), with a row for each payment, refund and reversal.
 *
 * @param client the merchant's or partner's client
 * @param query `bill_date`: a past day in Beijing time (UTC+8) within the last three months, in the form `2026-03-01`;
 * `bill_type`: `ALL` (default), `SUCCESS` (payments), `REFUND`; `sub_mchid` for a single sub-merchant;
 * `tar_type: 'GZIP'` for a compressed download
 * @param options apply to both calls; `signal` cancels the download too
 * @returns the bill; iterating it throws {@link BillError}, or `TransportError` if the download is interrupted
 * @throws {CallError} `QUERY_INVALID`: `bill_date` is not a day; nothing was sent
 * @throws {ServiceError} `NO_STATEMENT_EXIST`: there were no transactions on that day, the day is not over, or it is
 * more than three months ago; `STATEMENT_CREATING`: the bill, available from 10:00 on the next day, is not ready
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013071227
 * @example
 * ```ts
 * const bill = await downloadTradeBill(wxpay, { bill_date: '2026-03-01', bill_type: 'SUCCESS', tar_type: 'GZIP' })
 * for await (const row of bill.rows) console.log(row.商户订单号, row.订单金额) // fen
 * console.log(bill.summary?.总交易单数)
 * ```
 */
export function downloadTradeBill<Type extends TradeBillType = 'ALL'>(
  client: Wechatpay,
  query: TradeBillQuery<Type>,
  options: CallOptions = {},
): Promise<Bill<TradeRowOf<Type>, TradeSummary>> {
  return download('v3/bill/tradebill', client, query, options)
}

/**
 * Downloads the fund flow bill of a day (资金账单), with every movement on one of the merchant's accounts.
 *
 * @param client the merchant's client
 * @param query `bill_date` as in {@link downloadTradeBill}; `account_type`: `BASIC` (default), `OPERATION`, `FEES`
 * @param options apply to both calls; `signal` cancels the download too
 * @throws {CallError} `QUERY_INVALID`: `bill_date` is not a day; nothing was sent
 * @throws {ServiceError} `NO_STATEMENT_EXIST`, `STATEMENT_CREATING`
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013071235
 * @example
 * ```ts
 * const bill = await downloadFundFlowBill(wxpay, { bill_date: '2026-03-01', account_type: 'OPERATION' })
 * for await (const row of bill.rows) console.log(row.业务名称, row.收支类型, row['收支金额(元)']) // fen
 * ```
 */
export function downloadFundFlowBill(
  client: Wechatpay,
  query: V3BillFundflowbillGetQuery,
  options: CallOptions = {},
): Promise<Bill<FundFlowRow, FundFlowSummary>> {
  return download('v3/bill/fundflowbill', client, query, options)
}

/**
 * Downloads the profit sharing bill of a day (分账账单), with a row for each share (分账) and each return (分账回退).
 *
 * @param client the merchant's or partner's client
 * @param query `bill_date` as in {@link downloadTradeBill}; `sub_mchid` for a single sub-merchant
 * @param options apply to both calls; `signal` cancels the download too
 * @throws {CallError} `QUERY_INVALID`: `bill_date` is not a day; nothing was sent
 * @throws {ServiceError} `NO_STATEMENT_EXIST`
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012529628
 * @example
 * ```ts
 * const bill = await downloadProfitSharingBill(wxpay, { bill_date: '2026-03-01' })
 * for await (const row of bill.rows) console.log(row.分账接收方, row.金额, row.业务类型) // fen
 * ```
 */
export function downloadProfitSharingBill(
  client: Wechatpay,
  query: V3ProfitsharingBillsGetQuery,
  options: CallOptions = {},
): Promise<Bill<ProfitSharingRow, ProfitSharingSummary>> {
  return download('v3/profitsharing/bills', client, query, options)
}

/** Requests the download URL of a bill, then its file. */
async function download<Row extends BillRow, Summary extends BillSummary>(
  path: string,
  client: Wechatpay,
  query: { readonly bill_date: string },
  options: CallOptions,
): Promise<Bill<Row, Summary>> {
  requireBillDate(query.bill_date, 'v3')
  const { data } = await client.request('GET', path, { ...options, params: { ...query } })
  const { hash_type, hash_value, download_url } = data as V3BillTradebillGetResponse
  requireSha1(hash_type)
  return downloadedBill(await requestFile(client, download_url, options), options.signal, hash_value)
}

/** Requests the file of a bill. Uses only the query of its URL; the client supplies host and path. */
export async function requestFile(
  client: Wechatpay,
  download_url: string,
  options: CallOptions,
): Promise<ReadableStream<Uint8Array>> {
  const file = await client.request('GET', 'v3/billdownload/file', { ...options, params: queryOf(download_url) })
  return file.data as ReadableStream<Uint8Array>
}

/** Parses the query of a URL. Unlike `URLSearchParams`, keeps a `+` in a value. */
const queryOf = (url: string): Record<string, string> =>
  Object.fromEntries(
    new URL(url).search
      .slice(1)
      .split('&')
      .map(pair => {
        const [name, ...value] = pair.split('=')
        return [decodeURIComponent(name!), decodeURIComponent(value.join('='))]
      }),
  )
