import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openLedgerStore } from '../../../../src/gateway/store/ledger.ts'
import { createRowPages, MAX_PAGE_ROWS } from '../../../../src/gateway/store/shards/row-pages.ts'
import type { SqlRow, SqlValue } from '../../../../src/gateway/store/sql.ts'
import { TABLE_KEYS, type TableName } from '../../../../src/gateway/store/table-keys.ts'
import { type Database, openDatabase } from '../../../../src/storage/sqlite.ts'

let database: Database
beforeAll(async () => {
  database = await openDatabase(':memory:')
  openLedgerStore(database)
})
afterAll(() => database.close())

const TABLES = Object.keys(TABLE_KEYS) as TableName[]

/** Reads a table to its end. */
function pagesOf(table: TableName): (readonly SqlRow[])[] {
  const { readRows } = createRowPages(database)
  const pages: (readonly SqlRow[])[] = []
  let next: readonly SqlValue[] | null | undefined
  do {
    const page = readRows(table, next ?? undefined)
    pages.push(page.rows)
    next = page.next
  } while (next)
  return pages
}

function addAttempts(count: number, detail = ''): void {
  database.transaction(() => {
    for (let at = 0; at < count; at++)
      database.run('insert into attempt (delivery, at, ms, detail) values (?, ?, 0, ?)', count - at, at, detail)
  })
}

test.each(TABLES)('a page of %s that has no rows is the last', table => {
  expect(createRowPages(database).readRows(table)).toEqual({ rows: [], next: null })
})

test('pages have every row once, in the order in which attempts were recorded, however many there are', () => {
  fc.assert(
    fc.property(fc.constantFrom(1, 4, 5, 6, MAX_PAGE_ROWS - 1, MAX_PAGE_ROWS, MAX_PAGE_ROWS + 1, 1_203), count => {
      database.run('delete from attempt')
      addAttempts(count)
      const pages = pagesOf('attempt')
      expect(pages.flat().map(({ at }) => at)).toEqual(Array.from({ length: count }, (_, at) => at))
      for (const page of pages) expect(page.length).toBeLessThanOrEqual(MAX_PAGE_ROWS)
    }),
  )
})

test('a page ends soon after a bound of characters, so that large rows fit into the memory of an object', () => {
  database.run('delete from attempt')
  addAttempts(60, 'x'.repeat(60_000))
  const pages = pagesOf('attempt')
  expect(pages.flat()).toHaveLength(60)
  for (const page of pages) expect(JSON.stringify(page).length).toBeLessThan(2 ** 18 + 5 * 61_000)
})

test('a table with two columns as its key continues within the first of them', () => {
  for (const mchid of ['1900000109', '1900000110'])
    for (let at = 0; at < 600; at++)
      database.run('insert into circuit (mchid, endpoint, failures, since) values (?, ?, 1, 0)', mchid, `shop-${at}`)
  const keys = pagesOf('circuit')
    .flat()
    .map(({ mchid, endpoint }) => `${mchid}/${endpoint}`)
  expect(new Set(keys).size).toBe(1_200)
  expect(keys).toHaveLength(1_200)
})

test.each(TABLES)('a page of %s is found by an index, and reads no rows before it', table => {
  const key = TABLE_KEYS[table]
  const statements: string[] = []
  const { readRows } = createRowPages({
    run(text) {
      statements.push(text)
      return []
    },
  })
  readRows(
    table,
    key.map(() => 'a'),
  )
  const plan = database.run<{ detail: string }>(`explain query plan ${statements[0]}`, ...key.map(() => 'a'))
  expect(plan.map(({ detail }) => detail).join('; ')).toMatch(/^SEARCH \w+ USING /)
})
