import { bankKey } from '../../keys/bank-key.ts'
import type { Route } from '../route.ts'

export const publicKey: readonly Route[] = [
  {
    endpoint: 'POST /risk/getpublickey',
    handle: async ({ mch_id }, context) => ({ mch_id, pub_key: (await bankKey(context)).publicKey }),
  },
]
