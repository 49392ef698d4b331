import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { openDatabase } from '../../../src/server/sqlite.ts'
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
