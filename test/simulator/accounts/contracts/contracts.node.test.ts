import { beforeEach, describe, expect, it } from 'vitest'
import { DAY } from '../../../../src/core/base/time.ts'
import { startContract } from '../../../../src/flows/payment/index.ts'
import { createSimulatorMount } from '../../../../src/simulator/index.ts'
import { v2, v2Sign } from '../../node-client.ts'
import { createTestMerchant, NOTIFY_URL, newNumber, refusalOf, type TestMerchant } from '../../test-merchant.ts'

const SUB = '1900000110'
const CONTRACT_URL = 'https://merchant.example/contract'

let shop: TestMerchant
let simulator: TestMerchant['simulator']
let call: TestMerchant['call']
let appid: string
let mchid: string
beforeEach(async () => {
  shop = await createTestMerchant()
  ;({ simulator, call } = shop)
  ;({ appid, mchid } = simulator.merchant)
})

describe.each([
  ['a merchant', '', undefined],
  ['a partner', '/partner', SUB],
])('a contract (委托代扣协议) of %s in APIv3', (_, party, sub_mchid) => {
  const own = () => (sub_mchid ? { sp_appid: appid, sub_mchid } : { appid })
  const draft = (more: object = {}) => ({
    ...own(),
    plan_id: 12535,
    out_contract_code: newNumber(),
    contract_display_account: '用户A',
    contract_notify_url: CONTRACT_URL,
    ...more,
  })
  const presign = (body: object, scene = 'jsapi') =>
    call(`POST /v3/papay/scheduled-deduct-sign${party}/contracts/pre-entrust-sign/${scene}`, body)
  const path = (code: string) => `/v3/papay/sign${party}/contracts/plan-id/12535/out-contract-code/${code}`
  const query = (code: string) => call(`GET ${path(code)}${sub_mchid ? `?sub_mchid=${sub_mchid}` : ''}`)
  const terminate = (code: string) =>
    call(`POST ${path(code)}/terminate`, { ...(sub_mchid && { sub_mchid }), contract_termination_remark: '停用' })
  const deduct = (contract_id: string, out_trade_no = newNumber(), total = 100) =>
    call(`POST /v3/papay/pay${party}/transactions/apply`, {
      ...own(),
      contract_id,
      out_trade_no,
      description: '会员',
      transaction_notify_url: NOTIFY_URL,
      amount: { total },
    })
  const order = (out_trade_no: string) => simulator.order(out_trade_no, sub_mchid)!

  async function signed() {
    const body = draft()
    await presign(body)
    const { out_contract_code: contract_code } = body
    return { contract_code, contract_id: simulator.signContract({ contract_code }).contract_id! }
  }

  it.each([
    ['app', 'pre_entrustweb_id'],
    ['h5', 'redirect_url'],
    ['jsapi', 'redirect_url'],
    ['mini-program', 'redirect_path'],
  ])('is begun for %s, and found once the shopper has signed', async (scene, field) => {
    const body = draft({ out_user_code: 'u' })
    const { out_contract_code: contract_code } = body
    expect(await presign(body, scene)).toHaveProperty(field)
    expect(await refusalOf(query(contract_code))).toEqual([404, 'RESOURCE_NOT_EXISTS'])
    simulator.signContract({ contract_code })
    expect(await query(contract_code)).toMatchObject({
      ...(sub_mchid ? { sp_mchid: mchid, sp_appid: appid, sub_mchid } : { mchid, appid }),
      plan_id: 12535,
      out_contract_code: contract_code,
      contract_display_account: '用户A',
      contract_state: 'SIGNED',
      contract_signed_time: '2026-03-01T20:30:00+08:00',
      out_user_code: 'u',
      contract_id: expect.stringMatching(/^20260301\d{10}$/),
    })
    expect(() => simulator.signContract({ contract_code })).toThrow(/CONTRACT_STATE/)
    expect(await refusalOf(presign(body, scene))).toEqual([400, 'INVALID_REQUEST'])
  })

  it('is deducted from: the deduction is accepted, and paid two seconds later', async () => {
    const { contract_id } = await signed()
    const out_trade_no = newNumber()
    expect(await deduct(contract_id, out_trade_no)).toEqual({ out_trade_no, amount: { total: 100, currency: 'CNY' } })
    expect(order(out_trade_no).trade_state).toBe('ACCEPT')
    const before = simulator.balance().pending
    await simulator.advance(2_000)
    expect(order(out_trade_no)).toMatchObject({ trade_state: 'SUCCESS', trade_type: 'PAP', amount: { total: 100 } })
    expect(simulator.balance().pending - before).toBe(sub_mchid ? 0 : 99)
    const paid = shop.received.find(({ event }) => event === 'TRANSACTION.SUCCESS')!
    expect(paid.resource).toMatchObject({ out_trade_no, trade_state: 'SUCCESS', amount: { payer_total: 100 } })
    expect(await refusalOf(deduct(contract_id, out_trade_no))).toEqual([400, 'ORDERPAID'])
    expect(await refusalOf(deduct('20260301', newNumber()))).toEqual([404, 'RESOURCE_NOT_EXISTS'])
  })

  it('is deducted from once under one number', async () => {
    const { contract_id } = await signed()
    const out_trade_no = newNumber()
    await deduct(contract_id, out_trade_no)
    await deduct(contract_id, out_trade_no)
    expect(await refusalOf(deduct(contract_id, out_trade_no, 200))).toEqual([403, 'OUT_TRADE_NO_USED'])
    await simulator.advance(5_000)
    expect(shop.received.filter(({ event }) => event === 'TRANSACTION.SUCCESS')).toHaveLength(1)
  })

  it('is no longer deducted from once terminated, even if the deduction was accepted before', async () => {
    const { contract_code, contract_id } = await signed()
    const out_trade_no = newNumber()
    await deduct(contract_id, out_trade_no)
    expect(await terminate(contract_code)).toMatchObject({
      contract_state: 'TERMINATED',
      contract_terminate_info: { contract_termination_mode: 'MCH_API_TERMINATE', contract_termination_remark: '停用' },
    })
    await simulator.advance(2_000)
    expect(order(out_trade_no).trade_state).toBe('PAYERROR')
    expect(await refusalOf(deduct(contract_id))).toEqual([400, 'INVALID_REQUEST'])
    expect(await refusalOf(terminate(contract_code))).toEqual([400, 'INVALID_REQUEST'])
    expect((await query(contract_code)).contract_state).toBe('TERMINATED')
  })

  it('may fail at the shopper’s bank', async () => {
    const { contract_id } = await signed()
    const out_trade_no = newNumber()
    await deduct(contract_id, out_trade_no)
    simulator.fail({ out_trade_no, ...(sub_mchid && { sub_mchid }) })
    await simulator.advance(5_000)
    expect(order(out_trade_no).trade_state).toBe('PAYERROR')
  })

  it('notifies the merchant that it was signed, and that the shopper has terminated it', async () => {
    const { contract_code, contract_id } = await signed()
    await simulator.settled()
    simulator.terminateContract({ contract_code })
    expect(() => simulator.terminateContract({ contract_code })).toThrow(/CONTRACT_STATE/)
    await simulator.settled()
    expect(shop.received.map(({ url, event }) => [url, event])).toEqual([
      [CONTRACT_URL, 'ENTRUST.SIGN'],
      [CONTRACT_URL, 'ENTRUST.TERMINATE'],
    ])
    expect(shop.received[0]!.resource).toMatchObject({ contract_id, contract_state: 'SIGNED', plan_id: 12535 })
    expect(shop.received[1]!.resource).toMatchObject({
      contract_state: 'TERMINATED',
      contract_terminate_info: { contract_termination_mode: 'USER_TERMINATE' },
    })
  })

  it('ends by itself when its time is over', async () => {
    const { contract_code, contract_id } = await signed()
    await simulator.advance(3650 * DAY)
    expect((await query(contract_code)).contract_terminate_info.contract_termination_mode).toBe('SYSTEM_TERMINATE')
    expect(await refusalOf(deduct(contract_id))).toEqual([400, 'INVALID_REQUEST'])
  })

  it('survives a snapshot with the deductions that are due, and is gone after a reset', async () => {
    const { contract_code, contract_id } = await signed()
    const out_trade_no = newNumber()
    await deduct(contract_id, out_trade_no)
    const restored = await createTestMerchant({ state: simulator.snapshot() })
    expect(restored.simulator.contract({ contract_code })).toEqual(simulator.contract({ contract_code }))
    await restored.simulator.advance(2_000)
    expect(restored.simulator.order(out_trade_no, sub_mchid)?.trade_state).toBe('SUCCESS')
    await simulator.reset()
    expect(simulator.contract({ contract_code })).toBeUndefined()
  })
})

