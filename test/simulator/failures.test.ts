import { expect, test, vi } from 'vitest'
import { Wechatpay } from '../../src/core/index.ts'
import { createFailures } from '../../src/simulator/failures.ts'
import { createSimulator, type SimulatorOptions } from '../../src/simulator/index.ts'

const failing = (): never => {
  throw new Error('it fails')
}

test.each([
  ['onExchange', { onExchange: failing }, false],
  ['an observer', {}, true],
] satisfies [string, SimulatorOptions, boolean][])(
  'a call that has taken effect succeeds although %s throws, which settled rejects with',
  async (_, options, isObserved) => {
    const onError = vi.fn()
    const simulator = await createSimulator({ ...options, onError })
    if (isObserved) simulator.observe(failing)
    const { appid, mchid } = simulator.merchant
    const wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch, retry: false })
    const order = { appid, mchid, description: '茶', out_trade_no: '1900000001', amount: { total: 1 } }
    const { status } = await wxpay.v3.pay.transactions.native.post({ ...order, notify_url: 'https://shop.example/' })
    expect(status).toBe(200)
    expect(simulator.order('1900000001')).toMatchObject({ trade_state: 'NOTPAY' })
    expect(onError).toHaveBeenCalledWith(new Error('it fails'))
    await expect(simulator.settled()).rejects.toThrow('it fails')
    await simulator.settled()
  },
)

test('a reset forgets the failures of what was before', async () => {
  const simulator = await createSimulator({ onExchange: failing })
  await simulator.fetch('https://api.mch.weixin.qq.com/v3/certificates')
  await simulator.reset()
  await simulator.settled()
})

test('keeps the last hundred failures', () => {
  const { record, take } = createFailures()
  for (let at = 0; at < 150; at++) record(at)
  expect(take()).toEqual(Array.from({ length: 100 }, (_, at) => at + 50))
  expect(take()).toEqual([])
})
