// Checked by tsc, never run: what is listed has the type of the endpoint's list.
import { expectTypeOf } from 'vitest'
import type {
  V3MerchantServiceComplaintsV2GetResponse,
  V3TransferBatchesBatchIdBatchIdGetResponse,
  Wechatpay,
} from '../../../src/core/index.ts'
import { pages, pagesOf } from '../../../src/flows/paging/index.ts'

declare const wxpay: Wechatpay
const { complaintsV2 } = wxpay.v3.merchantService

/** An item is what the endpoint lists, a page what it answers. */
export function items(): void {
  const params = { begin_date: '2026-01-01', end_date: '2026-01-30' }
  type Complaint = NonNullable<V3MerchantServiceComplaintsV2GetResponse['data']>[number]
  expectTypeOf(pages(complaintsV2, { params })).toEqualTypeOf<AsyncGenerator<Complaint, void, undefined>>()
  expectTypeOf(pagesOf(complaintsV2, { params })).toEqualTypeOf<
    AsyncGenerator<V3MerchantServiceComplaintsV2GetResponse, void, undefined>
  >()
  const batch = wxpay.v3.transfer.batches.batchId._batch_id_
  type Detail = NonNullable<V3TransferBatchesBatchIdBatchIdGetResponse['transfer_detail_list']>[number]
  const details = pages(batch, { batch_id: '1', params: { need_query_detail: true } })
  expectTypeOf(details).toEqualTypeOf<AsyncGenerator<Detail, void, undefined>>()
}

/** Where the first page begins may be left out, what else is required may not. */
export function options(): void {
  const { stocks } = wxpay.v3.marketing.favor
  pages(stocks, { params: { stock_creator_mchid: '1', limit: 10 } })
  pages(stocks, { params: { stock_creator_mchid: '1', limit: 10, offset: 2 }, signal: AbortSignal.abort() })
  // @ts-expect-error stock_creator_mchid is missing
  pages(stocks, { params: { limit: 10 } })
  // @ts-expect-error there is no such parameter
  pages(stocks, { params: { stock_creator_mchid: '1', limit: 10, page: 2 } })
  // @ts-expect-error options are needed
  pages(stocks)
  // @ts-expect-error the path parameter is missing
  pages(wxpay.v3.transfer.batches.batchId._batch_id_, { params: { need_query_detail: true } })
}
