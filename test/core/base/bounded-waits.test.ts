import { expect, test } from 'vitest'
import { boundWaits } from '../../../src/core/base/bounded-waits.ts'

const never = () => new Promise<never>(() => {})

function deferred() {
  let resolve!: (value: string) => void
  let reject!: (error: Error) => void
  const promise = new Promise<string>((...settle) => {
    ;[resolve, reject] = settle
  })
  return { promise, resolve, reject }
}

test('as many wait as the bound says, and each that is over makes room, whether it succeeds or fails', async () => {
  const admit = boundWaits(2)
  const [works, fails] = [deferred(), deferred()]
  const [first, second] = [admit(() => works.promise), admit(() => fails.promise)]
  const begun: string[] = []
  expect(admit(async () => begun.push('third'))).toBeUndefined()
  expect(begun).toEqual([])
  works.resolve('one')
  expect(await first).toBe('one')
  fails.reject(new Error('two'))
  await expect(second).rejects.toThrow('two')
  void admit(never)
  void admit(never)
  expect(admit(never)).toBeUndefined()
})

test('a wait that never settles counts for 30 seconds: its request was cancelled', () => {
  let now = 0
  const admit = boundWaits(1, () => now)
  void admit(never)
  now = 29_999
  expect(admit(never)).toBeUndefined()
  now = 30_000
  expect(admit(never)).toBeInstanceOf(Promise)
})
