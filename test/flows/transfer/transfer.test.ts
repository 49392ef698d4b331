import { beforeEach, describe, expect, it } from 'vitest'
import { receiveNotification, ServiceError, Wechatpay } from '../../../src/core/index.ts'
import {
  cancelTransfer,
  settledTransfer,
  startConfirmation,
  startTransfer,
  TransferError,
  type TransferRequest,
} from '../../../src/flows/transfer/index.ts'
import { crypto } from '../../webcrypto.ts'
import { createTestMerchant, type TestMerchant } from '../payment/test-merchant.ts'
import { openid, transferOf } from './transfers.ts'

const ROOT = '/v3/fund-app/mch-transfer/transfer-bills'
let shop: TestMerchant
let notifications: EventTarget
/** Transfers before the test: a million yuan. */
let opening: number
beforeEach(async () => {
  notifications = new EventTarget()
  shop = await createTestMerchant({}, async (input, init) => {
    const notification = await receiveNotification(shop.wxpay, new Request(input, init))
    notifications.dispatchEvent(new CustomEvent('notification', { detail: notification }))
    return new Response(null, { status: 204 })
  })
  opening = shop.simulator.balance('OPERATION').available
})
const paid = () => opening - shop.simulator.balance('OPERATION').available
const start = (request: object, options: object = {}) =>
  startTransfer(shop.wxpay, request as TransferRequest, { wait: shop.wait, ...options })
const posts = () => shop.calls().filter(call => call === `POST ${ROOT}`).length

