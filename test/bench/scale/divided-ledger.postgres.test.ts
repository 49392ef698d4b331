import { expect, test } from 'vitest'
import { dividedLedger } from '../../../bench/scale/divided-ledger.ts'
import { CONCURRENCY, createOperations, type MeasuredLedger } from '../../../bench/scale/operations.ts'
import { openPostgresLedger } from '../../../src/storage/postgres/ledger.ts'
import { freshUrl, openClient } from '../../postgres/schema.ts'

test('calls at a time are transactions of their own if divided among as many ledgers, and share one in a single ledger', async () => {
  const url = freshUrl({ pool: '2' })
  const opened = []
  for (let at = 0; at < CONCURRENCY; at++) opened.push(await openPostgresLedger(url))
  const client = await openClient(url)
  let count = 0
  /** Records events at a time. @returns the transactions that have written them */
  async function commitsOf(ledger: MeasuredLedger): Promise<number> {
    const first = count
    const { record } = createOperations(ledger)
    await Promise.all(Array.from({ length: CONCURRENCY }, () => record(++count)))
    const ids = Array.from({ length: CONCURRENCY }, (_, at) => `E${first + at + 1}`)
    const { rows } = await client.query('select count(distinct xmin::text)::int as n from event where id = any ($1)', [
      ids,
    ])
    return rows[0].n
  }
  try {
    const ledgers = opened.map(({ ledger }) => ledger)
    expect(await commitsOf(dividedLedger(ledgers))).toBe(CONCURRENCY)
    expect(await commitsOf(ledgers[0]!)).toBeLessThan(CONCURRENCY)
  } finally {
    await client.end()
    for (const { close } of opened) await close()
  }
})
