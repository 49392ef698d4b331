import { beforeAll, describe, expect, it } from 'vitest'
import { decryptGcm, importGcmKey } from '../../../src/core/crypto/aes.ts'
import { Wechatpay } from '../../../src/core/index.ts'
import { createSimulatorMount, isControlPath } from '../../../src/simulator/control/mount.ts'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'

let simulator: Simulator
let wechatpay: Wechatpay
let mount: (request: Request) => Promise<Response>
/** The notifications that the merchant has received. */
const sent: { url: string; body: string; signature: string | null }[] = []
let answer = 204

beforeAll(async () => {
  simulator = await createSimulator({
    platform: 'both',
    async deliver(input, init) {
      const request = new Request(input, init)
      const { url, headers } = request
      sent.push({ url, body: await request.text(), signature: headers.get('wechatpay-signature') })
      return new Response(null, { status: answer })
    },
  })
  const { fetch, mtlsFetch } = simulator
  wechatpay = new Wechatpay({ ...simulator.merchant, fetch, mtlsFetch })
  mount = createSimulatorMount(simulator)
})

async function ask(method: string, path: string, body?: unknown) {
  const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
  const response = await mount(
    new Request(`http://localhost/simulator${path}`, {
      method,
      ...(text !== undefined && { body: text, headers: { 'content-type': 'application/json' } }),
    }),
  )
  const content = await response.text()
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  return { status: response.status, json: (content ? JSON.parse(content) : undefined) as any }
}

async function place(out_trade_no: string, notify_url = 'https://merchant.example/notify') {
  const { appid, mchid } = simulator.merchant
  await wechatpay.v3.pay.transactions.native.post({
    appid,
    mchid,
    out_trade_no,
    description: 'd',
    amount: { total: 100 },
    notify_url,
  })
}
const state = async (out_trade_no: string) =>
  (
    await wechatpay.v3.pay.transactions.outTradeNo._out_trade_no_.get({
      out_trade_no,
      params: { mchid: simulator.merchant.mchid },
    })
  ).data.trade_state

