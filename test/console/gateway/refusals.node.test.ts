import { readFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { gatewayRefusalOf } from '../../../src/console/gateway/refusal.ts'
import { REFUSALS_ZH } from '../../../src/console/gateway/refusals-zh.ts'
import { GatewayError } from '../../../src/console/gateway/session.ts'

test('a refusal is said in the language of the reader, and one that the page does not know in the words of the gateway', () => {
  const error = new GatewayError(404, 'NOT_FOUND', 'There is no such event.')
  expect(gatewayRefusalOf(error, 'en')).toEqual({ text: 'There is no such event.' })
  expect(gatewayRefusalOf(error, 'zh')).toEqual({ text: '不存在，或已被清理（NOT_FOUND）' })
  const unknown = new GatewayError(502, 'UNKNOWN', 'HTTP 502')
  expect(gatewayRefusalOf(unknown, 'zh')).toEqual({ text: 'HTTP 502', lang: 'en' })
})

test('the page knows every code with which the gateway refuses a request of operators', async () => {
  const gateway = new URL('../../../src/gateway/', import.meta.url)
  const codes = new Set<string>()
  for await (const file of glob('{admin,body,caller,session}/**/*.ts', { cwd: gateway.pathname })) {
    const source = readFileSync(new URL(file, gateway), 'utf8')
    for (const [, code] of source.matchAll(/(?:code: |refusal\(\s*|CallError\()'([A-Z_]+)'/g)) codes.add(code!)
  }
  const ledger = readFileSync(new URL('store/ledger-error.ts', gateway), 'utf8')
  for (const [, code] of ledger.matchAll(/\| '(LEDGER_[A-Z_]+)'/g)) codes.add(code!)
  expect(codes.size).toBeGreaterThan(30)
  expect([...codes].filter(code => !/\p{Script=Han}/u.test(REFUSALS_ZH[code] ?? ''))).toEqual([])
})
