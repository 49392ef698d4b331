import { beforeAll, describe, expect, it } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import {
  type Contract,
  startContract,
  startContractApp,
  startContractH5,
  startContractMiniProgram,
} from '../../../src/flows/payment/index.ts'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'

let simulator: Simulator
let wxpay: Wechatpay
let contract: Contract
beforeAll(async () => {
  simulator = await createSimulator()
  const { merchant, fetch } = simulator
  wxpay = new Wechatpay({ ...merchant, fetch, retry: false })
  contract = {
    appid: merchant.appid,
    plan_id: 12535,
    contract_code: '100000',
    request_serial: 1000,
    contract_display_account: '微信代扣',
    notify_url: 'https://example.com/contract?a=b&c=茶',
  }
})
const partner = { sub_mch_id: '1900000110' }

describe('公众号纯签约', () => {
  it('is a URL that WeChat Pay finds rightly signed; nothing is sent to make it', async () => {
    const before = simulator.journal.length
    const url = await startContract(wxpay, { ...contract, request_serial: 9223372036854775807n, return_web: 1 })
    expect(simulator.journal.length).toBe(before)
    expect(url).toMatch(/^https:\/\/api\.mch\.weixin\.qq\.com\/papay\/entrustweb\?.*&sign=[0-9A-F]{32}$/)
    const { searchParams } = new URL(url)
    expect(Object.fromEntries(searchParams)).toEqual({
      ...contract,
      mch_id: simulator.merchant.mchid,
      plan_id: '12535',
      request_serial: '9223372036854775807',
      return_web: '1',
      version: '1.0',
      timestamp: expect.stringMatching(/^\d{10}$/),
      sign: expect.any(String),
    })
    const response = await simulator.fetch(url, { redirect: 'manual' })
    expect([response.status, simulator.journal.at(-1)?.signature]).toEqual([302, 'valid'])
  })

  it("of a sub merchant goes to the partner's endpoint", async () => {
    const url = await startContract(wxpay, { ...contract, ...partner })
    expect(url).toMatch(/\/papay\/partner\/entrustweb\?.*sub_mch_id=1900000110/)
    await simulator.fetch(url, { redirect: 'manual' })
    expect(simulator.journal.at(-1)?.signature).toBe('valid')
  })
})

describe.each([
  ['merchant', {}, ''],
  ['partner', partner, 'partner/'],
] as const)('%s', (_, whose, prefix) => {
  it('H5纯签约 gives the URL that WeChat Pay answers', async () => {
    const url = await startContractH5(wxpay, { ...contract, ...whose, clientip: '127.0.0.1' })
    expect(url).toEqual(expect.any(String))
    expect(simulator.journal.at(-1)).toMatchObject({ path: `/papay/${prefix}h5entrustweb`, signature: 'valid' })
  })

  it('APP纯签约 gives what the SDK takes', async () => {
    const start = await startContractApp(wxpay, { ...contract, ...whose, return_app: 'Y' })
    expect(simulator.journal.at(-1)).toMatchObject({ path: `/papay/${prefix}preentrustweb`, signature: 'valid' })
    expect(start.openBusinessWebview).toEqual({
      businessType: 12,
      queryInfo: { pre_entrustweb_id: expect.any(String) },
    })
  })

  it('WeChat Pay accepts the largest int64 as request_serial', async () => {
    const largest = { ...contract, ...whose, request_serial: 9223372036854775807n }
    const url = await startContract(wxpay, { ...largest, contract_code: 'serial-web' })
    expect((await simulator.fetch(url, { redirect: 'manual' })).status).toBe(302)
    expect(await startContractH5(wxpay, { ...largest, contract_code: 'serial-h5', clientip: '127.0.0.1' })).toBeTruthy()
    expect(await startContractApp(wxpay, { ...largest, contract_code: 'serial-app' })).toBeTruthy()
  })
})

describe('APP纯签约, as the answer is', () => {
  const answering = async (body: string) => {
    const { merchant } = simulator
    const client = new Wechatpay({ ...merchant, fetch: async () => new Response(body), retry: false })
    return startContractApp(client, contract)
  }
  it('an answer that is not signed is no contract', async () => {
    await expect(
      answering('<xml><return_code>SUCCESS</return_code><pre_entrustweb_id>1</pre_entrustweb_id></xml>'),
    ).rejects.toMatchObject({ code: 'SIGNATURE_MISSING' })
  })
  it('a refusal is a service error', async () => {
    await expect(
      answering('<xml><return_code>FAIL</return_code><return_msg>签名错误</return_msg></xml>'),
    ).rejects.toMatchObject({ code: 'SERVICE_ERROR', serviceMessage: '签名错误' })
  })
})

it('小程序纯签约: the signing mini program, and text alone', async () => {
  const { appId, path, extraData } = await startContractMiniProgram(wxpay, { ...contract, ...partner })
  expect([appId, path]).toEqual(['wxbd687630cd02ce1d', 'pages/index/index'])
  expect(extraData).toEqual({
    ...contract,
    ...partner,
    mch_id: simulator.merchant.mchid,
    plan_id: '12535',
    request_serial: '1000',
    timestamp: expect.stringMatching(/^\d{10}$/),
    sign: expect.stringMatching(/^[0-9A-F]{32}$/),
  })
})

describe('what cannot be right is refused by its name, before anything is sent', () => {
  it.each<[field: string, changes: object]>([
    ['appid', { appid: '' }],
    ['mch_id', { mch_id: 'x' }],
    ['sub_mch_id', { sub_mch_id: '' }],
    ['sub_appid', { sub_appid: '1' }],
    ['plan_id', { plan_id: undefined }],
    ['plan_id', { plan_id: 'plan' }],
    ['plan_id', { plan_id: 2 ** 60 }],
    ['contract_code', { contract_code: '' }],
    ['contract_code', { contract_code: '签约' }],
    ['request_serial', { request_serial: '01' }],
    ['request_serial', { request_serial: 1.5 }],
    ['request_serial', { request_serial: 9223372036854775808n }],
    ['contract_display_account', { contract_display_account: '茶🍵' }],
    ['contract_display_account', { contract_display_account: '' }],
    ['notify_url', { notify_url: '/contract' }],
    ['notify_url', { notify_url: 'ftp://example.com' }],
  ])('%s of %o', async (field, changes) => {
    const before = simulator.journal.length
    const wrong = { ...contract, ...changes, clientip: '127.0.0.1' } as never
    for (const start of [startContract, startContractH5, startContractApp, startContractMiniProgram])
      await expect(start(wxpay, wrong)).rejects.toMatchObject({ code: 'PARAMETER_INVALID', field })
    expect(simulator.journal.length).toBe(before)
  })

  it.each([undefined, '', 'localhost', '127001', '1.2.3.4, 5.6.7.8'])('clientip %j', async clientip => {
    await expect(startContractH5(wxpay, { ...contract, clientip } as never)).rejects.toMatchObject({
      field: 'clientip',
    })
  })

  it('an IPv6 clientip is none of these', async () => {
    expect(await startContractH5(wxpay, { ...contract, clientip: '2001:db8::1' })).toEqual(expect.any(String))
  })
})