describe('the announcement of a deduction (预扣费通知)', () => {
  it('is accepted for a signed contract of the merchant', async () => {
    const contract_code = newNumber()
    await call('POST /v3/papay/scheduled-deduct-sign/contracts/pre-entrust-sign/h5', {
      appid,
      plan_id: 1,
      out_contract_code: contract_code,
      contract_display_account: 'A',
      contract_notify_url: CONTRACT_URL,
    })
    const { contract_id } = simulator.signContract({ contract_code })
    const notify = (id: string | undefined, more: object = {}) =>
      call(`POST /v3/papay/contracts/${id}/notify`, { mchid, appid, estimated_amount: { amount: 100 }, ...more })
    await notify(contract_id, { deduct_duration: { count: 2, unit: 'DAY' } })
    expect(simulator.contract({ contract_code })!.notice).toMatchObject({ amount: 100, days: 2 })
    expect(await refusalOf(notify('1'))).toEqual([404, 'RESOURCE_NOT_EXISTS'])
    expect(await refusalOf(notify(contract_id, { mchid: '1' }))).toEqual([400, 'PARAM_ERROR'])
    simulator.terminateContract({ contract_code })
    expect(await refusalOf(notify(contract_id))).toEqual([400, 'INVALID_REQUEST'])
  })
})

