import { encrypt } from '../../../../core/crypto/rsa.ts'
import { fingerprintOf } from '../../../accounts/fingerprint.ts'
import { Rejection } from '../../../accounts/rejection.ts'
import {
  type TransferBatch,
  type TransferDetail,
  type TransferDetailDraft,
  totalAmount,
} from '../../../accounts/transfers/transfer-batches.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import { rfc3339 } from '../../../clock/time.ts'
import type { SimulatorContext } from '../../../context.ts'
import { paramError } from '../../refusal.ts'
import { requireApplication } from '../../request/merchant.ts'
import type { Route, RouteResult } from '../../route.ts'
import { requireName } from './transfers.ts'

const ROOT = '/v3/transfer/batches'
const NUMBER = { pattern: /^[\dA-Za-z]{5,32}$/ }
const RULES: Rules = {
  out_batch_no: NUMBER,
  batch_name: { maxLength: 32 },
  batch_remark: { maxLength: 32 },
  total_amount: { minimum: 1 },
  total_num: { minimum: 1 },
  'transfer_detail_list.out_detail_no': NUMBER,
  'transfer_detail_list.transfer_amount': { minimum: 1 },
  'transfer_detail_list.transfer_remark': { maxLength: 32 },
}
const QUERY: Rules = {
  offset: { minimum: 0 },
  limit: { minimum: 20 },
  detail_status: { enum: ['ALL', 'WAIT_PAY', 'SUCCESS', 'FAIL'] },
}

/** Body of a request to place a batch, once it has been checked. */
interface BatchBody {
  readonly appid: string
  readonly out_batch_no: string
  readonly batch_name: string
  readonly batch_remark: string
  readonly total_amount: number
  readonly total_num: number
  readonly transfer_detail_list: readonly TransferDetailDraft[]
  readonly transfer_scene_id?: string
  readonly notify_url?: string
}

/** 批量转账到零钱. */
export const transferBatchRoutes: readonly Route[] = [
  {
    endpoint: `POST ${ROOT}`,
    rules: RULES,
    handle({ body }, context) {
      requireApplication(body.appid, context)
      const batch = place(body as unknown as BatchBody, context)
      const { out_batch_no, batch_id, batch_status, createdAt } = batch
      return { status: 200, body: { out_batch_no, batch_id, create_time: rfc3339(createdAt), batch_status } }
    },
  },
  {
    endpoint: `GET ${ROOT}/out-batch-no/{out_batch_no}`,
    rules: QUERY,
    handle: ({ path, query }, { transferBatches }) => batchResult(transferBatches.query(path.out_batch_no!), query),
  },
  {
    endpoint: `GET ${ROOT}/batch-id/{batch_id}`,
    rules: QUERY,
    handle: ({ path, query }, { transferBatches }) => batchResult(transferBatches.queryById(path.batch_id!), query),
  },
  {
    endpoint: `GET ${ROOT}/out-batch-no/{out_batch_no}/details/out-detail-no/{out_detail_no}`,
    handle: ({ path }, context) =>
      detailResult(context.transferBatches.query(path.out_batch_no!), 'out_detail_no', path.out_detail_no!, context),
  },
  {
    endpoint: `GET ${ROOT}/batch-id/{batch_id}/details/detail-id/{detail_id}`,
    handle: ({ path }, context) =>
      detailResult(context.transferBatches.queryById(path.batch_id!), 'detail_id', path.detail_id!, context),
  },
]

function place(body: BatchBody, { transferBatches, merchant }: SimulatorContext): TransferBatch {
  const { appid, out_batch_no, batch_name, batch_remark, transfer_scene_id, notify_url } = body
  const details = body.transfer_detail_list
  if (body.total_num !== details.length) throw mismatch('total_num', '转账总笔数与明细不一致', body.total_num)
  if (body.total_amount !== totalAmount(details))
    throw mismatch('total_amount', '转账总金额与明细不一致', body.total_amount)
  if (new Set(details.map(({ out_detail_no }) => out_detail_no)).size < details.length)
    throw mismatch('transfer_detail_list', '商家明细单号重复', undefined)
  details.forEach((detail, at) => {
    requireName(detail, `/transfer_detail_list/${at}/user_name`)
  })
  return transferBatches.place({
    appid,
    mchid: merchant.mchid,
    out_batch_no,
    batch_name,
    batch_remark,
    transfer_scene_id,
    notify_url,
    details,
    fingerprint: fingerprintOf(body),
  })
}

const mismatch = (name: string, message: string, value: unknown) =>
  paramError(`参数错误，${message}`, {
    field: `/${name}`,
    issue: 'does not agree with transfer_detail_list',
    location: 'body',
    ...(value !== undefined && { value }),
  })

const PAGE = 20

function batchResult(batch: TransferBatch, query: Readonly<Record<string, string>>): RouteResult {
  const { details } = batch
  const amount = totalAmount(details)
  const offset = Number(query.offset ?? 0)
  const limit = Number(query.limit ?? PAGE)
  const { detail_status = 'ALL' } = query
  const matching = details.filter(detail => detail_status === 'ALL' || detail.detail_status === detail_status)
  return {
    status: 200,
    body: {
      transfer_batch: {
        mchid: batch.mchid,
        out_batch_no: batch.out_batch_no,
        batch_id: batch.batch_id,
        appid: batch.appid,
        batch_status: batch.batch_status,
        batch_type: 'API',
        batch_name: batch.batch_name,
        batch_remark: batch.batch_remark,
        total_amount: amount,
        total_num: details.length,
        create_time: rfc3339(batch.createdAt),
        update_time: rfc3339(batch.updatedAt),
        success_amount: amount,
        success_num: details.length,
        fail_amount: 0,
        fail_num: 0,
        transfer_scene_id: batch.transfer_scene_id,
      },
      ...(query.need_query_detail === 'true' && {
        transfer_detail_list: matching.slice(offset, offset + limit).map(listedDetail),
        offset,
        limit,
      }),
    },
  }
}

const listedDetail = ({ detail_id, out_detail_no, detail_status }: TransferDetail) => ({
  detail_id,
  out_detail_no,
  detail_status,
})

async function detailResult(
  batch: TransferBatch,
  name: 'out_detail_no' | 'detail_id',
  number: string,
  { encryptionKey, crypto }: SimulatorContext,
): Promise<RouteResult> {
  const detail = batch.details.find(candidate => candidate[name] === number)
  if (!detail) throw new Rejection('TRANSFER_UNKNOWN', number)
  return {
    status: 200,
    body: {
      mchid: batch.mchid,
      out_batch_no: batch.out_batch_no,
      batch_id: batch.batch_id,
      appid: batch.appid,
      out_detail_no: detail.out_detail_no,
      detail_id: detail.detail_id,
      detail_status: detail.detail_status,
      transfer_amount: detail.transfer_amount,
      transfer_remark: detail.transfer_remark,
      openid: detail.openid,
      user_name: detail.user_name && (await encrypt(detail.user_name, encryptionKey, crypto)),
      initiate_time: rfc3339(batch.createdAt),
      update_time: rfc3339(batch.updatedAt),
    },
  }
}
