import { nonce } from '../../../core/crypto/nonce.ts'
import { type Route, TEXT } from '../route.ts'

export const papay: readonly Route[] = [
  {
    method: 'GET',
    path: '/papay/entrustweb',
    nonceless: true,
    required: {
      plan_id: /^\d{1,28}$/,
      contract_code: /^\S{1,32}$/,
      request_serial: /^\d{1,20}$/,
      contract_display_account: TEXT,
      notify_url: /^https?:\/\//,
      version: /^1\.0$/,
      timestamp: /^\d{10}$/,
    },
    optional: { return_web: /^1$/ },
    handle: (_, { crypto }) =>
      new URL(`https://payapp.weixin.qq.com/papay/contract?pre_entrustweb_id=${nonce(crypto)}`),
  },
]
