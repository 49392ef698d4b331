import { assert } from 'chai'
import { Wechatpay } from '../../src/core/index.ts'
import { pages } from '../../src/flows/paging/index.ts'
import { type MicropayOptions, micropay, refund, settledOrder } from '../../src/flows/payment/index.ts'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'
import { crypto } from '../webcrypto.ts'
import { type Case, includes } from './case.ts'

const START = Date.parse('2026-03-01T12:00:00+08:00')

/** A shop whose clock moves when it waits. */
async function open() {
  let time = START
  const now = () => time
  const simulator = await createSimulator({
    seed: 'flows',
    crypto,
    now,
    deliver: async () => new Response(null, { status: 204 }),
  })
  const { merchant, fetch, mtlsFetch } = simulator
  const wxpay = new Wechatpay({ ...merchant, fetch, mtlsFetch, crypto, now })
  const wait = async (ms: number) => {
    time += ms
    await simulator.settled()
  }
  return { simulator, wxpay, wait }
}

const order = ({ merchant: { appid, mchid } }: Simulator, out_trade_no: string, total = 100) => ({
  appid,
  mchid,
  out_trade_no,
  amount: { total },
  description: '茶',
})

async function statesOf(options: MicropayOptions, shop: Awaited<ReturnType<typeof open>>, total: number) {
  const { simulator, wxpay } = shop
  const scanned = { payer: { auth_code: '134567890123456789' }, scene_info: { store_info: { id: '1' } } }
  const states: string[] = []
  for await (const { state } of micropay(wxpay, { ...order(simulator, 'M1000001', total), ...scanned }, options))
    if (states.at(-1) !== state) states.push(state)
  return states
}

export const cases: readonly Case[] = [
  {
    name: 'a payment by code whose answer is lost is found paid',
    async run() {
      const shop = await open()
      shop.simulator.faults.add({ kind: 'lost-response', path: '/**', count: 1 })
      assert.deepEqual(await statesOf({ wait: shop.wait }, shop, 100), ['paying', 'paid'])
      assert.equal(shop.simulator.order('M1000001')?.trade_state, 'SUCCESS')
    },
  },
  {
    name: 'a payment by code that nobody confirms is waited for, then reversed',
    async run() {
      const shop = await open()
      const states = await statesOf({ wait: shop.wait }, shop, 100_001)
      assert.deepEqual(states, ['paying', 'waiting', 'reversing', 'reversed'])
      assert.equal(shop.simulator.order('M1000001')?.trade_state, 'REVOKED')
    },
  },
  {
    name: 'a payment by code that is given up is reversed before the loop is left',
    async run() {
      const { simulator, wxpay, wait } = await open()
      const scanned = { payer: { auth_code: '134567890123456789' }, scene_info: { store_info: { id: '1' } } }
      for await (const { state } of micropay(wxpay, { ...order(simulator, 'M1000002', 100_001), ...scanned }, { wait }))
        if (state === 'waiting') break
      assert.equal(simulator.order('M1000002')?.trade_state, 'REVOKED')
    },
  },
  {
    name: 'an order is settled by a notification, and by a query; a refund whose answer is lost is made once',
    async run() {
      const { simulator, wxpay, wait } = await open()
      const out_trade_no = 'S1000001'
      const notify_url = 'https://example.com/notify'
      await wxpay.v3.pay.transactions.native.post({ ...order(simulator, out_trade_no), notify_url })
      const notifications = new EventTarget()
      const { mchid } = simulator.merchant
      const resource = { mchid, out_trade_no, trade_state: 'SUCCESS' }
      const options = { deadline: START + 600_000, notifications }
      const told = settledOrder(wxpay, { out_trade_no }, { ...options, wait: () => new Promise<void>(() => {}) })
      notifications.dispatchEvent(new CustomEvent('notification', { detail: { api: 'v3', message: {}, resource } }))
      includes(await told, { isFinal: true, state: 'SUCCESS', by: 'notification' })
      simulator.pay({ out_trade_no })
      includes(await settledOrder(wxpay, { out_trade_no }, { ...options, wait }), { isFinal: true, by: 'query' })
      simulator.faults.add({ kind: 'lost-response', method: 'POST', path: '/v3/refund/**', count: 1 })
      const request = { out_trade_no, out_refund_no: 'R1', amount: { refund: 30 } }
      includes(await refund(wxpay, request, { wait }), { amount: 30, by: 'query', isRepeat: false })
      includes(await refund(wxpay, request, { wait }), { amount: 30, by: 'query', isRepeat: true })
      assert.equal(simulator.balance().pending, 70)
    },
  },
  {
    name: 'a list is gone through page by page',
    async run() {
      const { simulator, wxpay } = await open()
      const filed: string[] = []
      for (const out_trade_no of ['T100001', 'T100002']) {
        const notify_url = 'https://example.com/notify'
        await wxpay.v3.pay.transactions.native.post({ ...order(simulator, out_trade_no), notify_url })
        simulator.pay({ out_trade_no })
        filed.push(simulator.complain({ out_trade_no }).complaint_id)
      }
      const params = { begin_date: '2026-03-01', end_date: '2026-03-30', limit: 1 }
      const ids: string[] = []
      for await (const { complaint_id } of pages(wxpay.v3.merchantService.complaintsV2, { params }))
        ids.push(complaint_id)
      assert.deepEqual([ids, simulator.journal.length], [filed, 4])
    },
  },
]
