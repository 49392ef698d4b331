import { beforeEach, describe, expect, it } from 'vitest'
import { DAY, SECOND } from '../../../../src/core/base/time.ts'
import { Rejection } from '../../../../src/simulator/index.ts'
import { v3 } from '../../node-client.ts'
import {
  createTestMerchant,
  decryptField,
  encryptField,
  NOTIFY_URL,
  newNumber,
  refusalOf,
  START,
  type TestMerchant,
} from '../../test-merchant.ts'

const OPENING = 1_000_000_00
let simulator: TestMerchant['simulator']
let call: TestMerchant['call']
let received: TestMerchant['received']
beforeEach(async () => {
  ;({ simulator, call, received } = await createTestMerchant())
})
const openid = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'
const available = () => simulator.balance('OPERATION').available

describe('a transfer (商家转账)', () => {
  const ROOT = '/v3/fund-app/mch-transfer/transfer-bills'
  const bill = (transfer_amount = 1_000, more: object = {}) => ({
    appid: simulator.merchant.appid,
    out_bill_no: newNumber(),
    transfer_scene_id: '1000',
    openid,
    transfer_amount,
    transfer_remark: '新会员开通有礼',
    notify_url: NOTIFY_URL,
    transfer_scene_report_infos: [{ info_type: '活动名称', info_content: '新会员有礼' }],
    ...more,
  })
  const transfer = (body: object) => call(`POST ${ROOT}`, body)
  const query = (out_bill_no: string) => call(`GET ${ROOT}/out-bill-no/${out_bill_no}`)
  const cancel = (out_bill_no: string) => call(`POST ${ROOT}/out-bill-no/${out_bill_no}/cancel`)
  async function placed(more?: object): Promise<string> {
    const body = bill(1_000, more)
    await transfer(body)
    return body.out_bill_no
  }

  it('waits for the shopper, then arrives, with a notification', async () => {
    const body = bill()
    const placed = await transfer(body)
    expect(placed).toEqual({
      out_bill_no: body.out_bill_no,
      state: 'WAIT_USER_CONFIRM',
      create_time: '2026-03-01T20:30:00+08:00',
      transfer_bill_no: expect.stringMatching(/^\d+$/),
      package_info: expect.any(String),
    })
    expect(await transfer(body)).toEqual(placed)
    expect(available()).toBe(OPENING - 1_000)
    expect(await query(body.out_bill_no)).toMatchObject({
      mch_id: simulator.merchant.mchid,
      appid: body.appid,
      state: 'WAIT_USER_CONFIRM',
      transfer_amount: 1_000,
      openid,
      transfer_remark: '新会员开通有礼',
      package_info: placed.package_info,
    })
    expect(simulator.confirmTransfer(body.out_bill_no).state).toBe('TRANSFERING')
    await simulator.advance(2 * SECOND - 1)
    expect(simulator.transfer(body.out_bill_no)!.state).toBe('TRANSFERING')
    await simulator.advance(1)
    const ended = await call(`GET ${ROOT}/transfer-bill-no/${placed.transfer_bill_no}`)
    expect(ended).toMatchObject({ state: 'SUCCESS', update_time: '2026-03-01T20:30:02+08:00' })
    expect(ended).not.toHaveProperty('package_info')
    const { transfer_bill_no } = placed
    expect(received).toEqual([
      {
        url: NOTIFY_URL,
        event: 'MCHTRANSFER.BILL.FINISHED',
        resource: {
          out_bill_no: body.out_bill_no,
          transfer_bill_no,
          state: 'SUCCESS',
          mch_id: simulator.merchant.mchid,
          transfer_amount: 1_000,
          openid,
          create_time: '2026-03-01T20:30:00+08:00',
          update_time: '2026-03-01T20:30:02+08:00',
        },
      },
    ])
    expect(() => simulator.confirmTransfer(body.out_bill_no)).toThrow(/TRANSFER_STATE.*is SUCCESS/)
    expect(available()).toBe(OPENING - 1_000)
  })

  it('arrives at the first query if that is sooner', async () => {
    const out_bill_no = await placed()
    simulator.confirmTransfer(out_bill_no)
    expect((await query(out_bill_no)).state).toBe('SUCCESS')
    await simulator.advance(DAY)
    expect(received).toHaveLength(1)
  })

  it('fails after a day without a confirmation', async () => {
    const out_bill_no = await placed()
    await simulator.advance(DAY - 1)
    expect(simulator.transfer(out_bill_no)!.state).toBe('WAIT_USER_CONFIRM')
    await simulator.advance(1)
    expect(await query(out_bill_no)).toMatchObject({ state: 'FAIL', fail_reason: 'OVERDUE_CLOSE' })
    expect(received).toMatchObject([{ resource: { state: 'FAIL', fail_reason: 'OVERDUE_CLOSE' } }])
    expect(available()).toBe(OPENING)
    expect(await refusalOf(cancel(out_bill_no))).toEqual([400, 'INVALID_REQUEST'])
  })

  it('fails on demand, and the money returns', async () => {
    const [one, other] = [await placed(), await placed()]
    expect(simulator.failTransfer(one, 'REALNAME_CHECK_FAIL').fail_reason).toBe('REALNAME_CHECK_FAIL')
    expect(simulator.failTransfer(other).fail_reason).toBe('OTHER_FAIL_REASON_TYPE')
    expect(available()).toBe(OPENING)
    expect(() => simulator.failTransfer(one)).toThrow(Rejection)
    expect(() => simulator.failTransfer('none-such')).toThrow(/TRANSFER_UNKNOWN/)
  })

  it('is cancelled, unless the shopper has confirmed it', async () => {
    const [one, taken] = [await placed(), await placed()]
    expect(await cancel(one)).toMatchObject({ out_bill_no: one, state: 'CANCELING', update_time: expect.any(String) })
    expect((await cancel(one)).state).toBe('CANCELING')
    expect(() => simulator.confirmTransfer(one)).toThrow(/is CANCELING/)
    await simulator.advance(2 * SECOND)
    expect((await cancel(one)).state).toBe('CANCELLED')
    expect(received).toMatchObject([{ event: 'MCHTRANSFER.BILL.FINISHED', resource: { state: 'CANCELLED' } }])
    simulator.confirmTransfer(taken)
    expect(await refusalOf(cancel(taken))).toEqual([400, 'INVALID_REQUEST'])
    expect(available()).toBe(OPENING - 1_000)
    expect(await refusalOf(cancel('nonesuch'))).toEqual([404, 'NOT_FOUND'])
  })

  it('is refused: other parameters, too little money, no such number, another application', async () => {
    const body = bill()
    await transfer(body)
    expect(await refusalOf(transfer({ ...body, transfer_amount: 1 }))).toEqual([400, 'INVALID_REQUEST'])
    simulator.fund(-available() + 999)
    expect(await refusalOf(transfer(bill()))).toEqual([403, 'NOT_ENOUGH'])
    expect(simulator.fund(1)).toEqual({ available: 1_000, pending: 0 })
    expect((await transfer(bill())).state).toBe('WAIT_USER_CONFIRM')
    expect(() => simulator.fund(-1)).toThrow(/ACCOUNT_SHORT/)
    expect(await refusalOf(query('nonesuch'))).toEqual([404, 'NOT_FOUND'])
    expect(await refusalOf(call(`GET ${ROOT}/transfer-bill-no/1330000`))).toEqual([404, 'NOT_FOUND'])
    expect(await refusalOf(transfer(bill(1, { appid: 'wx0000000000000000' })))).toEqual([400, 'APPID_MCHID_NOT_MATCH'])
    expect(await refusalOf(transfer(bill(1, { out_bill_no: 'a-b' })))).toEqual([400, 'PARAM_ERROR'])
    expect(await refusalOf(transfer(bill(0)))).toEqual([400, 'PARAM_ERROR'])
  })

  it('requires the name from 2,000 yuan on, and refuses it below 0.30', async () => {
    expect(await refusalOf(transfer(bill(2000_00)))).toEqual([400, 'PARAM_ERROR'])
    expect(await refusalOf(transfer(bill(29, { user_name: '张三' })))).toEqual([400, 'PARAM_ERROR'])
    expect((await transfer(bill(1999_99))).state).toBe('WAIT_USER_CONFIRM')
    expect((await transfer(bill(29))).state).toBe('WAIT_USER_CONFIRM')
    const body = bill(2000_00, { user_name: '张三' })
    const accepted = await transfer(body)
    // Encrypted anew, the ciphertext differs and the parameters do not.
    expect(await transfer(body)).toEqual(accepted)
    expect(simulator.transfer(body.out_bill_no)!.user_name).toBe('张三')
    const { json } = await v3(simulator, 'GET', `${ROOT}/out-bill-no/${body.out_bill_no}`, { now: START })
    expect(decryptField(simulator, json.user_name)).toBe('张三')
  })

  it('is refused if it was encrypted for another key', async () => {
    const { serial } = encryptField(simulator, '')
    const answer = await v3(simulator, 'POST', ROOT, {
      now: START,
      headers: { 'Wechatpay-Serial': serial },
      body: bill(2000_00, { user_name: '张三' }),
    })
    expect([answer.status, answer.json.code, answer.json.detail.field]).toEqual([400, 'PARAM_ERROR', '/user_name'])
  })

  it('continues in a restored simulator', async () => {
    const [waiting, taken] = [await placed(), await placed()]
    simulator.confirmTransfer(taken)
    const again = await createTestMerchant({ state: simulator.snapshot(), seed: undefined })
    await again.simulator.advance(2 * SECOND)
    expect(again.simulator.transfer(taken)!.state).toBe('SUCCESS')
    expect(again.received).toMatchObject([{ resource: { out_bill_no: taken, state: 'SUCCESS' } }])
    again.simulator.confirmTransfer(waiting)
    const { transfer_bill_no } = again.simulator.transfer(waiting)!
    expect((await again.call(`GET ${ROOT}/transfer-bill-no/${transfer_bill_no}`)).state).toBe('SUCCESS')
    expect(again.simulator.balance('OPERATION').available).toBe(OPENING - 2_000)
  })
})

