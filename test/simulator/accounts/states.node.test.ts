/** The tables of states, against random histories through the simulator: no record changes its state in another way. */
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { ORDER_STATES } from '../../../src/simulator/accounts/orders/order-states.ts'
import { REFUND_STATES } from '../../../src/simulator/accounts/refunds/refund-states.ts'
import type { StateMachine } from '../../../src/simulator/accounts/state-machine.ts'
import { TRANSFER_STATES } from '../../../src/simulator/accounts/transfers/transfer-states.ts'
import { createSimulator, createSimulatorMount, type StateChange } from '../../../src/simulator/index.ts'
import { createTestMerchant, type TestMerchant } from '../test-merchant.ts'

const MACHINES: Readonly<Record<string, readonly [machine: StateMachine, field: string]>> = {
  orders: [ORDER_STATES, 'trade_state'],
  refunds: [REFUND_STATES, 'status'],
  transfers: [TRANSFER_STATES, 'state'],
}

/** Returns the tables that the console shows. */
async function shownMachines(): Promise<Readonly<Record<string, StateMachine>>> {
  const mount = createSimulatorMount(await createSimulator())
  return (await mount(new Request('http://localhost/simulator/state-machines'))).json()
}

let shop: TestMerchant
let changes: StateChange[]
beforeAll(async () => {
  shop = await createTestMerchant()
  shop.simulator.observe(record => {
    if (record.kind !== 'notification') changes.push(...record.changes)
  })
})

const order = (out_trade_no: string) => ({
  mchid: shop.simulator.merchant.mchid,
  appid: shop.simulator.merchant.appid,
  out_trade_no,
  description: 'd',
  notify_url: 'https://merchant.example',
  amount: { total: 100 },
})

const ACTS: Readonly<Record<string, (number: string) => unknown>> = {
  place: number => shop.call('POST /v3/pay/transactions/native', order(number)),
  pay: out_trade_no => shop.simulator.pay({ out_trade_no }),
  fail: out_trade_no => shop.simulator.fail({ out_trade_no }),
  close: number =>
    shop.call(`POST /v3/pay/transactions/out-trade-no/${number}/close`, { mchid: shop.simulator.merchant.mchid }),
  refund: number =>
    shop.call('POST /v3/refund/domestic/refunds', {
      out_trade_no: number,
      out_refund_no: `${number}-1`,
      amount: { refund: 100, total: 100, currency: 'CNY' },
    }),
  succeed: number => shop.simulator.refundResult(`${number}-1`, 'SUCCESS'),
  abnormal: number => shop.simulator.refundResult(`${number}-1`, 'ABNORMAL'),
  closeRefund: number => shop.simulator.refundResult(`${number}-1`, 'CLOSED'),
  transfer: out_bill_no =>
    shop.call('POST /v3/fund-app/mch-transfer/transfer-bills', {
      appid: shop.simulator.merchant.appid,
      out_bill_no,
      transfer_scene_id: '1000',
      openid: 'o',
      transfer_amount: 100,
      transfer_remark: '新会员',
      transfer_scene_report_infos: [{ info_type: '活动名称', info_content: '有礼' }],
    }),
  confirmTransfer: number => shop.simulator.confirmTransfer(number),
  failTransfer: number => shop.simulator.failTransfer(number),
  cancelTransfer: number => shop.call(`POST /v3/fund-app/mch-transfer/transfer-bills/out-bill-no/${number}/cancel`, {}),
  queryTransfer: number => shop.call(`GET /v3/fund-app/mch-transfer/transfer-bills/out-bill-no/${number}`),
  wait: () => shop.simulator.advance(8 * 86_400_000),
}

describe('in any history', () => {
  it('an order, a refund and a transfer change their states only as the tables say', async () => {
    const history = fc.array(fc.constantFrom(...Object.keys(ACTS)), { minLength: 1, maxLength: 10 })
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(history, async acts => {
        changes = []
        await shop.simulator.reset()
        for (const act of ['place', ...acts])
          await Promise.resolve()
            .then(() => ACTS[act]!('number1'))
            .catch(() => {})
        for (const { map, before, after } of changes) {
          const [machine, field] = MACHINES[map] ?? []
          if (!machine || after === undefined) continue
          const [from, to] = [before, after].map(record => (record as Record<string, string> | undefined)?.[field!])
          if (from === to) continue
          seen.add(`${map} ${from} ${to}`)
          if (from === undefined) expect(machine.initial).toContain(to)
          else expect(machine.transitions.map(one => `${one.from} ${one.to}`)).toContain(`${from} ${to}`)
        }
      }),
      {
        numRuns: 30,
        // Chance may leave these out.
        examples: [
          [['pay', 'refund', 'succeed']],
          [['pay', 'refund', 'abnormal', 'closeRefund']],
          [['close', 'pay']],
          [['transfer', 'confirmTransfer', 'failTransfer', 'queryTransfer', 'cancelTransfer']],
          [['transfer', 'cancelTransfer', 'confirmTransfer', 'queryTransfer']],
          [['transfer', 'failTransfer', 'confirmTransfer']],
          [['transfer', 'wait', 'cancelTransfer']],
        ],
      },
    )
    // The histories reach what they are about.
    expect([...seen]).toEqual(
      expect.arrayContaining([
        'orders NOTPAY SUCCESS',
        'orders NOTPAY CLOSED',
        'refunds PROCESSING SUCCESS',
        ...TRANSFER_STATES.transitions.map(({ from, to }) => `transfers ${from} ${to}`),
      ]),
    )
  })
})

it.each(Object.entries(await shownMachines()))(
  '%s: every state can be reached, and every transition begins in one',
  (_, machine) => {
    const reached = new Set(machine.initial)
    for (let size = 0; size !== reached.size; ) {
      size = reached.size
      for (const { from, to } of machine.transitions) if (reached.has(from)) reached.add(to)
    }
    for (const { from } of machine.transitions) expect(reached).toContain(from)
    const keys = machine.transitions.map(({ from, event }) => `${from} ${event}`)
    expect(new Set(keys).size).toBe(keys.length)
  },
)
