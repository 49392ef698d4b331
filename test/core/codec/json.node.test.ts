import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { parseJson } from '../../../src/core/codec/json.ts'
import { growth } from '../../growth.ts'

/** Texts that made the parser of before take time that grew with the square of their length, or memory. */
const TEXTS: Record<string, (length: number) => string> = {
  'an unterminated string of escaped quotes behind a long integer': length =>
    `[1234567890123456,"${'\\"'.repeat(length / 2)}`,
  'a run of marks behind a long integer': length => `[12345678901234567,"${'#'.repeat(length)}"]`,
  'strings of one mark more each': length =>
    `[12345678901234567${Array.from({ length: Math.sqrt(2 * length) }, (_, at) => `,"${'#'.repeat(at)}"`).join('')}]`,
  'long integers': length => `[${Array.from({ length: length / 18 }, () => '12345678901234567').join()}]`,
  'an integer without an end': length => `[${'1'.repeat(length)}]`,
  backslashes: length => `[12345678901234567,"${'\\'.repeat(length)}"]`,
  'open brackets': length => `[12345678901234567,${'['.repeat(length)}`,
  'long digits in strings, none outside': length => `["${', 1234567890123456'.repeat(length / 18)}"]`,
  'white space': length => `[12345678901234567${' '.repeat(length)}]`,
  'many names': length =>
    `{"id":12345678901234567${Array.from({ length: length / 12 }, (_, at) => `,"${at}x":1`).join('')}}`,
}

const attempt = (text: string): void => {
  try {
    parseJson(text)
  } catch (error) {
    expect(error).toMatchObject({ code: 'NOT_JSON' })
  }
}

describe('1 MB of JSON takes about as long as 1 KB a thousand times', () => {
  test.each(Object.entries(TEXTS))('%s: the time grows with the length, not faster', (_, make) => {
    expect(growth(attempt, make)).toBeLessThan(20)
  })
})

test('1 MB of marks and quotes is read in a heap of 64 MB', () => {
  const file = JSON.stringify(new URL('../../../src/core/codec/json.ts', import.meta.url).href)
  const script = `
    import { parseJson } from ${file}
    const text = '[12345678901234567,"' + '#'.repeat(2 ** 19) + '","' + '\\\\"'.repeat(2 ** 18)
    for (const end of ['', '"]']) try { parseJson(text + end) } catch (error) { console.log(error.code) }`
  const options = ['--max-old-space-size=64', '--max-semi-space-size=2', '--input-type=module', '--eval', script]
  expect(execFileSync(process.execPath, options, { timeout: 20_000, encoding: 'utf8' })).toBe('NOT_JSON\n')
})
