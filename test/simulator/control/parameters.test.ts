import { beforeAll, describe, expect, test } from 'vitest'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'

describe('parameters that JavaScript passes to the methods of the simulator', () => {
  // biome-ignore lint/suspicious/noExplicitAny: these calls have the wrong types
  let simulator: any
  beforeAll(async () => {
    simulator = await createSimulator({ seed: 'parameters' })
  })

  test.each([
    ['confirmTransfer', { out_bill_no: 'b1' }, 'accepts text first, not an object. Call confirmTransfer(out_bill_no).'],
    ['failTransfer', { out_bill_no: 'b1' }, 'Call failTransfer(out_bill_no, fail_reason).'],
    ['confirmServiceOrder', { out_order_no: 'o1' }, 'Call confirmServiceOrder(out_order_no).'],
    ['payServiceOrder', undefined, 'not nothing. Call payServiceOrder(out_order_no).'],
    ['refundResult', { out_refund_no: 'r1', result: 'SUCCESS' }, "Call refundResult(out_refund_no, 'SUCCESS')."],
    ['order', { out_trade_no: 't1' }, 'Call order(out_trade_no).'],
    ['fund', { fen: 100 }, 'accepts a number first, not an object.'],
    ['pay', 'order-1', 'accepts an object that names the order, not text. Call pay({ out_trade_no })'],
    ['pay', undefined, 'not nothing. Call pay({ out_trade_no })'],
    ['pay', {}, 'not an object without such a text.'],
    ['fail', 'order-1', 'Call fail({ out_trade_no }).'],
    ['cancel', null, 'not null. Call cancel({ out_trade_no }).'],
  ])('%s(%o) throws a TypeError that names the call to make', (method, value, message) => {
    const call = () => simulator[method](value)
    expect(call).toThrow(TypeError)
    expect(call).toThrow(`simulator.${method} `)
    expect(call).toThrow(message)
  })

  test('a check of no parameters is refused once, with a promise that the caller handles', async () => {
    await expect(simulator.checkPayment(undefined)).rejects.toThrow(TypeError)
  })

  test('a record that does not exist is still a refusal, not a TypeError', () => {
    const typed: Simulator = simulator
    expect(() => typed.confirmTransfer('b1')).toThrow('There is no such transfer. (b1)')
    expect(() => typed.pay({ out_trade_no: 't1' })).toThrow('t1')
  })
})
