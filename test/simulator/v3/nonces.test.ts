import { expect, it } from 'vitest'
import { createNonces } from '../../../src/simulator/v3/request/nonces.ts'

it('accepts a nonce once, and forgets it after its time', () => {
  const nonces = createNonces()
  expect(nonces.claim('a', 10, 0)).toBe(true)
  expect(nonces.claim('a', 10, 0)).toBe(false)
  expect(nonces.claim('b', 20, 11)).toBe(true)
  expect([nonces.has('a'), nonces.has('b')]).toEqual([false, true])
})
