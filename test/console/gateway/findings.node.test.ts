import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { FINDINGS, findingOf } from '../../../src/gateway/health/finding.ts'
import { PAGE } from '../page-location.ts'

let findingTextOf: typeof import('../../../src/console/gateway/finding-text.ts').findingTextOf
let zh: Readonly<Record<string, string>>
beforeAll(async () => {
  vi.stubGlobal('location', PAGE)
  ;({ findingTextOf } = await import('../../../src/console/gateway/finding-text.ts'))
  ;({ FINDINGS_ZH: zh } = await import('../../../src/console/gateway/findings-zh.ts'))
})
afterAll(() => {
  vi.unstubAllGlobals()
})

const placesIn = (text: string): string[] => text.match(/\{[^}]*\}/g) ?? []

test.each(Object.entries(FINDINGS))('the Chinese text of %s has the same values as the English one', (code, text) => {
  expect(Object.keys(zh)).toContain(code)
  expect([...new Set(placesIn(zh[code]!))].sort()).toEqual([...new Set(placesIn(text))].sort())
})

test('a finding is shown in the language of the reader, with local times', () => {
  const [since, probe] = [Date.UTC(2026, 10, 30, 17, 9, 13), Date.UTC(2026, 10, 30, 18)]
  const finding = findingOf('warn', 'circuit_open', { endpoint: '{failures}$&', since, failures: 10, probe })
  expect(finding.detail).toContain('since 2026-11-30T17:09:13.000Z, after 10 failures')
  const [sinceText, probeText] = [since, probe].map(at => new Date(at).toLocaleString())
  expect(findingTextOf(finding, 'en')).toEqual({
    text: `The circuit of {failures}$& has been open since ${sinceText}, after 10 failures in a row. Its deliveries wait; the next probe is at ${probeText}.`,
  })
  expect(findingTextOf(finding, 'zh')).toEqual({
    text: `{failures}$& 连续失败 10 次，自 ${sinceText} 起熔断。它的投递在等待，${probeText} 再次探测。`,
  })
})

test('a finding that the page does not know is shown as the gateway describes it', () => {
  const finding = { status: 'warn', detail: 'Something new.', code: 'toString' as never, values: {} } as const
  expect(findingTextOf(finding, 'zh')).toEqual({ text: 'Something new.', lang: 'en' })
})
