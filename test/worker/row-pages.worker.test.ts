import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import type { RowPage } from '../../src/gateway/store/shards/row-pages.ts'
import { sqlOf } from '../../worker/ledger.ts'

// In workerd: a page of the largest rows that a Durable Object can have crosses to the Worker.

/** Bytes of a row at most, with room for its other columns. @see https://developers.cloudflare.com/durable-objects/platform/limits/ */
const MAX_ROW = 2_000_000 - 1_000
const LAYOUT = { epoch: 0, sizes: [1] }

test('the largest rows come in pages that RPC carries', async () => {
  const stub = env.LEDGER.getByName('large-rows')
  await runInDurableObject(stub, (_, state) => {
    const sql = sqlOf(state)
    for (let at = 0; at < 12; at++)
      sql.run('insert into attempt (delivery, at, ms, detail) values (1, ?, 0, ?)', at, 'x'.repeat(MAX_ROW))
  })
  const times: unknown[] = []
  let after: readonly unknown[] | null | undefined
  do {
    const query = after ? ['attempt', after] : ['attempt']
    const page = (await stub.carryOut('readRows', query, undefined, [], LAYOUT)) as RowPage
    expect(page.rows.length).toBeLessThanOrEqual(5)
    times.push(...page.rows.map(({ at }) => at))
    after = page.next
  } while (after)
  expect(times).toEqual(Array.from({ length: 12 }, (_, at) => at))
})
