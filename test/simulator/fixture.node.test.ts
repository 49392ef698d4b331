import { test as base, expect } from 'vitest'
import { Wechatpay } from '../../src/core/index.ts'
import { type Simulator, simulatorFixture } from '../../src/simulator/index.ts'

const test = base.extend<{ simulator: Simulator }>({ simulator: simulatorFixture({ mchid: '1900000112' }) })

const serials: string[] = []

for (const name of ['one', 'another'])
  test(`gives ${name} test a simulator without records, with the same keys`, async ({ simulator }) => {
    const { merchant, fetch } = simulator
    expect([merchant.mchid, simulator.orders()]).toEqual(['1900000112', []])
    serials.push(merchant.serial)
    await new Wechatpay({ ...merchant, fetch }).v3.pay.transactions.native.post({
      mchid: merchant.mchid,
      appid: merchant.appid,
      out_trade_no: 'number-1',
      description: 'd',
      notify_url: 'https://shop.example',
      amount: { total: 1 },
    })
    expect(simulator.orders()).toHaveLength(1)
    expect(new Set(serials).size).toBe(1)
  })
