import { type Applyment, isEnded } from '../../../accounts/verification/applyments.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import type { SimulatorContext } from '../../../context.ts'
import { paramError, V3Refusal } from '../../refusal.ts'
import type { Route, RouteInput, RouteResult } from '../../route.ts'

const RULES: Rules = { business_code: { maxLength: 124 } }

/** 商户开户意愿确认. */
export const apply4subjectRoutes: readonly Route[] = [
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
      const applyment = requireApplyment(
        applyment_id ? applyments.findById(applyment_id) : applyments.findByCode(business_code!),
      )
      const { applyment_state, qrcode_data, reject_param, reject_reason } = applyment
      return { status: 200, body: { applyment_state, qrcode_data, reject_param, reject_reason } }
    },
  },
  {
    endpoint: 'POST /v3/apply4subject/applyment',
    rules: RULES,
    handle({ body }, { applyments }) {
      const business_code = String(body.business_code)
      // A number stays with its applyment, even once that is rejected or canceled.
      if (applyments.has(business_code)) throw new V3Refusal(400, 'INVALID_REQUEST', '业务申请编号已存在，请更换后重试')
      const { applyment_id } = applyments.submit(business_code)
      return { status: 200, body: { applyment_id: BigInt(applyment_id) } }
    },
  },
  { endpoint: 'POST /v3/apply4subject/applyment/{applyment_id}/cancel', handle: cancel },
  { endpoint: 'POST /v3/apply4subject/applyment/{business_code}/cancel', rules: RULES, handle: cancel },
]

/** Cancels an applyment by either number, because the two paths cannot be told apart. */
function cancel({ path }: RouteInput, { applyments }: SimulatorContext): RouteResult {
  const [number] = Object.values(path) as [string]
  const applyment = requireApplyment(applyments.findByCode(number) ?? applyments.findById(number))
  if (isEnded(applyment)) throw new V3Refusal(400, 'INVALID_REQUEST', '申请单当前状态不可撤销')
  applyments.cancel(applyment.business_code)
  return { status: 204 }
}

function requireApplyment(applyment: Applyment | undefined): Applyment {
  if (!applyment) throw new V3Refusal(404, 'RESOURCE_NOT_EXISTS', '申请单不存在')
  return applyment
}
