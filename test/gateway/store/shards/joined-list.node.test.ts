import { expect, test } from 'vitest'
import type { NewCall } from '../../../../src/gateway/store/call/calls.ts'
import type { Ledger } from '../../../../src/gateway/store/ledger.ts'
import { type JoinedPage, joinedPlacesIn, readJoined } from '../../../../src/gateway/store/shards/joined-list.ts'
import type { List } from '../../../../src/gateway/store/shards/merged-list.ts'
import { createShards, type ShardStage } from './stage.ts'

const calls: List<{ id: string; seq: number; at: number }> = {
  read: async (part, { limit, ...page }) => {
    const rows = await part.calls(null, { limit, ...page })
    return { rows, next: rows.length < limit ? null : rows.at(-1)!.seq }
  },
  numberOf: row => row.seq,
  timeOf: row => row.at,
}
const callOf = (caller: string, id: string): NewCall => ({
  id,
  caller,
  mchid: '1900000109',
  method: 'POST',
  path: '/',
  numbers: {},
  amount: null,
  key: null,
  hash: null,
})

/** The ledgers of three callers, one of which consists of two. */
async function createLedgers(): Promise<{
  stages: Map<string, ShardStage>
  ledgers: Map<string, Ledger>
  begin: (caller: string, id: string) => Promise<void>
}> {
  const stages = new Map<string, ShardStage>()
  const ledgers = new Map<string, Ledger>()
  for (const [name, size] of [
    ['shop', 1],
    ['books', 2],
    ['admin', 1],
  ] as const) {
    const stage = await createShards(size)
    stages.set(name, stage)
    ledgers.set(name, stage.open(size))
  }
  let at = 1_000
  return {
    stages,
    ledgers,
    async begin(caller, id) {
      at += 1_000
      stages.get(caller)!.clock.now = at
      await ledgers.get(caller)!.beginCall(callOf(caller, id))
    },
  }
}

async function readAll(ledgers: Map<string, Ledger>, limit: number, between = async (_page: number) => {}) {
  const ids: string[] = []
  let next: string | null = null
  let page = 0
  do {
    const places: ReadonlyMap<string, string> | undefined = next === null ? undefined : joinedPlacesIn(next)
    const read: JoinedPage<{ id: string }> = await readJoined(ledgers, { limit, places }, calls)
    ids.push(...read.rows.map(({ id }) => id))
    next = read.next
    await between(++page)
  } while (next !== null && page < 100)
  return ids
}

test.each([1, 2, 3, 7, 100])(
  'pages of %i rows show the calls of all ledgers, each once, the newest first',
  async limit => {
    const { ledgers, begin } = await createLedgers()
    const begun: string[] = []
    for (let at = 0; at < 25; at++) {
      const id = `call-${at}`
      await begin(['shop', 'books', 'books', 'admin'][at % 4]!, id)
      begun.unshift(id)
    }
    expect(await readAll(ledgers, limit)).toEqual(begun)
  },
)

test('calls that begin between two pages, and a caller that is removed, shift no row', async () => {
  const { ledgers, begin } = await createLedgers()
  for (let at = 0; at < 12; at++) await begin(['shop', 'books'][at % 2]!, `call-${at}`)
  const ids = await readAll(ledgers, 5, async page => {
    if (page === 1) {
      ledgers.delete('admin')
      await begin('shop', 'later')
    }
  })
  expect(ids).toEqual(Array.from({ length: 12 }, (_, at) => `call-${11 - at}`))
})

test('a ledger that does not respond is named, and the next page has its rows once it does', async () => {
  const { ledgers, stages, begin } = await createLedgers()
  for (let at = 0; at < 6; at++) await begin(['shop', 'books'][at % 2]!, `call-${at}`)
  stages.get('shop')!.down.add(0)
  const { rows, next, unavailable } = await readJoined(ledgers, { limit: 10 }, calls)
  expect(rows.map(({ id }) => id)).toEqual(['call-5', 'call-3', 'call-1'])
  expect(unavailable).toEqual([{ ledger: 'shop', detail: expect.stringContaining('is down') }])
  stages.get('shop')!.down.clear()
  const later = await readJoined(ledgers, { limit: 10, places: joinedPlacesIn(next!) }, calls)
  expect(later.rows.map(({ id }) => id)).toEqual(['call-4', 'call-2', 'call-0'])
  expect(later.next).toBeNull()
})

test('the error of a ledger is thrown if none responds', async () => {
  const { ledgers, stages } = await createLedgers()
  for (const { down, databases } of stages.values()) databases.forEach((_, shard) => void down.add(shard))
  await expect(readJoined(ledgers, { limit: 10 }, calls)).rejects.toThrow('is down')
})

test.each(['17', 'shop', 'shop:', ':17', 'shop:17,', 'shop:x', 'shop:1:2', ''])('%j ends no page', text => {
  expect(joinedPlacesIn(text)).toBeUndefined()
})
