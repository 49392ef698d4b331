import { describe, expect, test } from 'vitest'
import { MAX_COUNTED } from '../../../../src/gateway/store/counts.ts'
import { partsOf } from '../../../../src/gateway/store/shards/sharded-ledger.ts'
import { sumOfDepths } from '../../../../src/gateway/store/shards/sums.ts'
import { createShards } from './stage.ts'

const mchid = '1900000109'
const watchOf = (number: number) => ({ mchid, kind: 'v3-order', number: `T${number}`, query: {} })

test('depths of several ledgers add up to what one ledger counts at most', () => {
  const depths = { pending: 6_000, dead: 1, oldestPendingAt: 2, watched: { 'v3-order': 9_999 }, inDoubt: { a: 1 } }
  const others = { ...depths, oldestPendingAt: 1, watched: { 'v3-order': 1, transfer: 3 } }
  expect(sumOfDepths([depths, others])).toEqual({
    pending: MAX_COUNTED,
    dead: 2,
    oldestPendingAt: 1,
    watched: { transfer: 3, 'v3-order': MAX_COUNTED },
    inDoubt: { a: 2 },
  })
})

describe('a ledger of four', () => {
  test('counts in any of them, and shows the sums', async () => {
    const stage = await createShards(4)
    const ledger = stage.open(4)
    for (let at = 0; at < 60; at++) await ledger.addCounts([{ name: 'n', labels: { code: 'A' }, by: 1 }])
    await ledger.addCounts([{ name: 'm', labels: {}, by: 2 }])
    expect(await ledger.counters()).toEqual([
      { name: 'm', labels: {}, value: 2 },
      { name: 'n', labels: { code: 'A' }, value: 60 },
    ])
    const asked = new Set(stage.calls.filter(([, method]) => method === 'addCounts').map(([shard]) => shard))
    expect(asked.size).toBe(4)
  })

  test.each([
    [{ max: 2, seconds: 60 }, 2],
    [{ max: 7, seconds: 60 }, 7],
    [{ max: 40, seconds: 60 }, 40],
  ])('admits as many calls as one ledger with %j, and no more', async (rate, expected) => {
    const stage = await createShards(4)
    const processes = [stage.open(4), stage.open(4)]
    let admitted = 0
    let wait = 0
    for (let at = 0; at < 100; at++) {
      wait = await processes[at % 2]!.takeToken('shop', rate)
      if (wait === 0) admitted++
    }
    expect(admitted).toBe(expected)
    expect(wait).toBeGreaterThan(0)
    expect(wait).toBeLessThanOrEqual(60_000)
  })

  test('takes a fault for ended when one of them has recorded a success', async () => {
    const stage = await createShards(4)
    const ledger = stage.open(4)
    await ledger.recordFault(mchid, 'notifications', 'DECRYPTION_FAILED')
    expect(await ledger.faults(mchid)).toMatchObject([{ kind: 'notifications', code: 'DECRYPTION_FAILED' }])
    await ledger.recordEvent({
      mchid,
      api: 'v3',
      id: 'EV-1',
      event: 'X',
      resource: '{}',
      subject: null,
      dedupeKey: null,
      source: 'notification',
      createdAt: 1,
      nonce: null,
      endpoints: [],
    })
    expect(await ledger.faults(mchid)).toEqual([])
    await ledger.recordFault(mchid, 'notifications', 'DECRYPTION_FAILED')
    expect(await ledger.faults(mchid)).toHaveLength(1)
    await ledger.clearFault(mchid, 'notifications')
    expect(await ledger.faults(mchid)).toEqual([])
  })

  test('claims due watches of all, however unevenly they are spread, and those of the others if one fails', async () => {
    const stage = await createShards(4)
    const ledger = stage.open(4)
    for (let at = 0; at < 100; at++) await ledger.watch(watchOf(at), stage.clock.now)
    const claimed = await ledger.claimDueWatches(mchid, 90, stage.clock.now + 1000)
    expect(new Set(claimed.map(({ number }) => number)).size).toBe(claimed.length)
    expect(claimed.length).toBeGreaterThanOrEqual(90)
    expect(claimed.length).toBeLessThan(94)
    stage.clock.now += 1000
    stage.down.add(2)
    const others = await ledger.claimDueWatches(mchid, 200, stage.clock.now + 1000)
    const [{ n } = { n: 0 }] = stage.databases[2]!.run<{ n: number }>('select count(*) as n from watch')
    expect(n).toBeGreaterThan(0)
    expect(others).toHaveLength(100 - n)
  })

  test('does not pass off a part of a sum as the whole, nor one that cannot be written to as healthy', async () => {
    const stage = await createShards(4)
    const ledger = stage.open(4)
    await ledger.depths(mchid)
    stage.down.add(3)
    await expect(ledger.depths(mchid)).rejects.toThrow('Shard 3 is down')
    await expect(ledger.probeWrite()).rejects.toThrow('LEDGER_UNAVAILABLE: object 3 of 4: Shard 3 is down')
    expect((await partsOf(ledger)).length).toBe(4)
  })

  test('shows the open circuit of an endpoint once', async () => {
    const stage = await createShards(4)
    const ledger = stage.open(4)
    const deliveries: number[] = []
    for (let at = 0; at < 80; at++) {
      const { deliveries: own } = await ledger.recordEvent({
        mchid,
        api: 'v3',
        id: `EV-${at}`,
        event: 'X',
        resource: '{}',
        subject: null,
        dedupeKey: null,
        source: 'notification',
        createdAt: at,
        nonce: null,
        endpoints: ['shop'],
      })
      deliveries.push(...own)
    }
    const changes: unknown[] = []
    for (const id of deliveries) {
      stage.clock.now += 500
      const claim = await ledger.claimDelivery(id)
      if (claim.kind !== 'claimed') continue
      const { circuit } = await ledger.recordAttempt(id, {
        tries: 0,
        at: stage.clock.now,
        ms: 1,
        error: 'TIMEOUT',
        result: stage.clock.now + 60_000,
        isOutage: true,
      })
      if (circuit) changes.push(circuit)
    }
    expect(changes).toEqual(Array(4).fill('opened'))
    const circuits = await ledger.circuits(mchid)
    expect(circuits).toMatchObject([{ endpoint: 'shop' }])
    expect(circuits[0]!.failures).toBeGreaterThanOrEqual(5)
  })
})
