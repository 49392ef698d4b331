import { expect, test } from 'vitest'
import { openPostgresLedger } from '../../../src/storage/postgres/ledger.ts'
import { freshUrl, openClient } from '../../postgres/schema.ts'

const mchid = '1900000109'
const START = Date.parse('2026-01-01T00:00:00Z')

test.each([
  [
    [0, 10, 70, 20, 30, 40, 50, 80],
    [3, 4, 5, 6, 7, 8],
  ],
  [
    [0, 10, 20, 30, 40, 50, 60, 70],
    [7, 8],
  ],
  [[0, 10, 20], []],
])('a reader since 60 gets every event received since then, although they were numbered as %j', async (times, seqs) => {
  const url = freshUrl()
  const { ledger, close } = await openPostgresLedger(url, { now: () => START + 100 })
  const client = await openClient(url)
  for (const [at, time] of times.entries())
    await client.query(
      `insert into event (webhook_id, mchid, id, api, event, resource, source, created_at, received_at, retained_since, nonces)
       values ($1, $2, $1, 'v3', 'X', '{}', 'query', 1, $3, 1, '[]')`,
      [`evt_${at}`, mchid, START + time],
    )
  await client.end()
  const { rows } = await ledger.eventsAfter(mchid, { after: { at: START + 60 }, limit: 20, maxLength: 1_000 })
  expect(rows.map(({ seq }) => seq)).toEqual(seqs)
  await close()
})