describe('a batch (批量转账到零钱)', () => {
  const ROOT = '/v3/transfer/batches'
  const detail = (transfer_amount: number, more: object = {}) => ({
    out_detail_no: newNumber(),
    transfer_amount,
    transfer_remark: '报销',
    openid,
    ...more,
  })
  const batch = (amounts: readonly number[], more: object = {}) => ({
    appid: simulator.merchant.appid,
    out_batch_no: newNumber(),
    batch_name: '报销',
    batch_remark: '2026年3月',
    transfer_scene_id: '1001',
    total_amount: amounts.reduce((sum, amount) => sum + amount, 0),
    total_num: amounts.length,
    transfer_detail_list: amounts.map(amount => detail(amount)),
    notify_url: NOTIFY_URL,
    ...more,
  })
  const place = (body: object) => call(`POST ${ROOT}`, body)

  it('is accepted, and finished three seconds later', async () => {
    const body = batch([1_000, 2_000])
    const accepted = await place(body)
    expect(accepted).toEqual({
      out_batch_no: body.out_batch_no,
      batch_id: expect.stringMatching(/^\d+$/),
      batch_status: 'ACCEPTED',
      create_time: '2026-03-01T20:30:00+08:00',
    })
    expect(await place(body)).toEqual(accepted)
    expect(available()).toBe(OPENING - 3_000)
    await simulator.advance(3 * SECOND)
    expect(received).toMatchObject([
      {
        url: NOTIFY_URL,
        event: 'MCHTRANSFER.BATCH.FINISHED',
        resource: {
          out_batch_no: body.out_batch_no,
          batch_id: accepted.batch_id,
          batch_status: 'FINISHED',
          total_num: 2,
          total_amount: 3_000,
          success_num: 2,
          success_amount: 3_000,
          fail_num: 0,
          fail_amount: 0,
        },
      },
    ])
    const url = `GET ${ROOT}/batch-id/${accepted.batch_id}?need_query_detail=`
    const brief = await call(`${url}false`)
    expect(brief.transfer_batch).toMatchObject({ batch_status: 'FINISHED', total_num: 2, success_amount: 3_000 })
    expect(brief).not.toHaveProperty('transfer_detail_list')
    const { transfer_detail_list } = await call(`${url}true&offset=1&limit=20&detail_status=ALL`)
    const { out_detail_no } = body.transfer_detail_list[1]!
    expect(transfer_detail_list).toEqual([
      { out_detail_no, detail_id: expect.stringMatching(/^\d+$/), detail_status: 'SUCCESS' },
    ])
    expect((await call(`${url}true&detail_status=FAIL`)).transfer_detail_list).toEqual([])
  })

  it('finishes at the first query if that is sooner, with each detail', async () => {
    const named = detail(2000_00, { user_name: '张三' })
    const body = batch([2000_00], { transfer_detail_list: [named] })
    const { batch_id } = await place(body)
    const url = `${ROOT}/out-batch-no/${body.out_batch_no}/details/out-detail-no/${named.out_detail_no}`
    const { json } = await v3(simulator, 'GET', url, { now: START })
    expect(json).toMatchObject({
      mchid: simulator.merchant.mchid,
      out_batch_no: body.out_batch_no,
      batch_id,
      detail_status: 'SUCCESS',
      transfer_amount: 2000_00,
      openid,
      transfer_remark: '报销',
    })
    expect(decryptField(simulator, json.user_name)).toBe('张三')
    const byId = await call(`GET ${ROOT}/batch-id/${batch_id}/details/detail-id/${json.detail_id}`)
    expect(byId).toMatchObject({ out_detail_no: named.out_detail_no, user_name: '张三' })
    expect(received).toHaveLength(1)
  })

  it('is refused with the documented errors', async () => {
    const body = batch([1, 2])
    await place(body)
    expect(await refusalOf(place({ ...body, batch_name: '工资' }))).toEqual([400, 'INVALID_REQUEST'])
    expect(await refusalOf(place(batch([1], { total_amount: 2 })))).toEqual([400, 'PARAM_ERROR'])
    expect(await refusalOf(place(batch([1], { total_num: 2 })))).toEqual([400, 'PARAM_ERROR'])
    expect(await refusalOf(place(batch([2000_00])))).toEqual([400, 'PARAM_ERROR'])
    const twice = detail(1)
    expect(await refusalOf(place(batch([1, 1], { transfer_detail_list: [twice, twice] })))).toEqual([
      400,
      'PARAM_ERROR',
    ])
    simulator.fund(-available() + 2)
    expect(await refusalOf(place(batch([1, 2])))).toEqual([403, 'NOT_ENOUGH'])
    const missing = [
      'out-batch-no/nonesuch?need_query_detail=false',
      'batch-id/1030000?need_query_detail=false',
      `out-batch-no/${body.out_batch_no}/details/out-detail-no/nonesuch`,
    ]
    for (const url of missing) expect(await refusalOf(call(`GET ${ROOT}/${url}`))).toEqual([404, 'NOT_FOUND'])
  })
})

