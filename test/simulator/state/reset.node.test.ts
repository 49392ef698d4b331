import { beforeEach, describe, expect, it } from 'vitest'
import { createSimulator, createSimulatorMount, type Simulator } from '../../../src/simulator/index.ts'
import { isSigned, v3 } from '../node-client.ts'

let delivered: string[]
let simulator: Simulator
const NOW = Date.UTC(2026, 2, 1)
beforeEach(async () => {
  delivered = []
  simulator = await createSimulator({
    now: () => NOW,
    deliver: async (_, init) => {
      delivered.push(String(init!.body))
      return new Response(null, { status: 500 })
    },
  })
})

async function placeOrder(out_trade_no: string) {
  const { appid, mchid } = simulator.merchant
  const order = { appid, mchid, out_trade_no, description: 'd', amount: { total: 100 } }
  const body = { ...order, notify_url: 'https://merchant.example/notify' }
  const { status, json } = await v3(simulator, 'POST', '/v3/pay/transactions/native', { body, now: NOW })
  return [status, json]
}
const queryOrder = (out_trade_no: string) =>
  v3(simulator, 'GET', `/v3/pay/transactions/out-trade-no/${out_trade_no}?mchid=${simulator.merchant.mchid}`, {
    now: NOW,
  })

/** Returns the maps of a snapshot but for the position in the series of numbers, which goes on. */
const withoutNumbers = (snapshot: string): unknown[] =>
  JSON.parse(snapshot).maps.filter(([name]: [string]) => name !== 'random')

describe('reset', () => {
  it('removes all records, notifications, faults and exchanges, and keeps the keys', async () => {
    const { merchant, snapshot } = simulator
    const start = snapshot()
    await placeOrder('T100001')
    simulator.pay({ out_trade_no: 'T100001' })
    await simulator.settled()
    simulator.faults.add({ kind: 'status', status: 500 })
    await simulator.advance(3_600_000)
    await simulator.reset()
    expect(withoutNumbers(simulator.snapshot())).toEqual(withoutNumbers(start))
    expect(simulator.merchant).toEqual(merchant)
    expect([simulator.journal, simulator.notifications, simulator.faults.list()]).toEqual([[], [], []])
    expect(simulator.order('T100001')).toBeUndefined()
    const answer = await queryOrder('T100001')
    expect([answer.status, isSigned(answer, Object.values(merchant.platformKeys)[0]!)]).toEqual([404, true])
  })

  it('gives other numbers and ids after each, unless there is a seed', async () => {
    const idsOf = async () => {
      const [, { code_url, prepay_id }] = (await placeOrder('T100001')) as [number, Record<string, string>]
      const { transaction_id, prepay_id: stored } = simulator.pay({ out_trade_no: 'T100001' })
      return [code_url ?? prepay_id, stored, transaction_id, simulator.notifications[0]!.id]
    }
    simulator.save('start')
    const runs = [await idsOf()]
    for (const back of [() => simulator.reset(), () => simulator.reset(), () => simulator.restore('start')]) {
      await back()
      runs.push(await idsOf())
    }
    const ids = runs.flat()
    expect(new Set(runs.map(([, , transaction_id]) => transaction_id)).size).toBe(4)
    expect(new Set(runs.map(([, , , notification]) => notification)).size).toBe(4)
    expect(ids).not.toContain(undefined)
  })

  it('gives the same numbers again with a seed', async () => {
    simulator = await createSimulator({ seed: 'reset', now: () => NOW, deliver: async () => new Response(null) })
    const [, first] = await placeOrder('T100001')
    const { transaction_id } = simulator.pay({ out_trade_no: 'T100001' })
    await simulator.reset()
    expect((await placeOrder('T100001'))[1]).toEqual(first)
    expect(simulator.pay({ out_trade_no: 'T100001' }).transaction_id).toBe(transaction_id)
  })

  it('repeats no notification of the time before', async () => {
    await placeOrder('T100001')
    simulator.pay({ out_trade_no: 'T100001' })
    await simulator.settled()
    expect(delivered).toHaveLength(1)
    await simulator.reset()
    await simulator.advance(48 * 3_600_000)
    expect(delivered).toHaveLength(1)
  })

  it('serves callers that have kept a method from before', async () => {
    const { fetch, pay, settled, faults, notify } = simulator
    await simulator.reset()
    await placeOrder('T100001')
    pay({ out_trade_no: 'T100001' })
    await settled()
    expect(simulator.notifications).toHaveLength(1)
    faults.add({ kind: 'status', status: 502, count: 1 })
    expect((await fetch('https://x.example/v3/certificates')).status).toBe(502)
    notify.hold()
    expect(simulator.faults.list()).toHaveLength(1)
  })

  it('can be requested several times at once', async () => {
    await placeOrder('T100001')
    await Promise.all([simulator.reset(), simulator.reset(), simulator.reset()])
    expect(simulator.order('T100001')).toBeUndefined()
    expect((await placeOrder('T100002'))[0]).toBe(200)
  })

  it('counts as a change, so that a state file is written', async () => {
    await placeOrder('T100001')
    const { changes } = simulator
    await simulator.reset()
    expect(simulator.changes).toBeGreaterThan(changes)
    const afterReset = simulator.changes
    await simulator.reset()
    expect(simulator.changes).toBeGreaterThan(afterReset)
  })
})

