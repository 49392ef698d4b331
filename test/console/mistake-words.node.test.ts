import { expect, test } from 'vitest'
import { MISTAKES_ZH, staleTime, staleTimeZh } from '../../src/console/mistake-words.ts'
import { PAIR_MISTAKES } from '../../src/simulator/v2/signature-mistakes.ts'
import { MISTAKE_NAMES } from '../../src/simulator/v3/signature-mistakes.ts'

test('each mistake in a signature has Chinese words', () => {
  for (const name of [...MISTAKE_NAMES, ...PAIR_MISTAKES.map(mistake => mistake.name), 'time-milliseconds']) {
    expect(MISTAKES_ZH, name).toHaveProperty([name])
    const [what, cure] = MISTAKES_ZH[name]!
    for (const sentence of [what, cure]) expect(sentence).toMatch(/\p{Script=Han}/u)
  }
})

test('a time that is refused is said in a unit that one can read', () => {
  expect(staleTime(420)[0]).toBe('the time is 7 min behind the clock, more than 5 minutes')
  expect(staleTime(-28_800)[0]).toBe('the time is 8 h ahead of the clock, more than 5 minutes')
  expect(staleTimeZh(420)[0]).toBe('请求的时间比时钟慢 7 分钟，超过 5 分钟')
  expect(staleTimeZh(-28_800)[0]).toBe('请求的时间比时钟快 8 小时，超过 5 分钟')
})
