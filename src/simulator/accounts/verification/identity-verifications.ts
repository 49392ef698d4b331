import { DAY } from '../../../core/base/time.ts'
import { rfc3339 } from '../../clock/time.ts'
import { examples } from '../../examples.ts'
import { addMissing } from '../../state/state.ts'
import type { AccountsContext } from '../context.ts'

/** Identity verification of an inactive merchant (不活跃商户身份核实), with WeChat Pay's field names. */
export interface IdentityVerification {
  readonly sub_mchid: string
  readonly verification_id: string
  readonly state: 'PROCESSING' | 'SUCCESS' | 'FAIL'
  readonly fail_reason?: 'MATERIALS_ABNORMAL' | 'PROCESS_TIMEOUT'
  readonly create_time: string
  readonly finish_time?: string
}

/** Verifications by `verification_id`. No endpoint adds any. */
export type IdentityVerifications = ReadonlyMap<string, IdentityVerification>

/** Numbers of the official sample request, which users send unchanged. */
const DOCUMENTED = { sub_mchid: '1900000000', verification_id: '28011678863778000000123124312' }

export function createIdentityVerifications({
  state,
  now,
}: Pick<AccountsContext, 'state' | 'now'>): IdentityVerifications {
  const { sub_mchid, verification_id: id } = examples
  const started = { sub_mchid, create_time: rfc3339(now() - DAY) }
  const finished = { ...started, finish_time: rfc3339(now()) }
  const verifications: readonly IdentityVerification[] = [
    { ...started, verification_id: id.processing, state: 'PROCESSING' },
    { ...finished, verification_id: id.success, state: 'SUCCESS' },
    { ...finished, verification_id: id.fail, state: 'FAIL', fail_reason: 'MATERIALS_ABNORMAL' },
    { ...finished, ...DOCUMENTED, state: 'SUCCESS' },
  ]
  return addMissing(
    state.map<IdentityVerification>('identity-verifications'),
    verifications.map(verification => [verification.verification_id, verification]),
  )
}
