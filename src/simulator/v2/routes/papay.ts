import { nonce } from '../../../core/crypto/nonce.ts'
import type { Route } from '../route.ts'

export const papay: readonly Route[] = [
  {
    endpoint: 'GET /papay/entrustweb',
    rules: {
      plan_id: { pattern: /^\d{1,28}$/ },
      contract_code: { pattern: /^\S{1,32}$/ },
      notify_url: { pattern: /^https?:\/\// },
      version: { enum: ['1.0'] },
      timestamp: { pattern: /^\d{10}$/ },
      return_web: { enum: ['1'] },
    },
    handle: (_, { crypto }) =>
      new URL(`https://payapp.weixin.qq.com/papay/contract?pre_entrustweb_id=${nonce(crypto)}`),
  },
]
