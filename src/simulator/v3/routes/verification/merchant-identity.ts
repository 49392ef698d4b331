import { V3Refusal } from '../../refusal.ts'
import type { Route } from '../../route.ts'

/** 不活跃商户身份核实. */
export const merchantIdentityRoutes: readonly Route[] = [
  {
    endpoint:
      'GET /v3/compliance/inactive-merchant-identity-verification/merchants/{sub_mchid}/verifications/{verification_id}',
    handle({ path }, { verifications }) {
      const verification = verifications.get(path.verification_id!)
      if (verification?.sub_mchid !== path.sub_mchid) throw new V3Refusal(404, 'NOT_FOUND', '查询不到此单据')
      return { status: 200, body: verification! }
    },
  },
]