describe('starting a transfer', () => {
  it('looks for the number, sends it once, and gets what opens the page', async () => {
    const request = transferOf(shop)
    const transfer = await start(request)
    expect(transfer).toMatchObject({
      out_bill_no: request.out_bill_no,
      state: 'WAIT_USER_CONFIRM',
      by: 'response',
      isRepeat: false,
    })
    expect(shop.calls()).toEqual([`GET ${ROOT}/out-bill-no/${request.out_bill_no}`, `POST ${ROOT}`])
    const { package_info } = shop.simulator.transfer(request.out_bill_no)!
    expect(startConfirmation(shop.wxpay, { appid: request.appid, package_info: transfer.package_info }).package).toBe(
      package_info,
    )
  })

  it('under a number that was started before finds that one, with what opens the page', async () => {
    const request = transferOf(shop)
    const first = await start(request)
    const second = await start(request)
    expect(second).toMatchObject({
      by: 'query',
      isRepeat: true,
      transfer_bill_no: first.transfer_bill_no,
      package_info: first.package_info,
    })
    expect([posts(), paid()]).toEqual([1, 500])
  })

  it.each(['lost-response', 'cut-connection', 'cut-body', 'wrong-signature'] as const)(
    'after a %s makes it once',
    async kind => {
      shop.fault({ kind, method: 'POST', path: ROOT, count: 1 })
      const transfer = await start(transferOf(shop))
      expect(transfer.state).toBe('WAIT_USER_CONFIRM')
      expect(transfer.package_info).toEqual(expect.any(String))
      expect(paid()).toBe(500)
    },
  )

  it('sends the same parameters again after SYSTEM_ERROR, and after too many requests', async () => {
    shop.fault({ kind: 'status', status: 500, method: 'POST', path: ROOT, count: 1 })
    await start(transferOf(shop))
    shop.fault({ kind: 'status', status: 429, method: 'POST', path: ROOT, count: 1 })
    await start(transferOf(shop))
    expect([posts(), paid()]).toEqual([4, 1_000])
  })

  it('is refused only once a query found nothing, and says what to do', async () => {
    shop.simulator.fund(-opening)
    const error = await start(transferOf(shop)).catch(error => error)
    expect(error).toBeInstanceOf(TransferError)
    expect(error).toMatchObject({
      code: 'TRANSFER_REFUSED',
      serviceCode: 'NOT_ENOUGH',
      mayHaveTakenEffect: false,
      isRepeatable: true,
      message: expect.stringContaining('top it up; then transfer again with the same out_bill_no'),
    })
    expect(shop.calls().at(-1)).toMatch(/^GET /)
  })

  it('is unknown if no query tells whether a refused one exists', async () => {
    shop.simulator.fund(-opening)
    const request = transferOf(shop)
    let queries = 0
    const { fetch } = shop.simulator
    const wxpay = new Wechatpay({
      ...shop.simulator.merchant,
      now: shop.now,
      crypto,
      fetch: async (input, init) => {
        if (String(input).includes('/out-bill-no/') && ++queries > 1) throw new TypeError('fetch failed')
        return fetch(input, init)
      },
    })
    const error = await startTransfer(wxpay, request as TransferRequest, { wait: shop.wait, delays: [1] }).catch(e => e)
    expect(error).toMatchObject({ code: 'OUTCOME_UNKNOWN', mayHaveTakenEffect: true })
    expect(error.message).toContain('A new number could pay twice')
  })

  it.each([
    ['transfer_amount', { transfer_amount: 501 }],
    ['openid', { openid: 'another' }],
    ['transfer_remark', { transfer_remark: 'another' }],
  ])('under the number of another transfer, whose %s differs, sends nothing', async (field, change) => {
    const request = transferOf(shop)
    await start(request)
    const error = await start({ ...request, ...change }).catch(error => error)
    expect(error).toMatchObject({ code: 'BODY_INVALID', field: 'out_bill_no' })
    expect(error.message).toContain(`of 500 fen, whose ${field} differs`)
    expect([posts(), paid()]).toEqual([1, 500])
  })

  it('does not return a transfer that has failed, was cancelled, or is about to be', async () => {
    const [failed, cancelled] = [transferOf(shop), transferOf(shop)]
    for (const request of [failed, cancelled]) await start(request)
    shop.simulator.failTransfer(failed.out_bill_no, 'REAL_NAME_CHECK_FAIL')
    await shop.wxpay.v3.fundApp.mchTransfer.transferBills.outBillNo._out_bill_no_.cancel.post(undefined, {
      out_bill_no: cancelled.out_bill_no,
    })
    expect(await start(failed).catch(error => error)).toMatchObject({
      code: 'TRANSFER_FAILED',
      failReason: 'REAL_NAME_CHECK_FAIL',
      mayHaveTakenEffect: false,
    })
    expect(await start(cancelled).catch(error => error)).toMatchObject({
      code: 'TRANSFER_CANCELLED',
      state: 'CANCELLED',
    })
    expect(paid()).toBe(0)
  })

  it('encrypts the name, which a transfer from 2,000 yuan on requires', async () => {
    const request = transferOf(shop, { transfer_amount: 200_000, user_name: '张三' })
    await start(request)
    expect(shop.simulator.transfer(request.out_bill_no)!.user_name).toBe('张三')
    expect(JSON.stringify(shop.simulator.journal)).not.toContain('张三')
    expect((await start(request)).isRepeat).toBe(true)
  })

  it.each([
    ['out_bill_no', { out_bill_no: 'a-b' }, 'PARAMETER_INVALID'],
    ['out_bill_no', { out_bill_no: 'a'.repeat(33) }, 'PARAMETER_INVALID'],
    ['transfer_amount', { transfer_amount: 0.5 }, 'BODY_INVALID'],
    ['transfer_amount', { transfer_amount: 0 }, 'BODY_INVALID'],
    ['sub_mchid', { sub_mchid: '' }, 'PARAMETER_INVALID'],
  ])('names a wrong %s before anything is sent', async (field, change, code) => {
    await expect(start(transferOf(shop, change))).rejects.toMatchObject({ code, field })
    expect(shop.calls()).toEqual([])
  })

  it('refuses unknown options', async () => {
    await expect(start(transferOf(shop), { retry: 3 })).rejects.toMatchObject({ code: 'OPTION_UNKNOWN' })
  })
})