describe('APIv2 (企业付款到零钱)', () => {
  const PAY = 'POST /mmpaymkttransfers/promotion/transfers'
  const payment = (amount: number, more: object = {}) => ({
    mch_appid: simulator.merchant.appid,
    mchid: simulator.merchant.mchid,
    partner_trade_no: newNumber(),
    openid,
    check_name: 'NO_CHECK',
    amount,
    desc: '理赔',
    spbill_create_ip: '192.168.0.1',
    ...more,
  })
  const find = (partner_trade_no: string) =>
    call('POST /mmpaymkttransfers/gettransferinfo', {
      appid: simulator.merchant.appid,
      mch_id: simulator.merchant.mchid,
      partner_trade_no,
    })

  it('is paid at once', async () => {
    const body = payment(1_000, { check_name: 'FORCE_CHECK', re_user_name: '王小王' })
    const paid = await call(PAY, body)
    expect(paid).toMatchObject({
      result_code: 'SUCCESS',
      partner_trade_no: body.partner_trade_no,
      payment_no: expect.any(String),
      payment_time: '2026-03-01 20:30:00',
    })
    expect((await call(PAY, body)).payment_no).toBe(paid.payment_no)
    expect(available()).toBe(OPENING - 1_000)
    expect(await find(body.partner_trade_no)).toMatchObject({
      detail_id: paid.payment_no,
      status: 'SUCCESS',
      openid,
      transfer_name: '王小王',
      payment_amount: '1000',
      transfer_time: '2026-03-01 20:30:00',
      desc: '理赔',
    })
  })

  it('refuses with the documented errors', async () => {
    const body = payment(1)
    await call(PAY, body)
    expect(await refusalOf(call(PAY, { ...body, amount: 2 }))).toEqual([200, 'FATAL_ERROR'])
    expect(await refusalOf(call(PAY, payment(OPENING)))).toEqual([200, 'NOTENOUGH'])
    expect(await refusalOf(call(PAY, payment(1, { check_name: 'FORCE_CHECK' })))).toEqual([200, 'PARAM_ERROR'])
    expect(await refusalOf(find('nonesuch'))).toEqual([200, 'NOT_FOUND'])
  })
})
