import { expect, test } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import {
  createNotificationHandler,
  type NotificationHandlerOptions,
  type NotificationHandlers,
} from '../../../src/flows/notification/index.ts'
import { createSimulator, type NotificationRequest } from '../../../src/simulator/index.ts'

const url = 'https://merchant.example/notify'
const DELETED: NotificationRequest = { url, api: 'brand', event: 'BRAND_MEMBER_CARD.USER_CARD.DELETE', once: true }

async function setUp(handlers: NotificationHandlers, options: NotificationHandlerOptions = {}, merchantOnly = false) {
  const errors: unknown[] = []
  const simulator = await createSimulator({
    seed: 'brand handler',
    brandId: '40001',
    deliver: (input, init) => handler(new Request(input, init)),
  })
  const { merchant, brand, fetch } = simulator
  const wxpay = new Wechatpay({ ...merchant, ...(!merchantOnly && { brand: brand! }), fetch })
  const handler = createNotificationHandler(wxpay, handlers, { onError: error => errors.push(error), ...options })
  return { simulator, wxpay, errors }
}

test('the handler of a brand’s event gets the brand, and no merchant', async () => {
  const contexts: object[] = []
  const { simulator, wxpay } = await setUp({
    'BRAND_MEMBER_CARD.USER_CARD.DELETE': ({ resource }, { brandId, mchid, wechatpay }) =>
      contexts.push({ code: typeof resource.user_card_code, brandId, mchid, isClient: wechatpay === wxpay }),
    'PRODUCT_COUPON.*': ({ api }, { brandId }) => contexts.push({ api, brandId }),
  })
  expect((await simulator.notify.send(DELETED)).state).toBe('delivered')
  expect((await simulator.notify.send({ ...DELETED, event: 'PRODUCT_COUPON.SEND' })).state).toBe('delivered')
  expect(contexts).toEqual([
    { code: 'string', brandId: '40001', mchid: undefined, isClient: wxpay !== undefined },
    { api: 'brand', brandId: '40001' },
  ])
})

test('an event of APIv3 from the brand reaches neither its handler nor its family nor `expect`', async () => {
  const called: string[] = []
  const { simulator } = await setUp(
    {
      'TRANSACTION.SUCCESS': () => called.push('event'),
      'TRANSACTION.*': () => called.push('family'),
      otherwise: ({ api, event }) => called.push(`${api} ${event}`),
    },
    { expect: () => void called.push('expect') },
  )
  const resource = { out_trade_no: '1', trade_state: 'SUCCESS' }
  const sent = await simulator.notify.send({ ...DELETED, event: 'TRANSACTION.SUCCESS', resource })
  expect([sent.state, called]).toEqual(['delivered', ['brand brand/TRANSACTION.SUCCESS']])
})

test('an event of the brand from APIv3 does not reach the handler of the brand', async () => {
  const called: string[] = []
  const { simulator, errors } = await setUp({ [DELETED.event]: () => called.push('event') } as NotificationHandlers)
  const sent = await simulator.notify.send({ ...DELETED, api: 'v3', resource: { brand_id: '40001' } })
  expect([sent.state, called]).toEqual(['given-up', []])
  expect(errors).toMatchObject([{ code: 'OPTION_MISSING', option: `handlers['v3/${DELETED.event}']` }])
})

test('a notification that comes again is handled once, by its id and the brand', async () => {
  const done = new Set<string>()
  let count = 0
  const { simulator } = await setUp({ [DELETED.event]: () => count++ } as NotificationHandlers, {
    seen: id => done.has(id),
    remember: id => done.add(id),
  })
  const { id } = await simulator.notify.send(DELETED)
  await simulator.notify.repeat(id)
  expect([count, [...done]]).toEqual([1, [`brand/40001/${id}`]])
})

test('a client without the brand refuses it', async () => {
  const { simulator, errors } = await setUp({ otherwise: 'acknowledge' }, {}, true)
  expect((await simulator.notify.send(DELETED)).attempts[0]!.status).toBe(401)
  expect(errors).toMatchObject([{ code: 'SIGNATURE_UNKNOWN_SERIAL' }])
})

test('of several clients the one of the brand receives it, by the brand id if it has no merchant', async () => {
  const received: string[] = []
  const simulator = await createSimulator({
    seed: 'brand handler',
    brandId: '40001',
    deliver: (input, init) => handler(new Request(input, init)),
  })
  const { merchant, brand, fetch } = simulator
  const clients = {
    [merchant.mchid]: new Wechatpay({ ...merchant, fetch }),
    '40001': new Wechatpay({ brand: brand!, fetch }),
  }
  const handler = createNotificationHandler(
    clients,
    { otherwise: ({ api }, { mchid, brandId }) => received.push(`${api} ${mchid ?? brandId}`) },
    { trustUnconfirmedV2: true },
  )
  await simulator.notify.send(DELETED)
  await simulator.notify.send({ url, event: 'TRANSACTION.SUCCESS', once: true })
  await simulator.notify.send({ url, api: 'v2', event: 'transaction-success', once: true })
  expect(received).toEqual(['brand 40001', `v3 ${merchant.mchid}`, `v2 ${merchant.mchid}`])
  expect(() => createNotificationHandler({ '40002': clients['40001']! }, {})).toThrow(/clients\.40002/)
})
