import { describe, expect, test } from 'vitest'
import { DAY, HOUR, MINUTE } from '../../../src/core/base/time.ts'
import { receiveNotification, Wechatpay, type WechatpayOptions } from '../../../src/core/index.ts'
import { downloadFundFlowBill, downloadTradeBill, downloadTradeBillV2 } from '../../../src/flows/bill/index.ts'
import { MAX_CLOCK } from '../../../src/simulator/clock/scheduler.ts'
import { dateOf } from '../../../src/simulator/clock/time.ts'
import { createSimulator, type SimulatorOptions } from '../../../src/simulator/index.ts'

const OUT_TRADE_NO = 'T1000001'

async function shop({ signatureClock }: Pick<SimulatorOptions, 'signatureClock'>) {
  /** The merchant's handler; a test may have another. */
  const merchantServer = { receive: async (_: Request) => new Response(null, { status: 204 }) }
  const simulator = await createSimulator({
    signatureClock,
    deliver: (input, init) => merchantServer.receive(new Request(input, init)),
  })
  const { merchant, fetch, mtlsFetch, now } = simulator
  const clock = signatureClock === 'simulated' ? now : Date.now
  const options = { ...merchant, fetch, mtlsFetch, now: clock, retry: false as const }
  const wxpay = new Wechatpay(options)
  const { appid, mchid } = merchant
  const place = (out_trade_no: string) =>
    wxpay.v3.pay.transactions.native.post({
      appid,
      mchid,
      out_trade_no,
      description: '茶',
      notify_url: 'https://example.com/notify',
      amount: { total: 100 },
    })
  await place(OUT_TRADE_NO)
  const billDate = dateOf(simulator.pay({ out_trade_no: OUT_TRADE_NO }).paidAt!)
  await simulator.settled()
  return { simulator, wxpay, options, clock, place, appid, billDate, merchantServer }
}

const numbersOf = async (bill: { rows: AsyncIterable<object> }) => {
  const numbers: unknown[] = []
  for await (const row of bill.rows) numbers.push((row as Record<string, unknown>).商户订单号)
  return numbers
}

