import { expect, test } from 'vitest'
import { MISTAKES_ZH } from '../../src/console/mistake-words.ts'
import { PAIR_MISTAKES } from '../../src/simulator/v2/signature-mistakes.ts'
import { MISTAKE_NAMES } from '../../src/simulator/v3/signature-mistakes.ts'

test('each mistake in a signature has Chinese words', () => {
  for (const name of [...MISTAKE_NAMES, ...PAIR_MISTAKES.map(mistake => mistake.name)]) {
    expect(MISTAKES_ZH, name).toHaveProperty([name])
    const [what, cure] = MISTAKES_ZH[name]!
    for (const sentence of [what, cure]) expect(sentence).toMatch(/\p{Script=Han}/u)
  }
})
