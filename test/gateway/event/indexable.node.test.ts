import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { indexable } from '../../../src/gateway/event/indexable.ts'

test('a key of any number that WeChat Pay documents stays as it is', async () => {
  for (const key of [
    'transaction_id/1217752501201407033233368018',
    `business_code/${'1'.repeat(124)}`,
    '支付'.repeat(80),
  ])
    expect(await indexable(key)).toBe(key)
})

test('a longer key is its names and the SHA-256 of all of it', async () => {
  const number = '7'.repeat(6_000)
  const hashOf = (key: string) => createHash('sha256').update(key).digest('hex')
  for (const names of ['transaction_id/', 'TRANSACTION.SUCCESS/transaction_id/', 'brand/out_trade_no/', ''])
    expect(await indexable(names + number)).toBe(`${names}sha256:${hashOf(names + number)}`)
})

test('keys of any text are at most 512 bytes, and differ if the texts do', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 1_500 })
  await fc.assert(
    fc.asyncProperty(text, text, async (one, other) => {
      const keys = [await indexable(one), await indexable(other)]
      for (const key of keys) expect(Buffer.byteLength(key)).toBeLessThanOrEqual(512)
      expect(keys[0] === keys[1]).toBe(one === other)
    }),
  )
})
