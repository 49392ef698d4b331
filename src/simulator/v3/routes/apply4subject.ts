import { Rejection } from '../../accounts/rejection.ts'
import type { Rules } from '../../catalogue/rules.ts'
import type { World } from '../../context.ts'
import { examples } from '../../examples.ts'
import { paramError, Refusal } from '../refusal.ts'
import type { Reply, Route } from '../route.ts'

/** 商户开户意愿申请单: a plain JSON value. */
export interface Applyment {
  /** Beyond 2^53, so a text. */
  applyment_id: string
  business_code: string
  applyment_state: string
  /** base64 of a picture */
  qrcode_data: string
  /** The field that was rejected (驳回参数), and why. */
  reject_param?: string | undefined
  reject_reason?: string | undefined
}

/** The result of the audit of an applyment. */
export interface ApplymentResult {
  applyment_state:
    | 'APPLYMENT_STATE_WAITTING_FOR_CONFIRM_CONTACT'
    | 'APPLYMENT_STATE_WAITTING_FOR_CONFIRM_LEGALPERSON'
    | 'APPLYMENT_STATE_PASSED'
    | 'APPLYMENT_STATE_REJECTED'
    | 'APPLYMENT_STATE_FREEZED'
  reject_param?: string | undefined
  reject_reason?: string | undefined
}

const RULES: Rules = { business_code: { maxLength: 124 } }
/** States in which an applyment is over, so that it cannot be canceled. */
const ENDED: ReadonlySet<string> = new Set(['APPLYMENT_STATE_PASSED', 'APPLYMENT_STATE_CANCELED'])

export const apply4subject: readonly Route[] = [
  {
    endpoint: 'GET /v3/apply4subject/applyment',
    rules: RULES,
    handle({ query: { applyment_id, business_code } }, { applyments }) {
      if (Boolean(applyment_id) === Boolean(business_code))
        throw paramError('参数错误，申请单编号和业务申请编号必须二选一', {
          field: 'applyment_id',
          issue: 'exactly one of applyment_id and business_code is required',
          location: 'query',
        })
      const found = requireApplyment(applyments, applyment_id, business_code)
      const { applyment_state, qrcode_data, reject_param, reject_reason } = found
      return { status: 200, body: { applyment_state, qrcode_data, reject_param, reject_reason } }
    },
  },
  {
    endpoint: 'POST /v3/apply4subject/applyment',
    rules: RULES,
    handle({ body }, { applyments, random }) {
      const business_code = String(body.business_code)
      // One number names one applyment for ever, a rejected or canceled one too.
      if (applyments.has(business_code)) throw new Refusal(400, 'INVALID_REQUEST', '业务申请编号已存在，请更换后重试')
      const applyment_id = `2${random.digits(15)}`
      const applyment_state = 'APPLYMENT_STATE_WAITTING_FOR_AUDIT'
      applyments.set(business_code, { applyment_id, business_code, applyment_state, qrcode_data: PICTURE })
      return { status: 200, body: { applyment_id: BigInt(applyment_id) } }
    },
  },
  { endpoint: 'POST /v3/apply4subject/applyment/{applyment_id}/cancel', handle: cancel },
  { endpoint: 'POST /v3/apply4subject/applyment/{business_code}/cancel', rules: RULES, handle: cancel },
]

/** Both paths look alike, so the number tells which it is. */
function cancel({ path }: Pick<Parameters<Route['handle']>[0], 'path'>, { applyments }: World): Reply {
  const [number] = Object.values(path)
  const found = applyments.has(number!)
    ? requireApplyment(applyments, undefined, number)
    : requireApplyment(applyments, number, undefined)
  if (ENDED.has(found.applyment_state)) throw new Refusal(400, 'INVALID_REQUEST', '申请单当前状态不可撤销')
  applyments.set(found.business_code, { ...found, applyment_state: 'APPLYMENT_STATE_CANCELED' })
  return { status: 204 }
}

function requireApplyment(
  applyments: ReadonlyMap<string, Applyment>,
  applyment_id: string | undefined,
  business_code: string | undefined,
): Applyment {
  const found = applyment_id
    ? [...applyments.values()].find(applyment => applyment.applyment_id === applyment_id)
    : applyments.get(business_code ?? '')
  if (!found) throw new Refusal(404, 'RESOURCE_NOT_EXISTS', '申请单不存在')
  return found
}

/**
 * Gives an applyment the result of its audit.
 *
 * @throws {Rejection} there is none with this number, or it is over
 */
export function auditApplyment(
  applyments: Map<string, Applyment>,
  business_code: string,
  { applyment_state, reject_param, reject_reason }: ApplymentResult,
): void {
  const found = applyments.get(business_code)
  if (!found) throw new Rejection('APPLYMENT_UNKNOWN', business_code)
  if (ENDED.has(found.applyment_state)) throw new Rejection('APPLYMENT_ENDED', business_code)
  applyments.set(business_code, { ...found, applyment_state, reject_param, reject_reason })
}

/** The smallest PNG, one transparent pixel, in place of the mini-program code. */
const PICTURE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='

export function knownApplyments(): Map<string, Applyment> {
  const { applyment_id, business_code } = examples
  const applyment_state = 'APPLYMENT_STATE_WAITTING_FOR_CONFIRM_CONTACT'
  const known = { applyment_id: String(applyment_id), business_code, applyment_state, qrcode_data: PICTURE }
  return new Map([[business_code, known]])
}