/** A client with the real clock, as any program has it, and one that shares the simulated clock. */
describe.each([{ signatureClock: 'wall' }, { signatureClock: 'simulated' }] as const)(
  'signatures by $signatureClock',
  by => {
    test('downloads the bills of a day that the simulator was advanced past', async () => {
      const { simulator, wxpay, appid, billDate } = await shop(by)
      await expect(downloadTradeBill(wxpay, { bill_date: billDate })).rejects.toMatchObject({
        serviceCode: 'NO_STATEMENT_EXIST',
      })
      for (const days of [1, 2, 40]) {
        await simulator.advance(days * DAY)
        expect(await numbersOf(await downloadTradeBill(wxpay, { bill_date: billDate }))).toEqual([OUT_TRADE_NO])
        const funds = await downloadFundFlowBill(wxpay, { bill_date: billDate, tar_type: 'GZIP' })
        expect((await numbersOf(funds)).length).toBeGreaterThan(0)
        const v2 = await downloadTradeBillV2(wxpay, { appid, bill_date: billDate.replaceAll('-', '') })
        expect(await numbersOf(v2)).toEqual([OUT_TRADE_NO])
      }
    })

    test('verifies responses, errors and notifications after days', async () => {
      const { simulator, wxpay, place, merchantServer } = await shop(by)
      let paid: unknown
      merchantServer.receive = async request => {
        paid = (await receiveNotification(wxpay, request)).resource
        return new Response(null, { status: 204 })
      }
      for (const ms of [3 * MINUTE, 4 * MINUTE, 4 * HOUR, 3 * DAY]) {
        await simulator.advance(ms)
        const out_trade_no = `T${ms}`
        await place(out_trade_no)
        await expect(place(out_trade_no.repeat(9))).rejects.toMatchObject({ verifiedBy: expect.any(String) })
        simulator.pay({ out_trade_no })
        await simulator.settled()
        expect(paid).toMatchObject({ out_trade_no })
      }
    })

    test('verifies a notification that is retried while the simulator is advanced', async () => {
      const { simulator, wxpay, place, merchantServer } = await shop(by)
      const proven: string[] = []
      merchantServer.receive = async request => {
        proven.push((await receiveNotification(wxpay, request)).id)
        return new Response(null, { status: 500 })
      }
      await place('T1000002')
      simulator.pay({ out_trade_no: 'T1000002' })
      await simulator.advance(30 * HOUR)
      expect([proven.length, new Set(proven).size]).toEqual([16, 1])
    })

    test('detects a wrong clock and a replay', async () => {
      const { simulator, options, clock, place } = await shop(by)
      await simulator.advance(DAY)
      const { mchid } = simulator.merchant
      const query = (more: Partial<WechatpayOptions>) =>
        new Wechatpay({ ...options, ...more }).v3.pay.transactions.outTradeNo._out_trade_no_.get({
          out_trade_no: OUT_TRADE_NO,
          params: { mchid },
        })
      for (const off of [6 * MINUTE, -6 * MINUTE, DAY / 2])
        await expect(query({ now: () => clock() + off })).rejects.toMatchObject({ serviceCode: 'SIGN_ERROR' })
      let sent: Parameters<typeof globalThis.fetch> | undefined
      const remember: typeof globalThis.fetch = (...given) => {
        sent = given
        return simulator.fetch(...given)
      }
      await query({ fetch: remember })
      await place('T1000002')
      const again = await simulator.fetch(...sent!)
      expect([again.status, ((await again.json()) as { message: string }).message]).toEqual([
        401,
        'Http头Authorization中的nonce_str重复',
      ])
    })

    test('signs the response of a fault by the same clock', async () => {
      const { simulator, place } = await shop(by)
      await simulator.advance(2 * DAY)
      simulator.faults.add({ kind: 'status', status: 429, count: 1 })
      await expect(place('T1000003')).rejects.toMatchObject({ verifiedBy: expect.any(String) })
      simulator.faults.add({ kind: 'clock-skew', ms: 6 * MINUTE, count: 1 })
      await expect(place('T1000004')).rejects.toMatchObject({ code: 'SIGNATURE_STALE' })
      simulator.faults.add({ kind: 'clock-skew', ms: -4 * MINUTE, count: 1 })
      await place('T1000005')
    })
  },
)

test('a simulator whose clock was to move too far keeps its time, and accepts orders at the last time', async () => {
  const { simulator, wxpay, appid } = await shop({ signatureClock: 'wall' })
  const at = simulator.now()
  for (const ms of [8.64e15, Number.MAX_SAFE_INTEGER, MAX_CLOCK])
    await expect(simulator.advance(ms)).rejects.toThrow('9900-01-01')
  expect(simulator.now()).toBeLessThan(at + HOUR)
  await simulator.advance(MAX_CLOCK - simulator.now() - HOUR)
  const { mchid } = simulator.merchant
  const order = { appid, mchid, out_trade_no: 'T1000002', description: '茶', notify_url: 'https://example.com/notify' }
  await wxpay.v3.pay.transactions.native.post({ ...order, amount: { total: 100 } })
  expect(dateOf(simulator.pay({ out_trade_no: 'T1000002' }).paidAt!)).toMatch(/^9900-01-01|^9899-12-31/)
  const restored = await createSimulator({ state: simulator.snapshot() })
  expect(restored.now()).toBeGreaterThan(at)
})

test.each([8.64e15, -1, Number.NaN])('a simulator does not start at %s', async at => {
  await expect(createSimulator({ clock: () => at })).rejects.toThrow('simulated clock')
  await expect(createSimulator({ now: () => at })).rejects.toThrow('simulated clock')
})
