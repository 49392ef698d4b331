import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'
import { v3 } from '../node-client.ts'

const NOW = Date.UTC(2025, 5, 1)
const now = () => NOW

/** A merchant who takes some notifications and refuses others, whenever they come. */
const deliver: typeof fetch = async (_, init) => {
  const { id } = JSON.parse(String(init!.body))
  return new Response(null, { status: Number.parseInt(id[0], 16) % 2 ? 204 : 500 })
}

type Step = (of: Simulator) => unknown

const number = fc.nat(4).map(at => `order-${at}`)
const steps: fc.Arbitrary<Step> = fc.oneof(
  number.map(out_trade_no => (of: Simulator) => {
    const { appid, mchid } = of.merchant
    const notify_url = 'https://merchant.example/notify'
    const body = { appid, mchid, out_trade_no, notify_url, description: 'd', amount: { total: 100 } }
    return v3(of, 'POST', '/v3/pay/transactions/native', { body, now: NOW }).then(({ status, json }) => [status, json])
  }),
  number.map(out_trade_no => (of: Simulator) => {
    try {
      return of.pay({ out_trade_no })
    } catch (error) {
      return String(error)
    }
  }),
  fc.tuple(number, fc.integer({ min: 1, max: 60 })).map(([out_trade_no, refund]) => (of: Simulator) => {
    const body = { out_trade_no, out_refund_no: `r${refund}`, amount: { refund, total: 100, currency: 'CNY' } }
    return v3(of, 'POST', '/v3/refund/domestic/refunds', { body, now: NOW }).then(({ status, json }) => [status, json])
  }),
  number.map(out_trade_no => async (of: Simulator) => {
    const url = `/v3/pay/transactions/out-trade-no/${out_trade_no}?mchid=${of.merchant.mchid}`
    return (await v3(of, 'GET', url, { now: NOW })).json
  }),
  fc.integer({ min: 0, max: 3 * 24 * 3_600_000 }).map(ms => (of: Simulator) => of.advance(ms)),
  fc.constant((of: Simulator) => of.settled()),
  fc.constant((of: Simulator) => of.notify.hold()),
  fc.constant((of: Simulator) => of.notify.release()),
  fc.constant((of: Simulator) => of.rotate()),
  fc.constant((of: Simulator) => of.faults.add({ kind: 'status', status: 500, probability: 0.5, count: 3 })),
)

/**
 * All that is remembered, but for what is drawn anew: the nonces of the client's requests, and the keys of certificates
 * beyond those that are built in.
 */
function remembered(of: Simulator): unknown {
  const { maps } = JSON.parse(of.snapshot()) as { maps: [string, [string, unknown][]][] }
  const kept = maps
    .filter(([name, entries]) => name !== 'nonces' && entries.length > 0)
    .map(([name, entries]) => [name, name === 'platform-certificates' ? entries.map(([id]) => id) : entries])
  return Object.fromEntries(kept)
}

const run = async (of: Simulator, list: readonly Step[]): Promise<unknown[]> => {
  const results: unknown[] = []
  for (const step of list) results.push(await step(of))
  return results
}

describe('a simulator restored from a snapshot', () => {
  it('behaves as the one that was not interrupted, whatever happens before and after', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 12 }), fc.array(steps, { maxLength: 8 }), async (before, after) => {
        const one = await createSimulator({ seed: 'state', platform: 'certificate', now, deliver })
        await run(one, before)
        const other = await createSimulator({ state: one.snapshot(), now, deliver })
        const settle = () => Promise.all([one.settled(), other.settled()])
        // The snapshot may hold a notification under way: the other sends it again, and both come to the same.
        await settle()
        expect(remembered(other)).toEqual(remembered(one))
        expect(await run(other, after)).toEqual(await run(one, after))
        await settle()
        expect(remembered(other)).toEqual(remembered(one))
      }),
      { numRuns: Number(process.env.HISTORIES ?? 25) },
    )
  })

  it('has the notifications, the clock and the numbers of the original', async () => {
    const failing: typeof fetch = async () => new Response(null, { status: 500 })
    const one = await createSimulator({ seed: 'state', now, deliver: failing })
    const demand = { url: 'https://merchant.example/notify', event: 'TRANSACTION.SUCCESS', resource: { a: 1 } }
    await one.notify.send(demand)
    await one.advance(60_000)
    const other = await createSimulator({ state: one.snapshot(), now, deliver: failing })
    expect(other.now()).toBe(one.now())
    for (const of of [one, other]) {
      await of.notify.send(demand)
      await of.advance(3_600_000)
    }
    expect(other.notifications).toEqual(one.notifications)
    expect(remembered(other)).toEqual(remembered(one))
  })

  it('numbers tasks as the original does, also if none was left', async () => {
    const failing: typeof fetch = async () => new Response(null, { status: 500 })
    const one = await createSimulator({ seed: 'state', now, deliver: failing })
    const { appid, mchid } = one.merchant
    const order = { appid, mchid, out_trade_no: 'T100001', description: 'd', amount: { total: 100 } }
    const body = { ...order, notify_url: 'https://merchant.example/notify' }
    await v3(one, 'POST', '/v3/pay/transactions/native', { body, now: NOW })
    one.notify.hold()
    one.pay({ out_trade_no: 'T100001' })
    await one.settled()
    const other = await createSimulator({ state: one.snapshot(), now, deliver: failing })
    for (const of of [one, other]) await of.notify.release()
    expect(remembered(other)).toEqual(remembered(one))
  })

  it('does not change while nothing happens', async () => {
    const of = await createSimulator()
    const { changes } = of
    const before = of.snapshot()
    await of.fetch('https://x.example/none')
    await of.settled()
    void of.journal
    expect([of.changes, of.snapshot()]).toEqual([changes, before])
    await v3(of, 'GET', '/v3/certificates')
    expect(of.changes).toBeGreaterThan(changes)
  })
})
