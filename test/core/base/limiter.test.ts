import { expect, test } from 'vitest'
import { createLimiter } from '../../../src/core/base/limiter.ts'

test('runs at most so many at a time, the others in the order of the calls, whatever fails', async () => {
  const limit = createLimiter(2)
  const started: number[] = []
  let [running, most] = [0, 0]
  const run = (number: number) =>
    limit(async () => {
      started.push(number)
      most = Math.max(most, ++running)
      await new Promise(resolve => setTimeout(resolve, number % 3))
      running--
      if (number % 2 === 1) throw new Error(`${number} fails`)
      return number
    })
  const first = await Promise.allSettled(Array.from({ length: 9 }, (_, number) => run(number)))
  const second = await Promise.allSettled([run(9), run(10), run(11)])
  expect(started).toEqual(Array.from({ length: 12 }, (_, number) => number))
  expect(most).toBe(2)
  expect([...first, ...second].map(result => (result.status === 'fulfilled' ? result.value : 'fails'))).toEqual(
    Array.from({ length: 12 }, (_, number) => (number % 2 === 1 ? 'fails' : number)),
  )
})
