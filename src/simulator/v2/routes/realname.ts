import { type Route, TEXT } from '../route.ts'

/**
 * 微信支付实名验证, retired on 2021-11-10 in the real service. Every shopper's name and number match here, but for a
 * number that is no number (`V_NM_ID_UM`).
 */
export const realname: readonly Route[] = [
  {
    method: 'POST',
    path: '/secsvc/realnameauth',
    nonceless: true,
    errorNames: ['error_code', 'error_code_des'],
    required: {
      version: /^1\.[01]$/,
      openid: TEXT,
      real_name: TEXT,
      cred_type: /^(1|2|5|9|12|17|18)$/,
      cred_id: TEXT,
      access_token: TEXT,
      sign_type: TEXT,
    },
    handle({ openid, access_token, cred_id, version }) {
      const matches = /^[\dA-Za-z]{5,30}$/.test(cred_id!)
      return {
        ...{ openid, access_token },
        verify_openid: 'V_OP_NM_MA',
        verify_real_name: matches ? 'V_NM_ID_MA' : 'V_NM_ID_UM',
        bind_bankcard: matches && version === '1.1' ? 'YES' : undefined,
      }
    },
  },
]
