import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { createNamespaceServer, createSimulator } from '../../src/simulator/index.ts'
import { REJECTIONS } from '../../src/simulator/v3/refusal.ts'
import { PAGE } from './page-location.ts'

const UNREACHABLE = 'The simulator does not respond.'
let serve: (request: Request) => Promise<Response>
let callApi: typeof import('../../src/console/api.ts').callApi
let refusalOf: typeof import('../../src/console/refusal.ts').refusalOf
beforeAll(async () => {
  const server = createNamespaceServer(await createSimulator())
  await server.namespaces.create('one')
  serve = request => server.fetch(request)
  vi.stubGlobal('location', PAGE)
  ;({ callApi } = await import('../../src/console/api.ts'))
  ;({ refusalOf } = await import('../../src/console/refusal.ts'))
})
afterEach(() => {
  vi.unstubAllGlobals()
})

/** Calls the control API, and returns what the page says of its failure, in both languages. */
async function said(path: string, input: object, fetch = serve) {
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => fetch(new Request(new URL(url, PAGE), init)))
  const error = await callApi('POST', path, input).then(
    () => undefined,
    (error: unknown) => error,
  )
  return [refusalOf(error, 'en', UNREACHABLE), refusalOf(error, 'zh', UNREACHABLE)]
}

test.each([
  ['/pay', { out_trade_no: 'none' }, 'order', '订单不存在（ORDER_UNKNOWN）'],
  ['/receive-red-packet', { mch_billno: 'none' }, 'red packet', '红包不存在（RED_PACKET_UNKNOWN）'],
  ['/fail-fapiao', { fapiao_apply_id: 'none', fapiao_id: 'none' }, 'invoice', '发票不存在（FAPIAO_UNKNOWN）'],
  [
    '/pay-medical-order',
    { out_trade_no: 'none' },
    'medical',
    '未找到订单，请确认订单号是否正确（MEDICAL_ORDER_UNKNOWN）',
  ],
  [
    '/change-plate',
    { plate_number: '粤B888888', plate_color: 'BLUE', event: 'pause' },
    'plate',
    '车牌未开通服务（PLATE_UNKNOWN）',
  ],
])('what %s is refused for is said in the language of the reader', async (path, input, en, zh) => {
  expect(await said(path, input)).toEqual([{ text: expect.stringContaining(en) }, { text: zh }])
})

test('each reason has a message in Chinese', () => {
  const without = Object.entries(REJECTIONS).filter(([, [, , message]]) => !/\p{Script=Han}/u.test(message))
  expect(without).toEqual([])
})

test('an error that is no refusal of WeChat Pay is shown as it is', async () => {
  const text = expect.stringContaining('"out_trade_no" must be a text')
  expect(await said('/cancel', {})).toEqual([{ text }, { text, lang: 'en' }])
  const wrong = await said('/pay', {}, async () => new Response('<html>'))
  expect(wrong).toEqual([
    { text: expect.stringContaining('JSON') },
    { text: expect.stringContaining('JSON'), lang: 'en' },
  ])
  expect(refusalOf(new TypeError('openCashier'), 'en', UNREACHABLE)).toEqual({ text: 'openCashier' })
})

test('only a simulator that does not respond, or breaks off, is said not to respond', async () => {
  const broken = async () =>
    new Response(new ReadableStream({ pull: controller => controller.error(new TypeError('terminated')) }))
  for (const fetch of [() => Promise.reject(new TypeError('Failed to fetch')), broken])
    expect(await said('/pay', {}, fetch)).toEqual([{ text: UNREACHABLE }, { text: UNREACHABLE }])
})
