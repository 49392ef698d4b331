import { type AnyApplymentState, APPLYMENT_STAGES } from '../../../accounts/applyments/sub-applyment.ts'
import { type Action, get, oneOf, optional, post, requireFound, TEXT } from '../../action.ts'

export const applymentActions: readonly Action[] = [
  get('/applyments', 'Lists the last 100 applyments of sub-merchants (进件申请单), the newest first.', sim =>
    sim.subApplyments(),
  ),
  get('/applyments/{number}', 'Shows the applyment with a business_code or out_request_no.', (sim, _, number) =>
    requireFound(sim.subApplyment(number), 'applyment', number),
  ),
  post(
    '/review-applyment',
    {
      number: TEXT,
      applyment_state: oneOf(...Object.keys(APPLYMENT_STAGES)),
      field: optional(TEXT),
      reject_reason: optional(TEXT),
    },
    'Moves an applyment of a sub-merchant on. A rejection names the rejected field and the reason.',
    (sim, { number, applyment_state, field, reject_reason }) =>
      sim.reviewApplyment(number, {
        applyment_state: applyment_state as AnyApplymentState,
        ...(field !== undefined && { audit_detail: [{ field, reject_reason: reject_reason ?? '资料有误' }] }),
      }),
  ),
  get(
    '/settlement-changes',
    'Lists the last 100 changes of settlement accounts (修改结算账户), the newest first.',
    sim => sim.settlementChanges(),
  ),
  post(
    '/settlement-result',
    { application_no: TEXT, fail_reason: optional(TEXT) },
    'Audits a change of a settlement account (修改结算账户): it succeeds, unless there is a fail_reason.',
    (sim, { application_no, fail_reason }) => sim.decideSettlement(application_no, fail_reason),
  ),
]
