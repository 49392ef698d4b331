import { createHash, getHashes } from 'node:crypto'
import { expect, test } from 'vitest'
import { sm3 } from '../../../src/flows/media/sm3.ts'

test.runIf(getHashes().includes('sm3'))('SM3 is what OpenSSL makes of it, at every length around the blocks', () => {
  for (let length = 0; length < 400; length++) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 31 + length) % 256)
    expect([length, sm3(bytes)]).toEqual([length, createHash('sm3').update(bytes).digest('hex')])
  }
})