describe.each([
  ['a merchant', '', undefined],
  ['a partner', '/partner', SUB],
])('a contract of %s in APIv2', (_, party, sub_mch_id) => {
  const sub: Record<string, string> = sub_mch_id ? { sub_mch_id } : {}
  const signing = (contract_code: string): Record<string, string> => ({
    ...sub,
    plan_id: '12535',
    contract_code,
    request_serial: '1000',
    contract_display_account: '用户A',
    notify_url: CONTRACT_URL,
    version: '1.0',
    timestamp: '1772368200',
  })
  /** Opens the page on which the shopper signs, with a signature that node:crypto makes. */
  async function open(contract_code: string): Promise<Response> {
    const params = { appid, mch_id: mchid, ...signing(contract_code) }
    const query = new URLSearchParams({ ...params, sign: v2Sign(params, simulator.merchant.apiv2Key) })
    return simulator.fetch(`https://api.mch.weixin.qq.com/papay${party}/entrustweb?${query}`, { redirect: 'manual' })
  }
  async function signed() {
    const contract_code = newNumber()
    expect((await open(contract_code)).status).toBe(302)
    const { contract_id } = simulator.signContract({ contract_code })
    return { contract_code, contract_id: contract_id! }
  }
  const query = (fields: Record<string, string>) =>
    v2(simulator, `/papay${party}/querycontract`, { ...sub, version: '1.0', ...fields, nonce_str: null })
  const terminate = (fields: Record<string, string>) =>
    v2(simulator, `/papay${party}/deletecontract`, {
      ...sub,
      version: '1.0',
      contract_termination_remark: '停用',
      ...fields,
      nonce_str: null,
    })
  const deduct = (contract_id: string, out_trade_no: string) =>
    v2(simulator, `/pay${party}/pappayapply`, {
      ...sub,
      contract_id,
      out_trade_no,
      body: '会员',
      total_fee: '100',
      spbill_create_ip: '127.0.0.1',
      notify_url: NOTIFY_URL,
      trade_type: 'PAP',
    })
  const queryOrder = (out_trade_no: string) => v2(simulator, `/pay${party}/paporderquery`, { ...sub, out_trade_no })

  it('is found by either number once the shopper has signed', async () => {
    const { contract_code, contract_id } = await signed()
    const numbers: Record<string, string>[] = [{ contract_id }, { contract_code, plan_id: '12535' }]
    for (const number of numbers)
      expect(await query(number)).toMatchObject({
        result_code: 'SUCCESS',
        contract_id,
        contract_code,
        contract_state: '0',
        contract_signed_time: '2026-03-01 20:30:00',
      })
    expect(await query({ contract_id: '1' })).toMatchObject({ result_code: 'FAIL', err_code: 'CONTRACT_NOT_EXIST' })
    expect(await query({})).toMatchObject({ result_code: 'FAIL', err_code: 'PARAM_ERROR' })
  })

  it('is deducted from, and each step is notified', async () => {
    const { contract_id } = await signed()
    const out_trade_no = newNumber()
    expect(await deduct(contract_id, out_trade_no)).toMatchObject({ result_code: 'SUCCESS' })
    expect(await queryOrder(out_trade_no)).toMatchObject({ trade_state: 'ACCEPT' })
    await simulator.advance(2_000)
    expect(await queryOrder(out_trade_no)).toMatchObject({ trade_state: 'SUCCESS', trade_type: 'PAP', cash_fee: '100' })
    expect(await deduct(contract_id, out_trade_no)).toMatchObject({ err_code: 'ORDERPAID' })
    expect(shop.received.map(({ url }) => url)).toEqual([CONTRACT_URL, NOTIFY_URL])
    const [contract, payment] = shop.received.map(({ resource }) => resource)
    expect(contract).toMatchObject({ change_type: 'ADD', contract_id, request_serial: '1000' })
    expect(payment).toMatchObject({ out_trade_no, trade_type: 'PAP', total_fee: '100' })
    for (const { sign, ...fields } of [contract, payment])
      expect(v2Sign(fields, simulator.merchant.apiv2Key)).toBe(sign)
  })

  it('is terminated by the merchant, and no longer deducted from', async () => {
    const { contract_code, contract_id } = await signed()
    expect(await terminate({ contract_id })).toMatchObject({ result_code: 'SUCCESS', contract_id, contract_code })
    expect(await terminate({ contract_id })).toMatchObject({ err_code: 'CONTRACT_NOT_EXIST' })
    expect(await deduct(contract_id, newNumber())).toMatchObject({ err_code: 'CONTRACT_NOT_EXIST' })
    expect(await query({ contract_id })).toMatchObject({ contract_state: '1', contract_termination_mode: '3' })
    await simulator.settled()
    expect(shop.received.at(-1)!.resource).toMatchObject({ change_type: 'DELETE', contract_termination_mode: '3' })
  })

  it('is begun for an app and for H5 as well', async () => {
    const contract_code = newNumber()
    const begun = await v2(simulator, `/papay${party}/preentrustweb`, signing(contract_code))
    expect(begun).toMatchObject({ result_code: 'SUCCESS', pre_entrustweb_id: expect.any(String) })
    expect(simulator.contract({ contract_code })).toMatchObject({ state: 'SIGNING', api: 'v2' })
    simulator.signContract({ contract_code })
    expect((await open(contract_code)).status).not.toBe(302)
  })
})

