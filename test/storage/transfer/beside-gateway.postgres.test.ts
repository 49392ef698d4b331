import { expect, test, vi } from 'vitest'
import type { NewEvent } from '../../../src/gateway/store/event/events.ts'
import { openPostgresLedger } from '../../../src/storage/postgres/ledger.ts'
import { openPostgresForTransfer } from '../../../src/storage/transfer/postgres.ts'
import { startBreakingProxy } from '../../postgres/breaking-proxy.ts'
import { freshUrl } from '../../postgres/schema.ts'

const event: NewEvent = {
  mchid: '1900000109',
  api: 'v3',
  id: 'EV-1',
  event: 'TRANSACTION.SUCCESS',
  resource: '{}',
  subject: null,
  dedupeKey: null,
  source: 'notification',
  createdAt: 1,
  nonce: 'n',
  endpoints: [],
}

test('an import is refused beside a running gateway, which goes on recording, and accepted after it has ended', async () => {
  const url = freshUrl()
  const { ledger, close } = await openPostgresLedger(url)
  await ledger.counters()
  await expect(openPostgresForTransfer(url, 'import')).rejects.toMatchObject({ code: 'LEDGER_IN_USE' })
  expect((await ledger.recordEvent(event)).outcome).toBe('recorded')
  await close()
  await (await openPostgresForTransfer(url, 'import')).close()
})

test('a gateway does not start beside an import, and a second import is refused', async () => {
  const url = freshUrl()
  const database = await openPostgresForTransfer(url, 'import')
  await expect(openPostgresLedger(url)).rejects.toMatchObject({ code: 'LEDGER_INCOMPLETE' })
  await expect(openPostgresForTransfer(url, 'import')).rejects.toMatchObject({ code: 'LEDGER_IN_USE' })
  await database.close()
  const { close } = await openPostgresLedger(url)
  await close()
})

test('a gateway that had lost all connections when an import began records nothing until it has ended', async () => {
  const url = freshUrl()
  const proxy = await startBreakingProxy(url)
  const { ledger, close } = await openPostgresLedger(proxy.url)
  await ledger.counters()
  proxy.setDown(true)
  // The server notices soon that the connections have ended.
  const database = await vi.waitUntil(() => openPostgresForTransfer(url, 'import').catch(() => undefined), 10_000)
  proxy.setDown(false)
  await expect(ledger.recordEvent(event)).rejects.toMatchObject({ code: 'LEDGER_INCOMPLETE' })
  await database.close()
  expect((await ledger.recordEvent(event)).outcome).toBe('recorded')
  await close()
  await proxy.close()
})
