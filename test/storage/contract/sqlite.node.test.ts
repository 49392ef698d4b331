import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { LEDGER_METHODS, type LedgerStore, openLedgerStore } from '../../../src/gateway/store/ledger.ts'
import { openDatabase } from '../../../src/storage/sqlite.ts'
import { stageOn } from '../../gateway/store/cases.ts'
import { contractCases } from './contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'wechatpay-edge-ledger-'))
afterAll(() => rmSync(folder, { recursive: true }))

test.each(contractCases.map((one, at) => [one.name, one, at] as const))(
  'in a file of SQLite: %s',
  async (_, one, at) => {
    const database = await openDatabase(join(folder, `${at}.db`))
    await one.run(stageOn(database))
    database.close()
  },
)

test('every method of a ledger has a case', async () => {
  const called = new Set<string>()
  const observed = (store: LedgerStore): LedgerStore =>
    Object.fromEntries(
      Object.entries(store).map(([name, method]) => [
        name,
        (...args: unknown[]) => {
          called.add(name)
          return (method as (...args: unknown[]) => unknown)(...args)
        },
      ]),
    ) as unknown as LedgerStore
  for (const { run } of contractCases) {
    const database = await openDatabase(':memory:')
    await run(stageOn(database, (sql, now) => observed(openLedgerStore(sql, now))))
    database.close()
  }
  expect(Object.keys(LEDGER_METHODS).filter(name => !called.has(name))).toEqual([])
})

test('the names of the cases differ', () => {
  expect(new Set(contractCases.map(({ name }) => name)).size).toBe(contractCases.length)
})

test('a ledger of a newer version that this one cannot read is not touched', async () => {
  const database = await openDatabase(':memory:')
  openLedgerStore(database)
  database.run('update schema_version set version = 99, readable_from = 99')
  expect(() => openLedgerStore(database)).toThrow('version 99')
})
