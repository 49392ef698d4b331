import { beforeEach, expect, it } from 'vitest'
import { receiveNotification } from '../../../../src/core/index.ts'
import { settledMedicalOrder } from '../../../../src/flows/payment/index.ts'
import { createTestMerchant, NOTIFY_URL, type TestMerchant } from '../test-merchant.ts'

let shop: TestMerchant
let notifications: EventTarget
beforeEach(async () => {
  notifications = new EventTarget()
  shop = await createTestMerchant({}, async (input, init) => {
    const notification = await receiveNotification(shop.wxpay, new Request(input, init))
    notifications.dispatchEvent(new CustomEvent('notification', { detail: notification }))
    return new Response(null, { status: 204 })
  })
})
const ROOT = '/v3/med-ins/orders/out-trade-no'

/** Sends the notification of an order, with its fields made from the definition. */
const notify = (fields: object) =>
  shop.simulator.notify.send({ api: 'v3', event: 'MEDICAL_INSURANCE.SUCCESS', url: NOTIFY_URL, resource: fields })

const settle = (more: object = {}) =>
  settledMedicalOrder(
    shop.wxpay,
    { out_trade_no: 'M1' },
    { deadline: shop.now() + 60_000, wait: shop.wait, notifications, ...more },
  )

it('a medical insurance payment is settled by the notification about it, and by no other', async () => {
  // No query gets through, so only a notification can tell.
  shop.fault({ kind: 'cut-connection', method: 'GET', path: `${ROOT}/*` })
  shop.during(1, async () => void (await notify({ out_trade_no: 'M2', mix_pay_status: 'MIX_PAY_SUCCESS' })))
  shop.during(2, async () => void (await notify({ out_trade_no: 'M1', mix_pay_status: 'MIX_PAY_SUCCESS' })))
  const settled = await settle()
  expect(settled).toMatchObject({ isFinal: true, state: 'MIX_PAY_SUCCESS', by: 'notification' })
  expect(settled.data).toMatchObject({ out_trade_no: 'M1' })
  expect(shop.waits.length).toBe(2)
})

it('a state that is not final is reported at the deadline', async () => {
  shop.fault({ kind: 'cut-connection', method: 'GET', path: `${ROOT}/*` })
  shop.during(1, async () => void (await notify({ out_trade_no: 'M1', mix_pay_status: 'MIX_PAY_CREATED' })))
  expect(await settle({ deadline: shop.now() + 10_000 })).toMatchObject({ isFinal: false })
})

it('is queried by its number, for a sub-merchant with its mchid', async () => {
  const name = { out_trade_no: 'M1', sub_mchid: '1900000109' }
  await settledMedicalOrder(shop.wxpay, name, { deadline: 0, wait: shop.wait })
  expect(shop.simulator.journal.map(({ method, url }) => `${method} ${url}`)).toEqual([
    `GET ${ROOT}/M1?sub_mchid=1900000109`,
  ])
})

it.each([
  ['out_trade_no', { out_trade_no: 'a b' }],
  ['sub_mchid', { out_trade_no: 'M1', sub_mchid: 'x' }],
])('names a wrong %s before anything is sent', async (field, name) => {
  await expect(settledMedicalOrder(shop.wxpay, name, { deadline: 0 })).rejects.toMatchObject({ field })
  expect(shop.calls()).toEqual([])
})