describe('the control API', () => {
  it.each([
    ['/simulator', true],
    ['/simulator/pay', true],
    ['/simulators', false],
    ['/v3/simulator', false],
    ['/', false],
  ])('has %s: %s', (path, mounted) => {
    expect(isControlPath(path)).toBe(mounted)
  })

  it('describes the merchant and the actions, and no secrets', async () => {
    const { json } = await ask('GET', '')
    const { mchid, appid, serial } = simulator.merchant
    expect(json).toMatchObject({ mchid, appid, serial, certificate: simulator.merchant.certificate })
    expect(json.endpointsWithState).toEqual(
      expect.arrayContaining(['POST /v3/pay/transactions/native', 'POST /secapi/pay/refund']),
    )
    expect(json.endpointsWithState).not.toContain('POST /v3/goldplan/merchants/changegoldplanstatus')
    expect(json.actions).toContainEqual({
      method: 'POST',
      path: '/simulator/cancel',
      parameters: { out_trade_no: 'a text', sub_mchid: 'a text (optional)' },
      description: 'Gives up the payment as the shopper.',
    })
    await place('M-secret')
    const all = await Promise.all(['', '/journal', '/faults', '/notifications'].map(path => ask('GET', path)))
    const text = JSON.stringify(all)
    const { apiv3Key, apiv2Key, privateKey } = simulator.merchant
    expect(text).not.toContain('PRIVATE KEY')
    for (const secret of [apiv3Key, apiv2Key, privateKey.split('\n')[1]!]) expect(text).not.toContain(secret)
  })

  it('lists records, the newest first, and its own status', async () => {
    await place('M-list-1')
    await place('M-list-2')
    const { json: orders } = await ask('GET', '/orders')
    expect(orders.slice(0, 2).map(({ out_trade_no }: { out_trade_no: string }) => out_trade_no)).toEqual([
      'M-list-2',
      'M-list-1',
    ])
    const { json: one } = await ask('GET', '/orders/M-list-1')
    for (const shown of [orders[0], one]) {
      expect(shown).toHaveProperty('prepay_id')
      expect(Object.keys(shown)).not.toEqual(expect.arrayContaining(['fingerprint']))
      expect(Object.keys(shown)).not.toEqual(expect.arrayContaining(['prepayIssuedAt']))
    }
    for (const path of ['/refunds', '/transfers', '/payments'])
      expect((await ask('GET', path)).json).toBeInstanceOf(Array)
    expect(simulator.orders(1)).toHaveLength(1)
    expect(simulator.orders(0)).toEqual([])
    expect((await ask('GET', '/status')).json).toMatchObject({ now: expect.any(Number), holding: false, saved: [] })
    await ask('POST', '/notifications/hold')
    await ask('POST', '/save', { name: 'a' })
    expect((await ask('GET', '/status')).json).toMatchObject({ holding: true, saved: ['a'] })
    await ask('POST', '/notifications/release')
  })

  it('pays an order once, and notifies the merchant', async () => {
    await place('M-0001')
    expect(await state('M-0001')).toBe('NOTPAY')
    const paid = await ask('POST', '/pay', { out_trade_no: 'M-0001' })
    expect(paid).toMatchObject({ status: 200, json: { out_trade_no: 'M-0001', trade_state: 'SUCCESS' } })
    expect(await state('M-0001')).toBe('SUCCESS')
    expect(await ask('POST', '/pay', { out_trade_no: 'M-0001' })).toMatchObject({
      status: 409,
      json: { code: 'ORDER_PAID', message: expect.stringContaining('paid'), message_zh: '该订单已支付' },
    })
    await ask('POST', '/settle')
    expect(sent.at(-1)).toMatchObject({ url: 'https://merchant.example/notify' })
  })

  it('fails, cancels and shows orders, sets the result of refunds, and pays into accounts', async () => {
    await place('M-0004')
    for (const what of ['/fail', '/cancel'])
      expect(await ask('POST', what, { out_trade_no: 'M-0004' })).toMatchObject({ json: { trade_state: 'NOTPAY' } })
    const { prepay_id } = (await ask('GET', '/orders/M-0004')).json
    await ask('POST', '/pay', { prepay_id })
    expect((await ask('GET', '/orders/M-0004')).json.trade_state).toBe('SUCCESS')
    await wechatpay.v3.refund.domestic.refunds.post({
      out_trade_no: 'M-0004',
      out_refund_no: 'MR-0004',
      amount: { refund: 30, total: 100, currency: 'CNY' },
    })
    expect((await ask('GET', '/refunds/MR-0004')).json.status).toBe('PROCESSING')
    await ask('POST', '/refund-result', { out_refund_no: 'MR-0004', result: 'ABNORMAL' })
    expect((await ask('GET', '/refunds/MR-0004')).json.status).toBe('ABNORMAL')
    const before = (await ask('GET', '/balance')).json.OPERATION.available
    await ask('POST', '/fund', { fen: 100 })
    expect((await ask('GET', '/balance')).json.OPERATION.available).toBe(before + 100)
  })

  it('holds, releases, repeats and corrupts notifications', async () => {
    await place('M-0002')
    expect((await ask('POST', '/notifications/hold')).status).toBe(204)
    await ask('POST', '/pay', { out_trade_no: 'M-0002' })
    await ask('POST', '/settle')
    const before = sent.length
    await ask('POST', '/notifications/release', { order: 'reversed' })
    expect(sent).toHaveLength(before + 1)
    const { id } = (await ask('GET', '/notifications')).json.find(
      ({ reference }: { reference: string }) => reference === 'M-0002',
    )
    for (const what of ['repeat', 'probe', 'stale', 'tampered']) {
      const { status, json } = await ask('POST', `/notifications/${id}/${what}`)
      expect([status, json]).toEqual([200, expect.objectContaining({ variant: what, status: 204 })])
    }
    expect(sent.at(-3)!.signature).toMatch(/^WECHATPAY\/SIGNTEST\//)
    expect((await ask('POST', '/notifications/none/repeat')).json.code).toBe('PARAM_ERROR')
  })

  it('sends any notification on demand', async () => {
    const { status, json } = await ask('POST', '/notifications', {
      url: 'https://merchant.example/parking',
      event: 'VEHICLE.ENTRANCE_STATE_CHANGE',
      resource: { plate_number: '粤B888888' },
    })
    expect([status, json.event, sent.at(-1)!.url]).toEqual([
      200,
      'VEHICLE.ENTRANCE_STATE_CHANGE',
      'https://merchant.example/parking',
    ])
  })

  it('sends a notification made from the definition when only its event is given', async () => {
    const url = 'https://merchant.example/refund'
    const { status, json } = await ask('POST', '/notifications', { url, event: 'REFUND.CLOSED' })
    expect([status, json.state]).toEqual([200, 'delivered'])
    const key = await importGcmKey(simulator.merchant.apiv3Key)
    const resource = JSON.parse(await decryptGcm(JSON.parse(sent.at(-1)!.body).resource, key))
    expect(resource).toMatchObject({ mchid: simulator.merchant.mchid, refund_status: 'CLOSED' })
    expect(await ask('POST', '/notifications', { url, event: 'NO.SUCH' })).toMatchObject({
      status: 400,
      json: { code: 'PARAM_ERROR', message: expect.stringContaining('NO.SUCH') },
    })
  })

  it('sends a number that a double cannot hold', async () => {
    const resource = '{"applyment_id":9007199254740993}'
    const url = 'https://merchant.example/applyment'
    await ask('POST', '/notifications', `{"url":"${url}","event":"APPLYMENT_STATE.APPROVED","resource":${resource}}`)
    const key = await importGcmKey(simulator.merchant.apiv3Key)
    expect(await decryptGcm(JSON.parse(sent.at(-1)!.body).resource, key)).toBe(resource)
  })

  it('names the number of a refused request', async () => {
    await place('M-0005')
    const { prepay_id } = (await ask('GET', '/orders/M-0005')).json
    await ask('POST', '/pay', { prepay_id })
    const refusals: [path: string, given: Record<string, string>][] = [
      ['/pay', { out_trade_no: 'M-0005' }],
      ['/pay', { prepay_id }],
      ['/pay', { out_trade_no: 'M-none' }],
      ['/pay', { prepay_id: 'wx-none' }],
      ['/pay', { combine_out_trade_no: 'M-none' }],
      ['/fail', { out_trade_no: 'M-0005' }],
      ['/cancel', { out_trade_no: 'M-none' }],
      ['/refund-result', { out_refund_no: 'MR-none', result: 'SUCCESS' }],
      ['/confirm-transfer', { out_bill_no: 'MT-none' }],
      ['/fail-transfer', { out_bill_no: 'MT-none' }],
    ]
    for (const [path, given] of refusals) {
      const { status, json } = await ask('POST', path, given)
      expect([path, status]).toEqual([path, 409])
      expect(json.message).toContain(Object.values(given)[0])
    }
    for (const path of ['/orders', '/combined-orders', '/refunds', '/transfers'])
      expect((await ask('GET', `${path}/M-9`)).json).toMatchObject({
        code: 'NOT_FOUND',
        message: expect.stringMatching(/ M-9\.$/),
      })
  })

  it('advances the clock, and retries failed notifications', async () => {
    // At an address of its own: what other tests have left falls due with the clock too.
    const notify_url = 'https://merchant.example/again'
    const times = () => sent.filter(({ url }) => url === notify_url).length
    await place('M-0003', notify_url)
    answer = 500
    await ask('POST', '/pay', { out_trade_no: 'M-0003' })
    await ask('POST', '/settle')
    expect(times()).toBe(1)
    answer = 204
    const before = Date.now()
    const { json } = await ask('POST', '/advance', { ms: 15_000 })
    expect(times()).toBe(2)
    expect(json.now).toBeGreaterThanOrEqual(before + 15_000)
    expect((await ask('POST', '/advance', { ms: -1 })).status).toBe(400)
  })

  it('adds, lists and removes faults', async () => {
    const { json } = await ask('POST', '/faults', { kind: 'status', status: 429, count: 5 })
    expect((await ask('GET', '/faults')).json).toMatchObject([{ id: json.id, rule: { status: 429 }, hits: 0 }])
    await expect(wechatpay.v3.certificates.get({ retry: { attempts: 1 } })).rejects.toMatchObject({ status: 429 })
    expect((await ask('DELETE', `/faults/${json.id}`)).status).toBe(204)
    expect((await ask('GET', '/faults')).json).toEqual([])
    expect(await ask('DELETE', `/faults/${json.id}`)).toEqual({
      status: 404,
      json: { code: 'NOT_FOUND', message: `There is no fault rule ${json.id}.` },
    })
    await ask('POST', '/faults', { kind: 'cut-connection' })
    await ask('DELETE', '/faults')
    expect((await wechatpay.v3.certificates.get()).status).toBe(200)
    expect(await ask('POST', '/faults', { kind: 'earthquake' })).toMatchObject({
      status: 400,
      json: { code: 'PARAM_ERROR', message: expect.stringContaining('cut-connection') },
    })
  })

  it('rotates the platform certificate', async () => {
    const { json } = await ask('POST', '/rotate')
    expect(Object.keys(simulator.certificates).at(-1)).toBe(json.serial)
  })
})

describe('requests that the control API refuses', () => {
  it.each([
    ['GET', '/none', undefined, 404, 'NOT_FOUND', 'GET /simulator lists'],
    ['GET', '/', undefined, 404, 'NOT_FOUND', ''],
    ['GET', '/pay', undefined, 405, 'METHOD_NOT_ALLOWED', 'accepts POST'],
    ['DELETE', '', undefined, 405, 'METHOD_NOT_ALLOWED', 'accepts GET'],
    ['POST', '/pay', undefined, 400, 'PARAM_ERROR', 'Give exactly one of out_trade_no, prepay_id'],
    ['POST', '/cancel', undefined, 400, 'PARAM_ERROR', '"out_trade_no" must be a text'],
    ['GET', '/orders/none', undefined, 404, 'NOT_FOUND', ''],
    [
      'POST',
      '/refund-result',
      { out_refund_no: '1', result: 'x' },
      400,
      'PARAM_ERROR',
      'SUCCESS or CLOSED or ABNORMAL',
    ],
    ['POST', '/confirm-transfer', { out_bill_no: 'none' }, 409, 'TRANSFER_UNKNOWN', '', '记录不存在'],
    ['POST', '/receive-red-packet', { mch_billno: 'none' }, 409, 'RED_PACKET_UNKNOWN', 'red packet', '红包不存在'],
    ['POST', '/fund', { fen: 1, type: 'x' }, 400, 'PARAM_ERROR', 'BASIC or OPERATION or FEES'],
    ['POST', '/pay', { out_trade_no: 1 }, 400, 'PARAM_ERROR', '"out_trade_no" must be a text'],
    [
      'POST',
      '/pay',
      { out_trade_no: '1', ms: 1 },
      400,
      'PARAM_ERROR',
      '"ms" is no field of this action; its fields are: out_trade_no, prepay_id',
    ],
    [
      'POST',
      '/pay',
      { out_trade_no: 'none' },
      409,
      'ORDER_UNKNOWN',
      /^There is no such order\. \(none\)$/,
      '订单不存在',
    ],
    ['POST', '/pay', '{"out_trade_no"', 400, 'PARAM_ERROR', 'not a JSON object'],
    ['POST', '/pay', '[]', 400, 'PARAM_ERROR', 'not a JSON object'],
    ['POST', '/advance', { ms: '1' }, 400, 'PARAM_ERROR', '"ms" must be a whole number'],
    ['POST', '/notifications/release', { order: 'x' }, 400, 'PARAM_ERROR', 'given or reversed'],
    ['POST', '/notifications/%/repeat', undefined, 400, 'PARAM_ERROR', 'percent-encoded'],
  ])('%s %s with %j: %i %s', async (method, path, body, status, code, message, message_zh?: string) => {
    expect(await ask(method, path, body)).toEqual({
      status,
      json: { code, message: expect.stringMatching(message), message_zh },
    })
  })
  it.each([TypeError, RangeError])('its own mistake as 500, and not as a wrong parameter: %o', async Mistake => {
    const orders = () => {
      throw new Mistake('Cannot read properties of undefined')
    }
    const faulty = createSimulatorMount(Object.create(simulator, { orders: { value: orders } }) as Simulator)
    const response = await faulty(new Request('http://localhost/simulator/orders'))
    expect([response.status, await response.json()]).toEqual([
      500,
      { code: 'SYSTEM_ERROR', message: 'Cannot read properties of undefined' },
    ])
  })
  it('parameters that the simulator itself checks', async () => {
    const refused = { status: 400, json: { code: 'PARAM_ERROR' } }
    expect(await ask('POST', '/advance', { ms: -1 })).toMatchObject(refused)
    expect(await ask('POST', '/restore', { name: 'none' })).toMatchObject(refused)
    expect(await ask('POST', '/key-switch', { stage: 'stopped', share: 2 })).toMatchObject(refused)
    expect(await ask('POST', '/faults', { kind: 'none' })).toMatchObject(refused)
    expect(await ask('POST', '/merchants', { mchid: simulator.merchant.mchid })).toMatchObject(refused)
  })
  it('a body beyond 1 MB', async () => {
    expect(await ask('POST', '/pay', 'x'.repeat(1024 * 1024 + 1))).toMatchObject({ status: 413 })
  })
})