it('a contract that the flow begins is signed, and belongs to its own sub-merchant', async () => {
  const contract = {
    appid,
    plan_id: 12535,
    contract_code: 'C1',
    request_serial: 1,
    contract_display_account: '用户',
    notify_url: CONTRACT_URL,
  }
  for (const party of [{}, { sub_mch_id: SUB }])
    await simulator.fetch(await startContract(shop.wxpay, { ...contract, ...party }), { redirect: 'manual' })
  expect(() => simulator.signContract({ contract_code: 'C1' })).toThrow(/CONTRACT_AMBIGUOUS/)
  const { contract_id } = simulator.signContract({ contract_code: 'C1', sub_mchid: SUB })
  const query = { contract_id: contract_id!, version: '1.0', nonce_str: null }
  expect(await v2(simulator, '/papay/querycontract', query)).toMatchObject({ err_code: 'CONTRACT_NOT_EXIST' })
  expect(() => simulator.signContract({ contract_code: 'none' })).toThrow(/CONTRACT_UNKNOWN/)
  expect(() => simulator.signContract('C1' as never)).toThrow(TypeError)
})

it('the control API signs, shows and terminates a contract', async () => {
  const mount = createSimulatorMount(simulator)
  const ask = async (method: string, path: string, body?: object) => {
    const response = await mount(
      new Request(`http://localhost/simulator${path}`, {
        method,
        ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      }),
    )
    return [response.status, await response.json()] as const
  }
  await call('POST /v3/papay/scheduled-deduct-sign/contracts/pre-entrust-sign/h5', {
    appid,
    plan_id: 1,
    out_contract_code: 'C1',
    contract_display_account: 'A',
    contract_notify_url: CONTRACT_URL,
  })
  const number = { contract_code: 'C1' }
  expect(await ask('GET', '/contracts/C1')).toMatchObject([200, { state: 'SIGNING' }])
  expect(await ask('POST', '/sign-contract', number)).toMatchObject([200, { state: 'SIGNED' }])
  expect(await ask('POST', '/sign-contract', number)).toMatchObject([409, { code: 'CONTRACT_STATE' }])
  expect(await ask('POST', '/terminate-contract', number)).toMatchObject([200, { state: 'TERMINATED' }])
  expect(await ask('POST', '/sign-contract', {})).toMatchObject([400, { code: 'PARAM_ERROR' }])
  expect(await ask('GET', '/contracts/C2')).toMatchObject([404, {}])
})
