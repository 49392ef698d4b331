import type { Rules } from '../../catalogue/rules.ts'
import { examples } from '../../examples.ts'
import { paramError, Refusal } from '../refusal.ts'
import type { Route } from '../route.ts'

/** 商户开户意愿申请单. */
export interface Applyment {
  applyment_id: bigint
  business_code: string
  applyment_state: string
  /** base64 of a picture */
  qrcode_data: string
}

const RULES: Rules = { business_code: { maxLength: 124 } }

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
      const found = applyments.find(one =>
        applyment_id ? one.applyment_id === BigInt(applyment_id) : one.business_code === business_code,
      )
      if (!found) throw new Refusal(404, 'RESOURCE_NOT_EXISTS', '申请单不存在')
      const { applyment_state, qrcode_data } = found
      return { status: 200, body: { applyment_state, qrcode_data } }
    },
  },
]

/** The smallest PNG, one transparent pixel, in place of the mini-program code. */
const PICTURE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='

export function knownApplyments(): Applyment[] {
  const { applyment_id, business_code } = examples
  const applyment_state = 'APPLYMENT_STATE_WAITTING_FOR_CONFIRM_CONTACT'
  return [{ applyment_id, business_code, applyment_state, qrcode_data: PICTURE }]
}
