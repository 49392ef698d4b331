import { expect, test } from 'vitest'
import type { GatewayContext } from '../../../src/gateway/context.ts'
import { takeSample } from '../../../src/gateway/metrics/sample.ts'
import { throughputOf } from '../../../src/gateway/metrics/throughput.ts'
import { type Depths, MAX_COUNTED } from '../../../src/gateway/store/counts.ts'

const depthsOf = (pending: number, dead: number): Depths => ({ pending, dead, oldestPendingAt: null, watched: {} })

/** Returns the latest point of a gateway whose merchants have these depths. */
async function pointOf(...depths: readonly Depths[]) {
  const context = {
    merchants: Object.fromEntries(depths.map((_, at) => [`${at}`, {}])),
    ledgerOf: (mchid: string) => ({ depths: async () => depths[Number(mchid)] }),
    gatewayLedger: () => ({ counters: async () => [] }),
    retainedLedgers: () => [],
    counters: { flush: async () => {} },
    now: () => 60_000,
  } as unknown as GatewayContext
  const totals = await takeSample(context)
  return throughputOf([
    { at: 0, totals },
    { at: 60_000, totals },
  ])[0]
}

test('the deliveries of all merchants are summed beyond what is counted of one', async () => {
  const isAtLeast = { pending: false, dead: false }
  const point = await pointOf(depthsOf(6_000, 1), depthsOf(MAX_COUNTED - 1, 0), depthsOf(6_000, 1))
  expect(point).toMatchObject({ pending: 12_000 + MAX_COUNTED - 1, dead: 2, isAtLeast })
})

test('a sum is marked as the least that there can be if the deliveries of a merchant were not all counted', async () => {
  const isAtLeast = { pending: true, dead: false }
  const point = await pointOf(depthsOf(MAX_COUNTED, 3), depthsOf(5, MAX_COUNTED - 1))
  expect(point).toMatchObject({ pending: MAX_COUNTED + 5, dead: MAX_COUNTED + 2, isAtLeast })
})
