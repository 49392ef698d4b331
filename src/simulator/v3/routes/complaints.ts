import { DAY } from '../../../core/base/time.ts'
import type { Complaint } from '../../accounts/complaints/complaint.ts'
import { Rejection } from '../../accounts/rejection.ts'
import type { Rules } from '../../catalogue/rules.ts'
import { dateOf } from '../../clock/time.ts'
import type { SimulatorContext } from '../../context.ts'
import { paramError, V3Refusal } from '../refusal.ts'
import { complaintBody, negotiationBody } from '../resources/complaint.ts'
import type { Fields, Route, RouteResult } from '../route.ts'

const ROOT = '/v3/merchant-service/complaints-v2'
const ONE = `${ROOT}/{complaint_id}` as const
const NOTIFICATIONS = '/v3/merchant-service/complaint-notifications'

const DATE = { pattern: /^\d{4}-\d\d-\d\d$/ }
const REPLY_RULES: Rules = {
  response_content: { maxLength: 500 },
  jump_url: { maxLength: 512 },
  jump_url_text: { maxLength: 10 },
}
const PROGRESS_RULES: Rules = {
  launch_refund_day: { minimum: 0 },
  reject_reason: { maxLength: 200 },
  remark: { maxLength: 200 },
}
/** The page says that only HTTPS is notified. The simulator notifies a program on this machine too. */
const URL_RULES: Rules = { url: { maxLength: 255, pattern: /^https?:\/\// } }

/** Documented. */
const MAX_SPAN = 30 * DAY
const MAX_IMAGES = 4
/** Default and maximum of `limit`. The maximum is documented. */
const LIST_LIMIT = { usual: 10, max: 50 }
const HISTORY_LIMIT = { usual: 100, max: 300 }

/** 消费者投诉. */
export const complaintRoutes: readonly Route[] = [
  {
    endpoint: `GET ${ROOT}`,
    rules: { begin_date: DATE, end_date: DATE },
    async handle({ origin, query }, context) {
      const { offset, limit } = pageOf(query, LIST_LIMIT)
      const found = findComplaints(query, context)
      const page = found.slice(offset, offset + limit)
      const data = await Promise.all(page.map(complaint => complaintBody(complaint, origin, context)))
      return { status: 200, body: { data, limit, offset, ...(offset === 0 && { total_count: found.length }) } }
    },
  },
  {
    endpoint: `GET ${ONE}`,
    handle: async ({ origin, path }, context) => ({
      status: 200,
      body: await complaintBody(context.complaints.require(path.complaint_id!), origin, context),
    }),
  },
  {
    endpoint: `GET ${ONE}/negotiation-historys`,
    handle({ origin, path, query }, { complaints }) {
      const { offset, limit } = pageOf(query, HISTORY_LIMIT)
      const { history } = complaints.require(path.complaint_id!)
      const data = history.slice(offset, offset + limit).map(entry => negotiationBody(entry, origin))
      return { status: 200, body: { data, limit, offset, ...(offset === 0 && { total_count: history.length }) } }
    },
  },
  {
    endpoint: `POST ${ONE}/response`,
    rules: REPLY_RULES,
    handle({ path, body }, context) {
      const { complaint_id } = requireOwn(path.complaint_id!, body, context)
      const { response_content, response_images: images, jump_url, jump_url_text } = body as unknown as Reply
      requireFewImages(images, 'response_images')
      if (Boolean(jump_url) !== Boolean(jump_url_text))
        throw paramError('参数错误，跳转链接与跳转链接文案须同时传入', {
          field: jump_url ? '/jump_url_text' : '/jump_url',
          issue: 'jump_url and jump_url_text are required together',
          location: 'body',
        })
      context.complaints.act(complaint_id, 'MERCHANT_RESPONSE', { operate_details: response_content, images })
      return { status: 204 }
    },
  },
  {
    endpoint: `POST ${ONE}/response-immediate-service`,
    rules: { idempotent_id: { maxLength: 128 } },
    handle({ path, body }, context) {
      const complaint = requireOwn(path.complaint_id!, body, context)
      if (!complaint.need_immediate_service) throw new Rejection('COMPLAINT_NOT_IMMEDIATE', complaint.complaint_id)
      const { message: normal_message, idempotent_id } = body as { message: unknown; idempotent_id: string }
      const sent = (history: Complaint['history']) => history.find(entry => entry.idempotent_id === idempotent_id)
      const { log_id } =
        sent(complaint.history) ??
        sent(
          context.complaints.act(complaint.complaint_id, 'MERCHANT_RESPONSE', { normal_message, idempotent_id })
            .history,
        )!
      return { status: 200, body: { log_id } }
    },
  },
  {
    endpoint: `POST ${ONE}/complete`,
    handle({ path, body }, context) {
      context.complaints.act(requireOwn(path.complaint_id!, body, context).complaint_id, 'MERCHANT_CONFIRM_COMPLETE')
      return { status: 204 }
    },
  },
  {
    endpoint: `POST ${ONE}/update-refund-progress`,
    rules: PROGRESS_RULES,
    handle({ path, body }, { complaints }) {
      const { action, reject_reason, reject_media_list: images, remark } = body as unknown as RefundProgress
      requireFewImages(images, 'reject_media_list')
      const operate_details = action === 'REJECT' ? reject_reason : remark
      complaints.decideRefund(path.complaint_id!, action, { operate_details, images })
      return { status: 204 }
    },
  },
  {
    endpoint: 'GET /v3/merchant-service/images/{media_id}',
    handle({ path }, { complaints }) {
      const content = complaints.images.find(path.media_id!)
      if (!content) throw new V3Refusal(404, 'RESOURCE_NOT_EXISTS', '图片不存在')
      return { status: 200, body: content, unsigned: true, type: 'application/octet-stream' }
    },
  },
  {
    endpoint: `POST ${NOTIFICATIONS}`,
    rules: URL_RULES,
    handle({ body }, context) {
      if (context.complaints.notifyUrl() !== undefined)
        throw new V3Refusal(400, 'RESOURCE_ALREADY_EXISTS', '投诉通知回调地址已存在')
      return setNotifyUrl(body, context)
    },
  },
  {
    endpoint: `GET ${NOTIFICATIONS}`,
    handle: (_, context) => notifyUrlResult(context),
  },
  {
    endpoint: `PUT ${NOTIFICATIONS}`,
    rules: URL_RULES,
    handle({ body }, context) {
      notifyUrlResult(context)
      return setNotifyUrl(body, context)
    },
  },
  {
    endpoint: `DELETE ${NOTIFICATIONS}`,
    handle(_, context) {
      notifyUrlResult(context)
      context.complaints.setNotifyUrl(undefined)
      return { status: 204 }
    },
  },
]

interface Reply {
  readonly response_content: string
  readonly response_images?: readonly string[]
  readonly jump_url?: string
  readonly jump_url_text?: string
}

interface RefundProgress {
  readonly action: 'APPROVE' | 'REJECT'
  readonly reject_reason?: string
  readonly reject_media_list?: readonly string[]
  readonly remark?: string
}

/** Requires a complaint about the merchant that the call names. */
function requireOwn(complaint_id: string, { complainted_mchid }: Fields, { complaints }: SimulatorContext): Complaint {
  const complaint = complaints.require(complaint_id)
  if (complaint.complainted_mchid !== complainted_mchid) throw new Rejection('COMPLAINT_FOREIGN', complaint_id)
  return complaint
}

/** Returns the complaints of a query, the oldest first. Both dates are included. */
function findComplaints(query: Readonly<Record<string, string>>, { complaints }: SimulatorContext): Complaint[] {
  const { begin_date = '', end_date = '', complainted_mchid } = query
  const span = Date.parse(end_date) - Date.parse(begin_date)
  if (!(span >= 0 && span <= MAX_SPAN))
    throw paramError('参数错误，查询日期跨度不超过30天', {
      field: 'end_date',
      issue: 'not from the begin_date to 30 days after it',
      location: 'query',
      value: end_date,
    })
  return [...complaints.all()].filter(complaint => {
    const date = dateOf(complaint.createdAt)
    const isAsked = complainted_mchid === undefined || complaint.complainted_mchid === complainted_mchid
    return isAsked && date >= begin_date && date <= end_date
  })
}

function pageOf(
  { offset = '0', limit }: Readonly<Record<string, string>>,
  { usual, max }: { readonly usual: number; readonly max: number },
): { offset: number; limit: number } {
  const page = { offset: Number(offset), limit: limit === undefined ? usual : Number(limit) }
  if (page.offset < 0) throw outOfRange('offset', 'below 0', offset)
  if (page.limit < 1 || page.limit > max) throw outOfRange('limit', `not from 1 to ${max}`, limit)
  return page
}

const outOfRange = (field: string, issue: string, value: unknown): V3Refusal =>
  paramError(`参数错误，${field}超出取值范围`, { field, issue, location: 'query', value })

function requireFewImages(images: readonly string[] | undefined, name: string): void {
  if (images && images.length > MAX_IMAGES)
    throw paramError(`参数错误，最多上传${MAX_IMAGES}张图片`, {
      field: `/${name}`,
      issue: `more than ${MAX_IMAGES} images`,
      location: 'body',
      value: images.length,
    })
}

function setNotifyUrl({ url }: Fields, context: SimulatorContext): RouteResult {
  context.complaints.setNotifyUrl(String(url))
  return notifyUrlResult(context)
}

/** @throws {V3Refusal} the merchant has set no URL */
function notifyUrlResult({ complaints, merchant: { mchid } }: SimulatorContext): RouteResult {
  const url = complaints.notifyUrl()
  // Documented with the status 400.
  if (url === undefined) throw new V3Refusal(400, 'RESOURCE_NOT_EXISTS', '查询的通知回调不存在')
  return { status: 200, body: { mchid, url } }
}
