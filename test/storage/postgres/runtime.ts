// A program for each runtime: records an event twice in the PostgreSQL whose URL is its argument.
import process from 'node:process'
import { openPostgresLedger } from '../../../src/storage/postgres/ledger.ts'

const { ledger, close } = await openPostgresLedger(process.argv[2]!)
const event = {
  mchid: '1900000109',
  api: 'v3' as const,
  id: 'EV-1',
  event: 'TRANSACTION.SUCCESS',
  resource: '{"out_trade_no":"T1"}',
  subject: null,
  dedupeKey: null,
  source: 'notification' as const,
  createdAt: 1,
  endpoints: ['shop'],
}
const outcomes: string[] = []
for (const nonce of ['a', 'b', 'a']) outcomes.push((await ledger.recordEvent({ ...event, nonce })).outcome)
const { rows } = await ledger.searchEvents(event.mchid, { number: 'T1', limit: 2 })
process.stdout.write(JSON.stringify({ outcomes, found: rows.map(({ id, repeats }) => [id, repeats]) }))
await close()
