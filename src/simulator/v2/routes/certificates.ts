import { certificateList } from '../../keys/certificate-list.ts'
import type { Route } from '../route.ts'

/** The platform certificates, with which a micro merchant's personal data is encrypted (小微商户敏感信息加密). */
export const certificateRoutes: readonly Route[] = [
  {
    endpoint: 'POST /risk/getcertficates',
    handle: async ({ mch_id }, context) => ({ mch_id, certificates: JSON.stringify(await certificateList(context)) }),
  },
]