describe('waiting for a transfer', () => {
  const settle = (out_bill_no: string, more: object = {}) =>
    settledTransfer(shop.wxpay, { out_bill_no }, { deadline: shop.now() + 90_000_000, wait: shop.wait, ...more })

  it('ends with the notification, if that is sooner', async () => {
    const request = transferOf(shop)
    await start(request)
    shop.during(1, async () => {
      shop.simulator.confirmTransfer(request.out_bill_no)
      await shop.simulator.advance(3_000)
    })
    const settled = await settle(request.out_bill_no, { notifications })
    expect(settled).toMatchObject({ isFinal: true, state: 'SUCCESS', by: 'notification' })
    expect(settled.data).toMatchObject({ out_bill_no: request.out_bill_no, openid, transfer_amount: 500 })
  })

  it('does not end with the notification of another transfer', async () => {
    const [request, other] = [transferOf(shop), transferOf(shop)]
    for (const transfer of [request, other]) await start(transfer)
    shop.during(1, async () => {
      shop.simulator.confirmTransfer(other.out_bill_no)
      await shop.simulator.advance(3_000)
    })
    expect(await settle(request.out_bill_no, { notifications, deadline: shop.now() + 60_000 })).toMatchObject({
      isFinal: false,
      state: 'WAIT_USER_CONFIRM',
      error: undefined,
    })
  })

  it('ends after a day that nobody confirmed it in', async () => {
    const request = transferOf(shop)
    await start(request)
    const settled = await settle(request.out_bill_no)
    expect(settled).toMatchObject({ isFinal: true, state: 'FAIL', data: { fail_reason: 'OVERDUE_CLOSE' } })
    expect(shop.waits.slice(0, 7)).toEqual([5_000, 30_000, 60_000, 180_000, 300_000, 600_000, 1_800_000])
    expect(paid()).toBe(0)
  })
})

describe('cancelling a transfer', () => {
  const cancel = (out_bill_no: string, options: object = {}) =>
    cancelTransfer(shop.wxpay, { out_bill_no }, { wait: shop.wait, ...options })

  it('is over once a query finds it cancelled, and its money is back', async () => {
    const request = transferOf(shop)
    await start(request)
    expect(await cancel(request.out_bill_no)).toMatchObject({ state: 'cancelled', transferState: 'CANCELLED' })
    expect(paid()).toBe(0)
    await expect(start(request)).rejects.toMatchObject({ code: 'TRANSFER_CANCELLED' })
  })

  it('reports that the user was faster, and that the transfer had failed before', async () => {
    const [taken, failed] = [transferOf(shop), transferOf(shop)]
    for (const transfer of [taken, failed]) await start(transfer)
    shop.simulator.confirmTransfer(taken.out_bill_no)
    shop.simulator.failTransfer(failed.out_bill_no)
    expect(await cancel(taken.out_bill_no)).toMatchObject({ state: 'received', transferState: 'SUCCESS' })
    expect(await cancel(failed.out_bill_no)).toMatchObject({ state: 'failed', transferState: 'FAIL' })
  })

  it('finds no transfer', async () => {
    expect(await cancel('nonesuch')).toEqual({ state: 'absent', transferState: undefined, data: undefined })
  })

  it('throws while the user may still receive it', async () => {
    const request = transferOf(shop)
    await start(request)
    shop.fault({ kind: 'status', status: 500, method: 'POST', path: `${ROOT}/**` })
    await expect(cancel(request.out_bill_no, { delays: [1, 1] })).rejects.toMatchObject({
      code: 'TRANSFER_NOT_CANCELLED',
      state: 'WAIT_USER_CONFIRM',
      serviceCode: 'SYSTEM_ERROR',
      mayHaveTakenEffect: true,
    })
  })
})

it('a partner’s calls name the sub-merchant', async () => {
  const request = transferOf(shop, { sub_mchid: '1900000110' })
  const error = await start(request, { delays: [1] }).catch(error => error)
  expect(shop.calls()[0]).toBe(
    `GET /v3/fund-app/mch-transfer/partner/transfer-bills/out-bill-no/${request.out_bill_no}`,
  )
  expect(shop.simulator.journal[0]!.url).toContain('?sub_mchid=1900000110')
  expect(error).not.toBeInstanceOf(ServiceError)
})
