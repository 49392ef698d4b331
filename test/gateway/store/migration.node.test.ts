import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { openLedgerStore } from '../../../src/gateway/store/ledger.ts'
import { openDatabase } from '../../../src/storage/sqlite.ts'
import { expectMigrated } from './migration.ts'
import { VERSION_1 } from './version-1.ts'

test('a file that version 1 has written is brought forward, and nothing in it is lost', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wechatpay-edge-ledger-'))
  try {
    const path = join(folder, 'gateway.db')
    const old = new DatabaseSync(path)
    for (const statement of VERSION_1) old.exec(statement)
    old.close()
    const database = await openDatabase(path)
    expectMigrated(database)
    database.close()

    const again = new DatabaseSync(path)
    expect(again.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' })
    expect(again.prepare("select name from sqlite_master where type = 'table' and name = 'call_1'").all()).toEqual([])
    again.close()
  } finally {
    rmSync(folder, { recursive: true })
  }
})

/** The table of events of version 1, with shares that it took for payments, and what only looks like one. */
const MISTAKEN: readonly string[] = [
  [
    'SHARE',
    'v3',
    'TRANSACTION.SUCCESS',
    '{"order_id":"3","transaction_id":"42"}',
    'TRANSACTION.SUCCESS/transaction_id/42',
  ],
  [
    'ORDER',
    'v3',
    'TRANSACTION.SUCCESS',
    '{"order_id":"3","trade_state":"SUCCESS"}',
    'TRANSACTION.SUCCESS/transaction_id/43',
  ],
  ['COMBINED', 'v3', 'TRANSACTION.SUCCESS', '{"order_id":"3","sub_orders":[]}', 'TRANSACTION.SUCCESS/combine/44'],
  ['V2', 'v2', 'TRANSACTION.SUCCESS', '{"order_id":"3"}', 'V2/45'],
  ['OTHER', 'v3', 'PAYSCORE.USER_PAID', '{"order_id":"3"}', 'PAYSCORE/46'],
].map(
  ([id, api, event, resource, fact], at) =>
    `INSERT INTO event VALUES(${at + 10},'1900000109','${id}','${api}','${event}','${resource}',NULL,'${fact}','notification',1,1,0,'[]')`,
)

test('a share that was taken for a payment gets its own name, and the payment can still be recorded', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wechatpay-edge-ledger-'))
  try {
    const path = join(folder, 'gateway.db')
    const old = new DatabaseSync(path)
    for (const statement of [...VERSION_1, ...MISTAKEN]) old.exec(statement)
    old.close()
    const database = await openDatabase(path)
    const store = openLedgerStore(database, () => 1_767_225_602_000)
    const mchid = '1900000109'
    const names = Object.fromEntries(store.events(mchid, { limit: 5 }).map(({ id, event }) => [id, event]))
    expect(names).toEqual({
      SHARE: 'PROFITSHARING.CHANGE',
      ORDER: 'TRANSACTION.SUCCESS',
      COMBINED: 'TRANSACTION.SUCCESS',
      V2: 'TRANSACTION.SUCCESS',
      OTHER: 'PAYSCORE.USER_PAID',
    })
    const paid = (number: number) =>
      store.recordEvent({
        mchid,
        api: 'v3',
        id: `EV-${number}`,
        event: 'TRANSACTION.SUCCESS',
        resource: '{}',
        subject: null,
        source: 'notification',
        createdAt: 1,
        nonce: null,
        endpoints: [],
        dedupeKey: `TRANSACTION.SUCCESS/transaction_id/${number}`,
      }).outcome
    expect([paid(42), paid(43)]).toEqual(['recorded', 'duplicate'])
    database.close()
  } finally {
    rmSync(folder, { recursive: true })
  }
})
