import { beforeEach, describe, expect, it } from 'vitest'
import { receiveNotification } from '../../../src/core/index.ts'
import {
  type CompleteRequest,
  cancelServiceOrder,
  completeServiceOrder,
  confirmedServiceOrder,
  createServiceOrder,
  type ModifyRequest,
  modifyServiceOrder,
  type ServiceOrderName,
  type ServiceOrderRequest,
  settledServiceOrder,
  syncServiceOrder,
} from '../../../src/flows/payscore/index.ts'
import { createTestMerchant, type TestMerchant } from '../payment/test-merchant.ts'
import { feeOf, orderOf, SUB } from './service-orders.ts'

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

describe.each([
  ['a merchant', '/v3/payscore/serviceorder', {}],
  ['a partner', '/v3/payscore/partner/serviceorder', { sub_mchid: SUB }],
])('the service order of %s', (_, root, party: { sub_mchid?: string }) => {
  const { sub_mchid } = party
  const wait = (ms: number) => shop.wait(ms)
  const create = (request: object) => createServiceOrder(shop.wxpay, request as ServiceOrderRequest, { wait })
  const nameOf = ({ out_order_no, service_id, appid }: ReturnType<typeof orderOf>): ServiceOrderName =>
    ({ out_order_no, service_id, ...(sub_mchid ? { sub_mchid } : { appid }) }) as ServiceOrderName
  const complete = (name: object, fee: object, options: object = {}) =>
    completeServiceOrder(shop.wxpay, { ...name, ...fee } as CompleteRequest, { wait, ...options })
  const modify = (name: object, fee: object) =>
    modifyServiceOrder(shop.wxpay, { ...name, ...fee, reason: '归还时间有误' } as ModifyRequest, { wait })
  const cancel = (name: ServiceOrderName, options: object = {}) =>
    cancelServiceOrder(shop.wxpay, { ...name, reason: '用户取消' }, { wait, ...options })
  const sync = (name: ServiceOrderName) =>
    syncServiceOrder(shop.wxpay, { ...name, paid_time: '20260301183000' }, { wait })
  const posts = (path: string) => shop.calls().filter(call => call === `POST ${root}${path}`).length
  const stored = (out_order_no: string) => shop.simulator.serviceOrder(out_order_no, sub_mchid)!
  const confirm = (out_order_no: string) => shop.simulator.confirmServiceOrder(out_order_no, sub_mchid)
  const pay = (out_order_no: string) => shop.simulator.payServiceOrder(out_order_no, sub_mchid)
  /** An order that the user has confirmed. */
  async function placed() {
    const request = orderOf(shop, party)
    await create(request)
    confirm(request.out_order_no)
    return { out_order_no: request.out_order_no, name: nameOf(request) }
  }

  it('is created, confirmed, completed, paid, and all of it is told', async () => {
    const request = orderOf(shop, party)
    const { out_order_no } = request
    const order = await create(request)
    expect(order).toEqual({
      out_order_no,
      state: 'CREATED',
      order_id: stored(out_order_no).order_id,
      package: stored(out_order_no).package,
    })
    const waiting = { deadline: shop.now() + 3_600_000, wait, notifications }
    shop.during(1, () => void confirm(out_order_no))
    const confirmed = await confirmedServiceOrder(shop.wxpay, nameOf(request), waiting)
    expect(confirmed).toMatchObject({ isFinal: true, state: 'DOING', by: 'notification' })
    const completed = await complete(nameOf(request), feeOf(300))
    expect(completed).toMatchObject({ state: 'DOING', total_amount: 300, isRepeat: false })
    shop.during(2, () => void pay(out_order_no))
    const settled = await settledServiceOrder(shop.wxpay, nameOf(request), waiting)
    expect(settled).toMatchObject({
      isFinal: true,
      state: 'DONE',
      by: 'notification',
      data: { out_order_no, collection: { state: 'USER_PAID', paid_amount: 300 } },
    })
  })

  it.each(['lost-response', 'cut-connection', 'cut-body', 'wrong-signature'] as const)(
    'is created once after a %s, with its package',
    async kind => {
      shop.fault({ kind, method: 'POST', path: root, count: 1 })
      const request = orderOf(shop, party)
      expect(await create(request)).toMatchObject({ package: stored(request.out_order_no).package })
    },
  )

  it('is not another order with the same number', async () => {
    const request = orderOf(shop, party)
    await create(request)
    const other = { ...request, risk_fund: { name: 'DEPOSIT', amount: 100 } }
    await expect(create(other)).rejects.toMatchObject({
      code: 'BODY_INVALID',
      field: 'out_order_no',
      message: expect.stringContaining('whose risk_fund.amount differs'),
    })
  })

  it.each(['lost-response', 'cut-connection', 'cut-body'] as const)('is completed once after a %s', async kind => {
    const { out_order_no, name } = await placed()
    shop.fault({ kind, method: 'POST', path: `${root}/*/complete`, count: 1 })
    expect(await complete(name, feeOf(300))).toMatchObject({ total_amount: 300 })
    expect(stored(out_order_no).total_amount).toBe(300)
    expect(await complete(name, feeOf(300))).toMatchObject({ isRepeat: true })
    expect(posts(`/${out_order_no}/complete`)).toBe(kind === 'cut-connection' ? 2 : 1)
  })

  it.each([3.4, '300', -1, ''])('a fee or a discount of %j is refused by its own name', async amount => {
    const wrong = {
      code: 'BODY_INVALID',
      message: expect.stringContaining('give a positive integer in the smallest unit of the currency (fen'),
    }
    const request = orderOf(shop, party)
    await create(request)
    confirm(request.out_order_no)
    const item = { name: '租借费', amount: amount as number }
    for (const change of [complete, modify]) {
      const fee = { total_amount: 3, post_payments: [{ name: '起步价', amount: 3 }, item] }
      await expect(change(nameOf(request), fee)).rejects.toMatchObject({ ...wrong, field: 'post_payments[1].amount' })
      const discounted = { ...feeOf(3), post_discounts: [{ ...item, description: '首单' }] }
      await expect(change(nameOf(request), discounted)).rejects.toMatchObject({
        ...wrong,
        field: 'post_discounts[0].amount',
      })
    }
  })

  it('is not completed before the user has confirmed, nor with another amount, nor one that does not add up', async () => {
    const request = orderOf(shop, party)
    await create(request)
    const name = nameOf(request)
    await expect(complete(name, feeOf(300))).rejects.toMatchObject({
      code: 'SERVICE_ORDER_STATE',
      state: 'CREATED',
      isRepeatable: true,
      message: expect.stringContaining('confirmedServiceOrder'),
    })
    const discount = { post_discounts: [{ name: '新人', description: '首单', amount: 50 }] }
    for (const fee of [{ ...feeOf(300), total_amount: 299 }, { ...feeOf(300), ...discount }, { total_amount: -1 }])
      await expect(complete(name, fee)).rejects.toMatchObject({ code: 'BODY_INVALID', field: 'total_amount' })
    confirm(request.out_order_no)
    await complete(name, { ...feeOf(300), ...discount, total_amount: 250 })
    await expect(complete(name, feeOf(300))).rejects.toMatchObject({
      code: 'BODY_INVALID',
      message: expect.stringContaining('is completed with 250 fen, not 300 fen'),
    })
    expect(posts(`/${request.out_order_no}/complete`)).toBe(1)
  })

  it('is refused by WeChat Pay for more than its deposit, and stays in use', async () => {
    const { out_order_no, name } = await placed()
    await expect(complete(name, feeOf(10_000))).rejects.toMatchObject({
      code: 'SERVICE_ORDER_REFUSED',
      serviceCode: 'INVALID_REQUEST',
      mayHaveTakenEffect: false,
    })
    expect(stored(out_order_no).total_amount).toBeUndefined()
  })

  it('costs nothing, and is done at once', async () => {
    const { name } = await placed()
    expect(await complete(name, feeOf(0))).toMatchObject({ state: 'DONE', total_amount: 0 })
  })

  it('is lowered once, also after a lost response, and never raised', async () => {
    const { out_order_no, name } = await placed()
    await expect(modify(name, feeOf(200))).rejects.toMatchObject({ code: 'SERVICE_ORDER_STATE' })
    await complete(name, feeOf(300))
    shop.fault({ kind: 'lost-response', method: 'POST', path: `${root}/*/modify`, count: 1 })
    expect(await modify(name, feeOf(200))).toMatchObject({ total_amount: 200, isRepeat: false })
    expect(await modify(name, feeOf(200))).toMatchObject({ total_amount: 200, isRepeat: true })
    await expect(modify(name, feeOf(201))).rejects.toMatchObject({ code: 'BODY_INVALID', field: 'total_amount' })
    expect(posts(`/${out_order_no}/modify`)).toBe(1)
    pay(out_order_no)
    await expect(modify(name, feeOf(100))).rejects.toMatchObject({
      code: 'SERVICE_ORDER_STATE',
      state: 'DONE',
      message: expect.stringContaining('refund the difference'),
    })
  })

  it('is cancelled once a query says so, also after a lost response, or paid if that was faster', async () => {
    const [open, paid] = [await placed(), await placed()]
    shop.fault({ kind: 'lost-response', method: 'POST', path: `${root}/*/cancel`, count: 1 })
    expect(await cancel(open.name)).toMatchObject({ state: 'cancelled', orderState: 'REVOKED' })
    expect(await cancel(open.name)).toMatchObject({ state: 'cancelled' })
    await complete(paid.name, feeOf(300))
    pay(paid.out_order_no)
    expect(await cancel(paid.name)).toMatchObject({ state: 'paid', orderState: 'DONE' })
    expect(await cancel({ ...open.name, out_order_no: 'nonesuch' })).toMatchObject({ state: 'absent' })
  })

  it('may still be charged while it cannot be cancelled', async () => {
    const { name } = await placed()
    shop.fault({ kind: 'status', status: 500, method: 'POST', path: `${root}/*/cancel` })
    await expect(cancel(name, { delays: [1, 1] })).rejects.toMatchObject({
      code: 'SERVICE_ORDER_NOT_CANCELLED',
      state: 'DOING',
      mayHaveTakenEffect: true,
    })
  })

  it('is paid in another way, and it is told when WeChat Pay has charged the user too', async () => {
    const [cash, twice] = [await placed(), await placed()]
    await expect(sync(cash.name)).rejects.toMatchObject({ code: 'SERVICE_ORDER_STATE' })
    for (const { name } of [cash, twice]) await complete(name, feeOf(300))
    shop.fault({ kind: 'lost-response', method: 'POST', path: `${root}/*/sync`, count: 1 })
    expect(await sync(cash.name)).toMatchObject({ isPaidTwice: false, data: { state: 'DONE' } })
    expect(() => pay(cash.out_order_no)).toThrow(/SERVICE_ORDER_STATE/)
    pay(twice.out_order_no)
    expect(await sync(twice.name)).toMatchObject({ isPaidTwice: true })
  })

  it('expires after 30 days that nobody confirmed it in', async () => {
    const request = orderOf(shop, party)
    await create(request)
    const options = { deadline: shop.now() + 31 * 86_400_000, delays: [86_400_000], wait }
    expect(await settledServiceOrder(shop.wxpay, nameOf(request), options)).toMatchObject({ state: 'EXPIRED' })
  })

  it('names what is wrong before anything is sent', async () => {
    const request = orderOf(shop, party)
    for (const [field, change] of [
      ['out_order_no', { out_order_no: 'a'.repeat(33) }],
      ['service_id', { service_id: 'x' }],
    ] as const)
      await expect(create({ ...request, ...change })).rejects.toMatchObject({ code: 'PARAMETER_INVALID', field })
    await expect(create({ ...request, risk_fund: { name: 'DEPOSIT', amount: 0.5 } })).rejects.toMatchObject({
      field: 'risk_fund.amount',
    })
    const name = nameOf(request)
    await expect(syncServiceOrder(shop.wxpay, { ...name, paid_time: '2026-03-01' })).rejects.toMatchObject({
      field: 'paid_time',
    })
    expect(shop.calls()).toEqual([])
  })
})
