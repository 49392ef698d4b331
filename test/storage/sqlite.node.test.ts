import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openDatabase } from '../../src/storage/sqlite.ts'
import { ledgerCases, stageOn } from '../gateway/store/cases.ts'
import { circuitCases } from '../gateway/store/circuit-cases.ts'

const folder = mkdtempSync(join(tmpdir(), 'wechatpay-edge-ledger-'))
afterAll(() => rmSync(folder, { recursive: true }))

const cases = [...ledgerCases, ...circuitCases]

test.each(cases.map((one, at) => [one.name, one, at] as const))('in a file of SQLite: %s', async (_, one, at) => {
  const database = await openDatabase(join(folder, `${at}.db`))
  one.run(stageOn(database))
  database.close()
})

test('there are cases', () => {
  for (const list of [ledgerCases, circuitCases]) expect(list.length).toBeGreaterThan(10)
})
