import type { Wechatpay } from '../../core/client.ts'
import type { CallOptions } from '../../core/endpoints/call.ts'
import type {
  V3BillFundflowbillGetQuery,
  V3BillTradebillGetQuery,
  V3BillTradebillGetResponse,
  V3ProfitsharingBillsGetQuery,
} from '../../core/endpoints/generated/types.ts'
import { requireBillDate } from './date.ts'
import { downloadedBill } from './downloaded.ts'
import type { Bill } from './parse.ts'
import type {
  BillRow,
  BillSummary,
  FundFlowRow,
  FundFlowSummary,
  ProfitSharingRow,
  ProfitSharingSummary,
  TradeRowOf,
  TradeSummary,
} from './row.ts'
import { requireSha1 } from './verify.ts'

/** The types of trade bills (账单类型). */
export type TradeBillType = NonNullable<V3BillTradebillGetQuery['bill_type']>

/** What a trade bill is asked for by. */
export interface TradeBillQuery<Type extends TradeBillType = TradeBillType> extends V3BillTradebillGetQuery {
  /** 账单类型. Default: `ALL` */
  bill_type?: Type
}

/**
 * Downloads the trade bill of a day (交易账单): a row for each payment, refund and reversal.
 *
 * @param client the merchant's, or the partner's
 * @param query `bill_date` of the form `2026-03-01`, a day in Beijing time (UTC+8) that is over, and not for more than three
 * months;
 * `bill_type`: `ALL` (default), `SUCCESS` (payments), `REFUND`; `sub_mchid` for one sub merchant alone; `tar_type: 'GZIP'`
 * to have it sent zipped
 * @param options of both calls; `signal` ends the download too
 * @returns the bill; iterating it throws {@link BillError}, or `TransportError` when the download breaks off
 * @throws {CallError} `QUERY_INVALID`: `bill_date` is not a day; nothing was sent
 * @throws {ServiceError} `NO_STATEMENT_EXIST`: nothing happened on that day, it is not over, or it is over for more than
 * three months; `STATEMENT_CREATING`: its bill, there from ten in the morning of the day after, is not ready
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
 * Downloads the fund flow bill of a day (资金账单): whatever moved on one of the merchant's accounts.
 *
 * @param query `bill_date` as in {@link downloadTradeBill}; `account_type`: `BASIC` (default), `OPERATION`, `FEES`
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
 * Downloads the profit sharing bill of a day (分账账单): a row for each share and for each that was given back.
 *
 * @param query `bill_date` as in {@link downloadTradeBill}; `sub_mchid` for one sub merchant alone
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

/** Asks for a bill, and for its file. */
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

/** Asks for the file of a bill. Only the query of its URL is used: host and path are the client's own. */
export async function requestFile(
  client: Wechatpay,
  download_url: string,
  options: CallOptions,
): Promise<ReadableStream<Uint8Array>> {
  const file = await client.request('GET', 'v3/billdownload/file', { ...options, params: queryOf(download_url) })
  return file.data as ReadableStream<Uint8Array>
}

/** Reads the query of a URL, in which a `+` is a plus. */
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
