import { expect, test } from 'vitest'
import type { NewEvent } from '../../../src/gateway/store/event/events.ts'
import { openPostgresLedger } from '../../../src/storage/postgres/ledger.ts'
import { openClient } from '../../postgres/schema.ts'
import { startPostgres } from '../../postgres/setup.ts'

const COUNT = 600
const mchid = '1900000109'

test('events that processes record while PostgreSQL is restarted are recorded once each, with one delivery, and none is acknowledged and lost', async () => {
  const server = await startPostgres()
  const url = `${server.url}?schema=restarted&pool=5`
  const processes = [await openPostgresLedger(url), await openPostgresLedger(url)]
  const outcomes: string[] = []
  let failures = 0
  const eventOf = (at: number): NewEvent => ({
    mchid,
    api: 'v3',
    id: `EV-${at}`,
    event: 'X',
    resource: '{}',
    subject: `s${at % 7}`,
    dedupeKey: `k${at}`,
    source: 'notification',
    createdAt: at,
    nonce: `n${at}`,
    endpoints: ['shop'],
  })
  let next = 0
  /** Records events as WeChat Pay notifies of them: again, with another nonce, until one is acknowledged. */
  async function record(): Promise<void> {
    while (next < COUNT) {
      const at = next++
      for (let attempt = 0; ; attempt++)
        try {
          const { ledger } = processes[(at + attempt) % 2]!
          outcomes.push((await ledger.recordEvent({ ...eventOf(at), nonce: `n${at}-${attempt}` })).outcome)
          break
        } catch {
          failures++
          await new Promise(resolve => setTimeout(resolve, 100))
        }
    }
  }
  const recording = Promise.all(Array.from({ length: 8 }, record))
  for (const share of [0.2, 0.6]) {
    await expect.poll(() => outcomes.length, { interval: 5 }).toBeGreaterThan(COUNT * share)
    await server.restart()
  }
  await recording
  const client = await openClient(url)
  const count = async (statement: string) => (await client.query<{ n: number }>(statement)).rows[0]!.n
  expect(await count('select count(*) as n from event')).toBe(COUNT)
  expect(await count('select count(distinct seq) as n from delivery')).toBe(COUNT)
  expect(await count('select count(*) as n from delivery')).toBe(COUNT)
  // A call that is repeated after an unknown commit is no duplicate; a transmission that was recorded and not acknowledged is one.
  const duplicates = outcomes.filter(outcome => outcome === 'duplicate').length
  expect(await count('select sum(repeats)::bigint as n from event')).toBe(duplicates)
  expect(duplicates).toBeLessThanOrEqual(failures)
  expect(outcomes).not.toContain('replayed')
  await client.end()
  for (const { close } of processes) await close()
  await server.stop()
})
