import { rfc3339 } from '../../clock/time.ts'
import { examples } from '../../examples.ts'
import { Refusal } from '../refusal.ts'
import type { Route } from '../route.ts'

/** 不活跃商户身份核实, in the service's own names. */
export interface Verification {
  sub_mchid: string
  verification_id: string
  state: 'PROCESSING' | 'SUCCESS' | 'FAIL'
  fail_reason?: 'MATERIALS_ABNORMAL' | 'PROCESS_TIMEOUT'
  create_time: string
  finish_time?: string
}

export const merchantIdentity: readonly Route[] = [
  {
    endpoint:
      'GET /v3/compliance/inactive-merchant-identity-verification/merchants/{sub_mchid}/verifications/{verification_id}',
    handle({ path }, { verifications }) {
      const verification = verifications.get(path.verification_id!)
      if (verification?.sub_mchid !== path.sub_mchid) throw new Refusal(404, 'NOT_FOUND', '查询不到此单据')
      return { status: 200, body: verification! }
    },
  },
]

const DAY = 24 * 60 * 60 * 1000
/** The numbers in the official sample request, which is sent as it stands. */
const DOCUMENTED = { sub_mchid: '1900000000', verification_id: '28011678863778000000123124312' }

export function knownVerifications(now: number): Map<string, Verification> {
  const { sub_mchid, verification_id: id } = examples
  const started = { sub_mchid, create_time: rfc3339(now - DAY) }
  const ended = { ...started, finish_time: rfc3339(now) }
  const known: Verification[] = [
    { ...started, verification_id: id.processing, state: 'PROCESSING' },
    { ...ended, verification_id: id.success, state: 'SUCCESS' },
    { ...ended, verification_id: id.fail, state: 'FAIL', fail_reason: 'MATERIALS_ABNORMAL' },
    { ...ended, ...DOCUMENTED, state: 'SUCCESS' },
  ]
  return new Map(known.map(verification => [verification.verification_id, verification]))
}
