import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type SharedCallsOptions, shareCalls } from '../../worker/shared-calls.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

/** Milliseconds for which a call that follows shared ones waits for others. */
const GATHER_CALLS = 2

/** Milliseconds after shared calls from which a call does not wait for others any more. */
const SILENCE = 20

/** Carries calls out when the test says so, and notes how they were sent. */
function stage(together?: SharedCallsOptions<number>['together']) {
  const sent: (number | readonly number[])[] = []
  const running: (() => void)[] = []
  const wait = () => new Promise<void>(resolve => void running.push(resolve))
  const share = shareCalls<number>({
    async alone(call) {
      sent.push(call)
      await wait()
      return `${call} alone`
    },
    async together(calls) {
      sent.push(calls)
      await wait()
      return together ? together(calls) : calls.map(call => ({ value: `${call} of ${calls.length}` }))
    },
  })
  /** Ends the calls that are in progress, and waits until the next ones are sent. */
  const end = async () => {
    for (const run of running.splice(0)) run()
    for (let turn = 0; turn < 20; turn++) await null
    await vi.advanceTimersByTimeAsync(GATHER_CALLS)
  }
  return { share, sent, end }
}

test('a call that finds none in progress is sent at once, and those that arrive until its end are sent together', async () => {
  const { share, sent, end } = stage()
  const results = Promise.all([1, 2, 3, 4].map(share))
  expect(sent).toEqual([1])
  await end()
  expect(sent).toEqual([1, [2, 3, 4]])
  const last = share(5)
  await end()
  expect(sent).toEqual([1, [2, 3, 4], 5])
  await end()
  expect(await results).toEqual(['1 alone', '2 of 3', '3 of 3', '4 of 3'])
  expect(await last).toBe('5 alone')
  const next = share(6)
  expect(sent.at(-1)).toBe(6)
  await end()
  expect(await next).toBe('6 alone')
})

test('after calls that were sent together, a call waits a moment for others, and after that it does not', async () => {
  const { share, sent, end } = stage()
  const results = Promise.all([1, 2, 3].map(share))
  await end()
  await end()
  await results
  void share(4)
  await vi.advanceTimersByTimeAsync(GATHER_CALLS - 1)
  void share(5)
  expect(sent).toEqual([1, [2, 3]])
  await vi.advanceTimersByTimeAsync(1)
  expect(sent).toEqual([1, [2, 3], [4, 5]])
  await end()
  void share(6)
  await end()
  await end()
  void share(7)
  expect(sent).toEqual([1, [2, 3], [4, 5], 6, 7])
})

test.each([
  [3_600_000, 'not'],
  [SILENCE, 'not'],
  [SILENCE - 1, 'still'],
])('after calls that were sent together and a silence of %i ms, a call does %s wait for others', async (ms, word) => {
  const { share, sent, end } = stage()
  const results = Promise.all([1, 2, 3].map(share))
  await end()
  // It lets that many milliseconds pass after the end.
  await end()
  await results
  await vi.advanceTimersByTimeAsync(ms - GATHER_CALLS)
  void share(4)
  expect(sent).toEqual(word === 'still' ? [1, [2, 3]] : [1, [2, 3], 4])
})

test('no more than 64 calls are sent together', async () => {
  const { share, sent, end } = stage()
  const results = Promise.all(Array.from({ length: 101 }, (_, at) => share(at)))
  await end()
  await end()
  await end()
  expect((await results).length).toBe(101)
  expect(sent.map(calls => (typeof calls === 'number' ? 1 : calls.length))).toEqual([1, 64, 36])
})

test('a call that others could not be sent with is carried out alone', async () => {
  const { share, sent, end } = stage(async calls => calls.map(call => (call === 3 ? undefined : { value: call })))
  const results = Promise.all([1, 2, 3].map(share))
  await end()
  await end()
  await end()
  expect(await results).toEqual(['1 alone', 2, '3 alone'])
  expect(sent).toEqual([1, [2, 3], 3])
})

test('a failure of calls that were sent together is that of each, and the next ones are sent', async () => {
  const { share, sent, end } = stage(async () => {
    throw new Error('overloaded')
  })
  const results = Promise.allSettled([1, 2, 3].map(share))
  await end()
  const next = share(4)
  await end()
  expect((await results).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
  await end()
  expect(await next).toBe('4 alone')
  expect(sent).toEqual([1, [2, 3], 4])
})

test('calls whose sender ends without a trace are carried out alone after two seconds, and later ones wait for none', async () => {
  const { share, sent, end } = stage()
  void share(1)
  await end()
  void share(2)
  const results = Promise.all([3, 4].map(share))
  // Nobody ends the call of the second, with which its request has ended.
  await vi.advanceTimersByTimeAsync(1_999)
  expect(sent).toEqual([1, 2])
  await vi.advanceTimersByTimeAsync(1)
  expect(sent).toEqual([1, 2, 3, 4])
  const next = share(5)
  expect(sent.at(-1)).toBe(5)
  await end()
  expect(await results).toEqual(['3 alone', '4 alone'])
  expect(await next).toBe('5 alone')
})

test('calls that arrive while a turn passes on overtake nobody, and only one group is sent at a time', async () => {
  const { share, sent, end } = stage()
  void share(1)
  void share(2)
  const ended = end()
  for (let call = 10; call < 22; call++) {
    await null
    void share(call)
  }
  await ended
  expect(sent[0]).toBe(1)
  expect(sent).toHaveLength(2)
  expect(sent[1]).toEqual(expect.arrayContaining([2]))
  expect((sent[1] as number[])[0]).toBe(2)
  await end()
  expect(sent).toHaveLength(3)
  expect(sent.flat()).toEqual([1, 2, ...Array.from({ length: 12 }, (_, at) => 10 + at)])
})

test('a call that outlasts the wait for it does not end the progress of the next', async () => {
  const sent: (number | readonly number[])[] = []
  const ends = new Map<number, () => void>()
  const share = shareCalls<number>({
    async alone(call) {
      sent.push(call)
      await new Promise<void>(resolve => ends.set(call, resolve))
    },
    async together(calls) {
      sent.push(calls)
      return calls.map(value => ({ value }))
    },
  })
  void share(1)
  await vi.advanceTimersByTimeAsync(2_000)
  void share(2)
  void share(3)
  expect(sent).toEqual([1, 2])
  ends.get(1)!()
  await vi.advanceTimersByTimeAsync(10)
  expect(sent).toEqual([1, 2])
  ends.get(2)!()
  await vi.advanceTimersByTimeAsync(10)
  expect(sent).toEqual([1, 2, 3])
})
