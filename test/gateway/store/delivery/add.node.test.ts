import { expect, test } from 'vitest'
import { openLedgerStore } from '../../../../src/gateway/store/ledger.ts'
import { openDatabase } from '../../../../src/storage/sqlite.ts'
import { eventOf } from '../cases.ts'

test('an event is not recorded without one of its deliveries', async () => {
  const database = await openDatabase(':memory:')
  const store = openLedgerStore(database, Date.now)
  const event = eventOf({ endpoints: ['shop', null as never, 'erp'] })
  expect(() => database.transaction(() => store.recordEvent(event))).toThrow('lacks a value')
  expect(store.events(event.mchid, { limit: 1 })).toEqual([])
  await database.close()
})
