import { expect, test } from 'vitest'
import { type GatherOptions, gatherCalls } from '../../../../src/storage/postgres/batch/gather.ts'

/** Batches whose end the test decides. */
function gathering(more: Partial<GatherOptions<string, string>> = {}) {
  const begun: { calls: readonly string[]; end: (results: (string | undefined)[]) => void; fail: () => void }[] = []
  const alone: string[] = []
  const call = gatherCalls<string, string>({
    maxBatches: 1,
    sizeOf: text => text.length,
    together: calls =>
      new Promise((resolve, reject) => begun.push({ calls, end: resolve, fail: () => reject(new Error('broken')) })),
    async alone(text) {
      alone.push(text)
      if (text === 'bad') throw new Error('bad')
      return `${text} alone`
    },
    ...more,
  })
  return { begun, alone, call, callsOf: () => begun.map(({ calls }) => calls.join(' ')) }
}
/** Waits for more turns of the event loop than there are batches. */
async function turn(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await new Promise(resolve => setImmediate(resolve))
}

test('the first call begins a batch at once; those that arrive during it share the next one', async () => {
  const { begun, call, callsOf } = gathering()
  const first = call('a')
  await turn()
  const others = [call('b'), call('c')]
  await turn()
  expect(callsOf()).toEqual(['a'])
  begun[0]!.end(['A'])
  expect(await first).toBe('A')
  await turn()
  expect(callsOf()).toEqual(['a', 'b c'])
  begun[1]!.end(['B', 'C'])
  expect(await Promise.all(others)).toEqual(['B', 'C'])
})

test('no more batches are in progress than allowed', async () => {
  const { begun, call, callsOf } = gathering({ maxBatches: 2 })
  const results: Promise<string>[] = []
  for (const name of ['a', 'b', 'c', 'd']) {
    results.push(call(name))
    await turn()
  }
  expect(callsOf()).toEqual(['a', 'b'])
  begun[1]!.end(['B'])
  await turn()
  expect(callsOf()).toEqual(['a', 'b', 'c d'])
  begun[0]!.end(['A'])
  begun[2]!.end(['C', 'D'])
  expect(await Promise.all(results)).toEqual(['A', 'B', 'C', 'D'])
})

test('a call that the batch leaves out is carried out alone, and its error is its own', async () => {
  const { begun, alone, call } = gathering()
  const results = ['a', 'bad', 'c'].map(call)
  const settled = Promise.allSettled(results)
  await turn()
  begun[0]!.end(['A', undefined, undefined])
  expect(await settled).toMatchObject([{ value: 'A' }, { reason: { message: 'bad' } }, { value: 'c alone' }])
  expect(alone).toEqual(['bad', 'c'])
})

test('an error of a batch is that of each of its calls, and the next batch begins', async () => {
  const { begun, alone, call, callsOf } = gathering()
  const settled = Promise.allSettled(['a', 'b'].map(call))
  await turn()
  const later = call('c')
  begun[0]!.fail()
  expect(await settled).toMatchObject([{ reason: { message: 'broken' } }, { reason: { message: 'broken' } }])
  await turn()
  expect(callsOf()).toEqual(['a b', 'c'])
  begun[1]!.end(['C'])
  expect(await later).toBe('C')
  expect(alone).toEqual([])
})

test('a batch is bounded by its calls and by their size, and a call of any size is carried out', async () => {
  const { begun, call, callsOf } = gathering({ maxBatches: 9, sizeOf: text => (text === 'large' ? 600_000 : 1) })
  const results = [...Array.from({ length: 100 }, () => 'a'), 'large', 'b', 'large', 'large'].map(call)
  await turn()
  expect(callsOf().map(text => text.split(' ').length)).toEqual([64, 37, 2, 1])
  for (const { calls, end } of begun) end(calls.map(text => text.toUpperCase()))
  expect((await Promise.all(results)).slice(99)).toEqual(['A', 'LARGE', 'B', 'LARGE', 'LARGE'])
})
