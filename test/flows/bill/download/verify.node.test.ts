import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { verifyHash } from '../../../../src/flows/bill/download/verify.ts'

// SHA-1 of node:crypto judges.

const hashOf = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex')

async function* from(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks
}

/** Returns what is passed on, if the hash is found right at the end. */
async function verified(chunks: readonly Uint8Array[], expected: string): Promise<Buffer> {
  const passed: Uint8Array[] = []
  for await (const chunk of verifyHash(from(chunks), expected)) passed.push(chunk)
  return Buffer.concat(passed)
}

it('a bill of every length around two blocks has its hash, in either case, and no other', async () => {
  for (let length = 0; length <= 200; length++) {
    const bytes = Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 151 + length) & 255))
    expect(await verified([bytes], hashOf(bytes)), String(length)).toEqual(bytes)
    expect(await verified([bytes], hashOf(bytes).toUpperCase()), String(length)).toEqual(bytes)
    const other = hashOf(Buffer.concat([bytes, Buffer.of(0)]))
    await expect(verified([bytes], other), String(length)).rejects.toMatchObject({ code: 'BILL_HASH_MISMATCH' })
  }
})

it('a bill has its hash however its bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 })), async chunks => {
      const bytes = Buffer.concat(chunks)
      expect(await verified(chunks, hashOf(bytes))).toEqual(bytes)
    }),
  )
})

it('two bills that are read in turns have their own hashes', async () => {
  const chunks = Array.from({ length: 20 }, (_, at) => new Uint8Array(100 + at).fill(at))
  const others = chunks.map(chunk => chunk.map(byte => byte ^ 1))
  const bills = [chunks, others].map(bill => verifyHash(from(bill), hashOf(Buffer.concat(bill))))
  for (let at = 0; at <= chunks.length; at++)
    expect(await Promise.all(bills.map(bill => bill.next()))).toMatchObject([
      { done: at === chunks.length },
      { done: at === chunks.length },
    ])
})
