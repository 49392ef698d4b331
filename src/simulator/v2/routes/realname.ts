import type { Route } from '../route.ts'

/**
 * 微信支付实名验证, which WeChat Pay retired on 2021-11-10. Every name and number match, except a malformed number
 * (`V_NM_ID_UM`).
 */
export const realnameRoutes: readonly Route[] = [
  {
    endpoint: 'POST /secsvc/realnameauth',
    handle({ openid, access_token, cred_id, version }) {
      const matches = /^[\dA-Za-z]{5,30}$/.test(cred_id!)
      return {
        openid,
        access_token,
        verify_openid: 'V_OP_NM_MA',
        verify_real_name: matches ? 'V_NM_ID_MA' : 'V_NM_ID_UM',
        bind_bankcard: matches && version === '1.1' ? 'YES' : undefined,
      }
    },
  },
]
