import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { NewEvent } from '../../../../src/gateway/store/event/events.ts'
import { openLedgerStore } from '../../../../src/gateway/store/ledger.ts'
import { openDatabase } from '../../../../src/storage/sqlite.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wechatpay-edge-ledger-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const mchid = '1900000109'
const eventOf = (id: string): NewEvent => ({
  mchid,
  api: 'v3',
  id,
  event: 'TRANSACTION.SUCCESS',
  resource: '{}',
  subject: null,
  dedupeKey: null,
  source: 'notification',
  createdAt: 1,
  nonce: null,
  endpoints: ['shop'],
})

/** Records events in a file. @returns the ids that their endpoint is sent, by WeChat Pay's ids */
async function recordIn(file: string, ids: readonly string[]): Promise<Map<string, string>> {
  const database = await openDatabase(join(folder, file))
  const store = openLedgerStore(database)
  for (const id of ids) store.recordEvent(eventOf(id))
  const rows = store.events(mchid, { limit: 100 })
  database.close()
  return new Map(rows.map(row => [row.id, row.webhook_id]))
}

test('two ledgers of one merchant give no id to two events: a receiver that deduplicates loses no payment', async () => {
  const [one, other] = await Promise.all([recordIn('1.db', ['A', 'B', 'C']), recordIn('2.db', ['X', 'Y', 'Z'])])
  expect(new Set([...one.values(), ...other.values()]).size).toBe(6)
})

test('a ledger that was restored from a copy gives the events after it ids of their own, and keeps those before it', async () => {
  await recordIn('live.db', ['A'])
  copyFileSync(join(folder, 'live.db'), join(folder, 'restored.db'))
  const [live, restored] = await Promise.all([recordIn('live.db', ['B']), recordIn('restored.db', ['C'])])
  expect(restored.get('A')).toBe(live.get('A'))
  expect(restored.get('C')).not.toBe(live.get('B'))
})
