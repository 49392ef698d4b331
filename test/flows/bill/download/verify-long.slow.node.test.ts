import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { verifyHash } from '../../../../src/flows/bill/download/verify.ts'

// SHA-1 of node:crypto judges.

it('a bill of more than 2^32 bits has its hash', async () => {
  const chunk = new Uint8Array(2 ** 20).fill(0xa5)
  const hash = createHash('sha1')
  for (let at = 0; at < 513; at++) hash.update(chunk)
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < 513; at++) yield chunk
  }
  let length = 0
  for await (const { byteLength } of verifyHash(chunks(), hash.digest('hex'))) length += byteLength
  expect(length).toBe(513 * 2 ** 20)
})
