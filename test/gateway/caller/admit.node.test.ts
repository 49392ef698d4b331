import { expect, test } from 'vitest'
import type { Caller } from '../../../src/gateway/caller/caller.ts'
import { createTestGateway } from '../test-gateway.ts'

const shop: Caller = { name: 'shop', credential: { tokens: [] }, allow: ['POST /v3/pay/transactions/*'] }

test.each([
  [
    '/v3/pay/transactoins/native',
    'Is /v3/pay/transactions/native meant? If not, add it to the "allow" of shop, or use the token of a caller that may.',
  ],
  ['/v3/refund/domestic/refunds', 'Add it to the "allow" of shop, or use the token of a caller that may.'],
  ['/v3/nothing/like/it', 'Add it to the "allow" of shop, or use the token of a caller that may.'],
])('a caller that may not call %s is told which path is meant if no definition has it', async (path, advice) => {
  const gateway = await createTestGateway({ authenticate: async () => shop })
  const response = await gateway.call(path, { method: 'POST', body: '{}' })
  expect(response.status).toBe(403)
  expect((await response.json()).detail).toBe(`shop may not call POST ${path}. ${advice}`)
})
