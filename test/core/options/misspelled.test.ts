import { describe, expect, test } from 'vitest'
import { Wechatpay, type WechatpayOptions } from '../../../src/core/index.ts'
import { createSimulator } from '../../../src/simulator/index.ts'

const mchid = '1900000109'

describe('a misspelled option', () => {
  test.each([
    ['apiV3Key', 'apiv3Key'],
    ['platformkeys', 'platformKeys'],
    ['private_key', 'privateKey'],
    ['timeOut', 'timeout'],
    ['baseURL', 'baseUrl'],
    ['Crypto', 'crypto'],
  ])('of a client, %s, is refused with the name to write', (name, near) => {
    const create = () => new Wechatpay({ mchid, [name]: 'x' } as WechatpayOptions)
    const message = `${name}: not an option. Write ${near}.`
    expect(create).toThrow(expect.objectContaining({ code: 'OPTION_INVALID', option: name, message }))
  })

  test('is no name that resembles none, so that an object with more can be spread', async () => {
    const { merchant } = await createSimulator({ mchid })
    const more = { ...merchant, openid: 'o1', notify_url: 'https://example.com', note: '', name: '', description: '' }
    expect(new Wechatpay(more)).toBeInstanceOf(Wechatpay)
    const simulatorOptions = { mchid, description: '' }
    await expect(createSimulator(simulatorOptions)).resolves.toBeDefined()
  })

  test('of a call is refused with the name to write', async () => {
    const wxpay = new Wechatpay({ mchid })
    // biome-ignore lint/suspicious/noExplicitAny: mistakes that the types forbid
    const v3 = wxpay.v3 as any
    const order = v3.pay.transactions.native.post({}, { timeOut: 3 })
    await expect(order).rejects.toMatchObject({ code: 'OPTION_UNKNOWN', field: 'timeOut' })
    await expect(order).rejects.toThrow('Is timeout meant? A query goes into')
    const query = v3.pay.transactions.outTradeNo._out_trade_no_.get({ outTradeNo: '1', params: { mchid } })
    await expect(query).rejects.toThrow('Is out_trade_no meant?')
  })

  test.each([
    ['mchId', 'mchid'],
    ['signatureClok', 'signatureClock'],
  ])('of a simulator, %s, is refused with the name to write', async (name, near) => {
    const simulator = createSimulator({ [name]: 'x' })
    await expect(simulator).rejects.toThrow(TypeError)
    await expect(simulator).rejects.toThrow(`createSimulator has no option "${name}". Write ${near}.`)
  })
})
