import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ledgerCases, stageOn } from '../../gateway/store/cases.ts'
import { circuitCases } from '../../gateway/store/delivery/circuit-cases.ts'
import { slotCases } from '../../gateway/store/delivery/slot-cases.ts'
import { openEmptySql, openPostgresStore } from '../../postgres/open-store.ts'
import { testLedger } from './ledger.ts'

let sql: Awaited<ReturnType<typeof openEmptySql>>
beforeAll(async () => {
  sql = await openEmptySql()
})
afterAll(() => sql.close())
beforeEach(() => sql.empty())

testLedger(async now => ({ store: openPostgresStore(sql, now), close() {} }))

const cases = [...ledgerCases, ...circuitCases, ...slotCases].filter(({ isOfSqlite }) => !isOfSqlite)

test.each(cases.map(one => [one.name, one] as const))('in PostgreSQL, one by one: %s', (_, one) => {
  one.run(stageOn(sql, openPostgresStore))
})

test('there are cases', () => {
  for (const list of [ledgerCases, circuitCases]) expect(list.length).toBeGreaterThan(10)
})
