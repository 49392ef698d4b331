import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openDatabase } from '../../../src/storage/sqlite.ts'
import { ledgerCases, stageOn } from './cases.ts'

const folder = mkdtempSync(join(tmpdir(), 'wechatpay-edge-ledger-'))
afterAll(() => rmSync(folder, { recursive: true }))

test.each(ledgerCases.map((one, at) => [one.name, one, at] as const))('in a file of SQLite: %s', async (_, one, at) => {
  const database = await openDatabase(join(folder, `${at}.db`))
  one.run(stageOn(database))
  database.close()
})

test('there are cases', () => expect(ledgerCases.length).toBeGreaterThan(10))
