import { expect, test } from 'vitest'
import { createLayoutStore, LAYOUT_TABLE } from '../../../../src/gateway/store/shards/layout-store.ts'
import { openDatabase } from '../../../../src/storage/sqlite.ts'

test('a layout that was adopted in a transaction which fails is forgotten with it', async () => {
  const database = await openDatabase(':memory:')
  for (const table of ['event (seq integer)', 'watch (id integer)', 'call (seq integer, key text)'])
    database.run(`create table ${table}`)
  database.run(LAYOUT_TABLE)
  const store = createLayoutStore(database)
  const before = store.transaction(() => store.growTo(2))
  const later = { epoch: before.epoch + 1, sizes: [...before.sizes, 4] }
  const failing = () =>
    store.transaction(() => {
      store.requireLayout(later)
      throw new Error('the call fails')
    })
  expect(failing).toThrow('the call fails')
  // A shard that remembered the later layout would refuse these calls, although its table has the earlier one.
  expect(() => store.transaction(() => store.requireLayout(before))).not.toThrow()
  expect(store.transaction(() => store.growTo(1))).toEqual(before)
  await database.close()
})
