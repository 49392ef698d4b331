import { afterAll, beforeAll, beforeEach, test } from 'vitest'
import { stageOn } from '../../gateway/store/cases.ts'
import { openEmptySql, openPostgresStore } from '../../postgres/open-store.ts'
import { contractCases } from './contract.ts'

let sql: Awaited<ReturnType<typeof openEmptySql>>
beforeAll(async () => {
  sql = await openEmptySql()
})
afterAll(() => sql.close())
beforeEach(() => sql.empty())

const cases = contractCases.filter(({ isOfSqlite }) => !isOfSqlite)

test.each(cases.map(one => [one.name, one] as const))('in PostgreSQL, one by one: %s', (_, one) =>
  one.run(stageOn(sql, openPostgresStore)),
)
