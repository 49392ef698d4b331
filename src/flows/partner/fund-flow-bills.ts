import { CallError, ConfigurationError, ServiceError } from '../../core/base/errors.ts'
import { plainCode } from '../../core/base/service-codes.ts'
import type { Wechatpay } from '../../core/client/client.ts'
import type { CallOptions } from '../../definitions/call.ts'
import { downloadSubMerchantFundFlowBill, type SubMerchantFundFlowBillQuery } from '../bill/download/encrypted.ts'
import type { Bill } from '../bill/parse/parse.ts'
import type { FundFlowRow, FundFlowSummary } from '../bill/parse/row.ts'
import type { Pacer } from './pacer.ts'

/** The endpoint of the bills, for a {@link Pacer}. */
const ENDPOINT = 'GET /v3/bill/sub-merchant-fundflowbill'

/** The bill of a sub-merchant, or why there is none. */
export type SubMerchantBill =
  | { sub_mchid: string; state: 'bill'; bill: Bill<FundFlowRow, FundFlowSummary> }
  /** No money has moved on that day (`NO_STATEMENT_EXIST`). */
  | { sub_mchid: string; state: 'none' }
  /** WeChat Pay has not made it yet, or refused it: request it again later, or see `error`. */
  | { sub_mchid: string; state: 'creating' | 'failed'; error: unknown }

/** Options of {@link subMerchantFundFlowBills}. */
export interface SubMerchantBillsOptions extends CallOptions {
  /** Paces the calls, if its rates have `GET /v3/bill/sub-merchant-fundflowbill`; `DOCUMENTED_RATES` does not. */
  pacer?: Pacer | undefined
}

/**
 * Downloads the fund flow bills of many sub-merchants (单个子商户资金账单) one after the other. A sub-merchant without a
 * bill, or whose bill fails, does not stop the others. Read each bill before you ask for the next: an unread bill is
 * cancelled.
 *
 * The trade bill of a service provider needs no such loop: it has the orders of all sub-merchants (`downloadTradeBill`),
 * and `reconcile` compares them by `sub_mchid` and number.
 *
 * @param client the service provider's client
 * @param sub_mchids the sub-merchants
 * @param query `bill_date`: a past day in Beijing time, in the form `2026-03-01`; `account_type`; `tar_type`
 * @param options see {@link SubMerchantBillsOptions}; `signal` ends the loop
 * @throws {CallError} `QUERY_INVALID`: `bill_date` is not a day; nothing was sent
 * @throws {ConfigurationError} the client cannot make the call, for any sub-merchant
 * @throws {TransportError} `ABORTED`
 * @example
 * ```ts
 * const query = { bill_date: '2026-03-01', account_type: 'BASIC' } as const
 * for await (const { sub_mchid, ...result } of subMerchantFundFlowBills(wxpay, shops, query)) {
 *   if (result.state === 'bill') for await (const row of result.bill.rows) await save(sub_mchid, row)
 *   else if (result.state !== 'none') again.push(sub_mchid)
 * }
 * ```
 */
export async function* subMerchantFundFlowBills(
  client: Wechatpay,
  sub_mchids: Iterable<string>,
  query: Omit<SubMerchantFundFlowBillQuery, 'sub_mchid'>,
  options: SubMerchantBillsOptions = {},
): AsyncGenerator<SubMerchantBill, void, undefined> {
  const { pacer: given, ...callOptions } = options
  const pacer = given?.has(ENDPOINT) ? given : undefined
  for (const sub_mchid of sub_mchids) {
    const download = () => downloadSubMerchantFundFlowBill(client, { ...query, sub_mchid }, callOptions)
    const result = await (pacer ? pacer.run(ENDPOINT, download, { signal: callOptions.signal }) : download()).then(
      (bill): SubMerchantBill => ({ sub_mchid, state: 'bill', bill }),
      (error): SubMerchantBill => withoutBill(sub_mchid, error),
    )
    if (callOptions.signal?.aborted && 'error' in result) throw result.error
    try {
      yield result
    } finally {
      // Does nothing to a bill that was read.
      if (result.state === 'bill') await result.bill.file.cancel().catch(() => {})
    }
  }
}

/** @throws errors that concern all sub-merchants */
function withoutBill(sub_mchid: string, error: unknown): SubMerchantBill {
  if (error instanceof CallError || error instanceof ConfigurationError) throw error
  const code = error instanceof ServiceError ? plainCode(error.serviceCode) : undefined
  if (code === 'NOSTATEMENTEXIST') return { sub_mchid, state: 'none' }
  return { sub_mchid, state: code === 'STATEMENTCREATING' ? 'creating' : 'failed', error }
}
