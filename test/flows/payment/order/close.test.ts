import { describe, expect, it } from 'vitest'
import { type CloseName, closeOrder } from '../../../../src/flows/payment/index.ts'
import { createTestClient, signedV2Response, signedV3Response } from '../../../core/test-client.ts'
import { KINDS } from '../placed.ts'
import { createTestMerchant, unusedNumber } from '../test-merchant.ts'

describe.each(Object.keys(KINDS))('closing an order, %s', kind => {
  const open = async () => {
    const shop = await createTestMerchant()
    const { name, pay, numbers } = await KINDS[kind]!(shop)
    const close = (options = {}) => closeOrder(shop.wxpay, name, { wait: shop.wait, ...options })
    const states = () => numbers.map(number => shop.simulator.order(number)!.trade_state)
    const before = shop.calls().length
    const asked = () =>
      shop
        .calls()
        .slice(before)
        .map(call => (/close/.test(call) ? 'close' : 'query'))
    const closing = kind === 'combined' ? ['query', 'close'] : ['close']
    return { ...shop, shop, name, numbers, pay: () => shop.simulator.pay(pay as never), close, states, asked, closing }
  }
  const CLOSE = { path: '/**/close*', method: 'POST' }
  const closed = { state: 'closed', tradeState: 'CLOSED', data: expect.any(Object) }

  it('closes it, and a query says so', async () => {
    const { close, states, asked, closing, pay } = await open()
    expect(await close()).toMatchObject(closed)
    expect(asked()).toEqual([...closing, 'query'])
    expect(new Set(states())).toEqual(new Set(['CLOSED']))
    expect(pay).toThrow(/ORDER_CLOSED/)
  })

  it('that is paid already is told as paid', async () => {
    const { close, states, pay } = await open()
    pay()
    expect(await close()).toMatchObject({ state: 'paid', tradeState: 'SUCCESS' })
    expect(new Set(states())).toEqual(new Set(['SUCCESS']))
  })

  it('that is closed already stays closed', async () => {
    const { close } = await open()
    await close()
    expect(await close()).toMatchObject(closed)
  })

  it('whose answer is lost is found closed', async () => {
    const { close, fault, waits } = await open()
    fault({ kind: 'lost-response', ...CLOSE, count: 1 })
    expect(await close()).toMatchObject(closed)
    expect(waits).toEqual([])
  })

  it('that did not arrive is closed again, and told as paid when the shopper is faster', async () => {
    const { close, fault, during, pay, waits } = await open()
    fault({ kind: 'cut-connection', ...CLOSE, count: 1 })
    during(1, () => void pay())
    expect(await close()).toMatchObject({ state: 'paid', tradeState: 'SUCCESS' })
    expect(waits).toEqual([5_000])
  })

  it('is not said to be closed while no query says so', async () => {
    const { close, fault, waits } = await open()
    fault({ kind: 'cut-connection', path: '/**', after: kind === 'combined' ? 2 : 1 })
    const error = await close().catch(cause => cause)
    expect(error).toMatchObject({ name: 'CloseError', code: 'ORDER_NOT_CLOSED', tradeState: undefined })
    expect(waits).toEqual([5_000, 10_000, 30_000, 60_000])
  })

  it('that WeChat Pay refuses to close is not said to be closed, and the error has the code', async () => {
    const { close, fault, states } = await open()
    fault({ kind: 'status', status: 500, ...CLOSE })
    const error = await close().catch(cause => cause)
    const serviceCode = expect.stringMatching(/^SYSTEM_?ERROR$/)
    expect(error).toMatchObject({ code: 'ORDER_NOT_CLOSED', tradeState: 'NOTPAY', serviceCode })
    expect(new Set(states())).toEqual(new Set(['NOTPAY']))
  })

  it('of which there is none is said to be absent, not closed', async () => {
    const { wxpay, name, wait } = await open()
    const number = 'combine_out_trade_no' in name ? 'combine_out_trade_no' : 'out_trade_no'
    const order = await closeOrder(wxpay, { ...name, [number]: unusedNumber() } as CloseName, { wait })
    expect(order).toEqual({ state: 'absent', tradeState: undefined, data: undefined })
  })

  it('that is given up ahead is not sent', async () => {
    const { close, asked } = await open()
    await expect(close({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
    expect(asked()).toEqual([])
  })
})

describe('an order is not closed because a genuine response says so that is not about it', () => {
  const options = { delays: [1], wait: async () => {} }

  it('the empty response to closing another, of APIv3', async () => {
    const { wxpay } = createTestClient([
      async ({ method }) =>
        method === 'POST'
          ? signedV3Response()
          : signedV3Response({ mchid: '1900000109', out_trade_no: '1', trade_state: 'SUCCESS', amount: { total: 1 } }),
    ])
    expect(await closeOrder(wxpay, { out_trade_no: '1' }, options)).toMatchObject({ state: 'paid' })
  })

  it('the query of another that is closed', async () => {
    const other = { mchid: '1900000109', out_trade_no: '2', trade_state: 'CLOSED' }
    const { wxpay } = createTestClient([
      async ({ method }) => (method === 'POST' ? signedV3Response() : signedV3Response(other)),
    ])
    const error = await closeOrder(wxpay, { out_trade_no: '1' }, options).catch(cause => cause)
    expect(error).toMatchObject({ code: 'ORDER_NOT_CLOSED', cause: { code: 'RESPONSE_MISMATCH' } })
  })

  it('the response to closing another, of APIv2', async () => {
    const { wxpay } = createTestClient([signedV2Response({ mch_id: '1900000109' })])
    const name = { appid: 'wx1', mch_id: '1900000109', out_trade_no: '1' }
    await expect(closeOrder(wxpay, name, options)).rejects.toMatchObject({ code: 'ORDER_NOT_CLOSED' })
  })

  it.each([
    [{ out_trade_no: '' }, 'out_trade_no'],
    [{ out_trade_no: 'a b' }, 'out_trade_no'],
    [{ combine_out_trade_no: '', combine_appid: 'wx1' }, 'combine_out_trade_no'],
  ])('%j names no order, and nothing is sent', async (name, field) => {
    const { wxpay, requests } = createTestClient([signedV2Response({})])
    await expect(closeOrder(wxpay, name as CloseName, options)).rejects.toMatchObject({ code: 'BODY_INVALID', field })
    expect(requests).toEqual([])
  })
})