describe('saved states', () => {
  it('are restored by name, as often as needed', async () => {
    await placeOrder('T100001')
    simulator.save('placed')
    simulator.pay({ out_trade_no: 'T100001' })
    simulator.save('paid')
    for (let round = 0; round < 2; round++) {
      await simulator.restore('placed')
      expect(simulator.order('T100001')!.trade_state).toBe('NOTPAY')
      await simulator.restore('paid')
      expect(simulator.order('T100001')!.trade_state).toBe('SUCCESS')
    }
  })

  it('continue their pending work without waiting for a request, if the simulator is live', async () => {
    let [now, status] = [NOW, 500]
    let deliveredAgain = (): void => {}
    const again = new Promise<void>(resolve => {
      deliveredAgain = resolve
    })
    const ids: string[] = []
    const deliver: typeof fetch = async (_, init) => {
      ids.push(JSON.parse(String(init!.body)).id)
      if (status === 204) deliveredAgain()
      return new Response(null, { status })
    }
    simulator = await createSimulator({ live: true, now: () => now, deliver })
    await placeOrder('T100001')
    simulator.pay({ out_trade_no: 'T100001' })
    await simulator.settled()
    simulator.save('pending')
    // The second attempt is due 15 seconds after the first.
    now += 60_000
    status = 204
    await simulator.restore('pending')
    await again
    expect(ids).toEqual([ids[0], ids[0]])
  })

  it('are at most 100, of which each can be replaced', () => {
    for (let count = 0; count < 100; count++) simulator.save(`s${count}`)
    expect(() => simulator.save('one more')).toThrow(RangeError)
    simulator.save('s5')
  })

  it('are saved and restored over HTTP, and an unknown name is refused', async () => {
    const mount = createSimulatorMount(simulator)
    const post = async (path: string, body?: object) => {
      const init = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
      const response = await mount(new Request(`http://127.0.0.1:8989/simulator/${path}`, { method: 'POST', ...init }))
      return [response.status, await response.text()]
    }
    await placeOrder('T100001')
    expect(await post('save', { name: 'placed' })).toEqual([204, ''])
    expect(await post('reset')).toEqual([204, ''])
    expect(simulator.order('T100001')).toBeUndefined()
    expect(await post('restore', { name: 'placed' })).toEqual([204, ''])
    expect(simulator.order('T100001')!.out_trade_no).toBe('T100001')
    expect(await post('restore', { name: 'none' })).toEqual([400, expect.stringContaining('No state is saved')])
  })
})
