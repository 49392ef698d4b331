import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openLedgerStore } from '../../../src/gateway/store/ledger.ts'
import { openDatabase } from '../../../src/storage/sqlite.ts'
import { ledgerCases, stageOn } from '../../gateway/store/cases.ts'
import { circuitCases } from '../../gateway/store/delivery/circuit-cases.ts'
import { slotCases } from '../../gateway/store/delivery/slot-cases.ts'
import { testLedger } from './ledger.ts'

const folder = mkdtempSync(join(tmpdir(), 'wechatpay-edge-ledger-'))
afterAll(() => rmSync(folder, { recursive: true }))

testLedger(async now => {
  const database = await openDatabase(':memory:')
  return { store: openLedgerStore(database, now), close: () => void database.close() }
})

const cases = [...ledgerCases, ...circuitCases, ...slotCases]

test.each(cases.map((one, at) => [one.name, one, at] as const))('in a file of SQLite: %s', async (_, one, at) => {
  const database = await openDatabase(join(folder, `${at}.db`))
  one.run(stageOn(database))
  database.close()
})

test('there are cases', () => {
  for (const list of [ledgerCases, circuitCases]) expect(list.length).toBeGreaterThan(10)
})

test('a ledger of a newer version is not touched', async () => {
  const database = await openDatabase(':memory:')
  openLedgerStore(database)
  database.run('update schema_version set version = 99')
  expect(() => openLedgerStore(database)).toThrow('version 99')
})
