import { createHash, randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { DAY } from '../../../../src/core/base/time.ts'
import { download, upload } from '../../../../src/flows/media/index.ts'
import { createSimulatorMount } from '../../../../src/simulator/index.ts'
import { v3 } from '../../node-client.ts'
import {
  createTestMerchant,
  decryptField,
  NOTIFY_URL,
  newNumber,
  refusalOf,
  type TestMerchant,
} from '../../test-merchant.ts'

const ROOT = '/v3/merchant-service/complaints-v2'
const NOTIFICATIONS = '/v3/merchant-service/complaint-notifications'
const TODAY = 'begin_date=2026-03-01&end_date=2026-03-01'

let shop: TestMerchant
let simulator: TestMerchant['simulator']
let call: TestMerchant['call']
let mchid: string
beforeEach(async () => {
  shop = await createTestMerchant()
  ;({ simulator, call } = shop)
  ;({ mchid } = simulator.merchant)
})

/** Places and pays an order of 100 fen. */
async function paidOrder(sub_mchid?: string): Promise<string> {
  const out_trade_no = newNumber()
  const { appid } = simulator.merchant
  const order = { out_trade_no, description: 'd', notify_url: NOTIFY_URL, amount: { total: 100 } }
  if (sub_mchid === undefined) await call('POST /v3/pay/transactions/native', { ...order, appid, mchid })
  else await call('POST /v3/pay/partner/transactions/native', { ...order, sp_appid: appid, sp_mchid: mchid, sub_mchid })
  simulator.pay({ out_trade_no, ...(sub_mchid && { sub_mchid }) })
  return out_trade_no
}

const refund = (out_trade_no: string, amount: number) =>
  call('POST /v3/refund/domestic/refunds', {
    out_trade_no,
    out_refund_no: newNumber(),
    amount: { refund: amount, total: 100, currency: 'CNY' },
  })
const query = (complaint_id: string) => call(`GET ${ROOT}/${complaint_id}`)
const history = async (complaint_id: string): Promise<string[]> =>
  (await call(`GET ${ROOT}/${complaint_id}/negotiation-historys`)).data.map(
    ({ operate_type }: { operate_type: string }) => operate_type,
  )
const act = (complaint_id: string, action: string, body: object = { complainted_mchid: mchid }) =>
  call(`POST ${ROOT}/${complaint_id}/${action}`, body)
const reply = (complaint_id: string, more: object = {}) =>
  act(complaint_id, 'response', { complainted_mchid: mchid, response_content: '已与用户沟通', ...more })
const decide = (complaint_id: string, action: 'APPROVE' | 'REJECT', more: object = {}) =>
  act(complaint_id, 'update-refund-progress', { action, ...more })

describe('a complaint (投诉单)', () => {
  it('names its order, and encrypts the telephone number for the merchant', async () => {
    const out_trade_no = await paidOrder()
    const text = { complaint_detail: '重复扣费', problem_description: '扣了两次', payer_phone: '13800138000' }
    const { complaint_id } = simulator.complain({ out_trade_no }, text)
    expect(complaint_id).toMatch(/^2002\d{3}20260301\d{12}$/)
    const { transaction_id, payer } = simulator.order(out_trade_no)!
    // As it comes over the wire: the client decrypts by itself.
    const { json } = await v3(simulator, 'GET', `${ROOT}/${complaint_id}`, { now: Date.parse('2026-03-01T12:30:00Z') })
    const { payer_phone, ...rest } = json
    expect(decryptField(simulator, payer_phone)).toBe('13800138000')
    expect(rest).toEqual({
      complaint_id,
      complaint_time: '2026-03-01T20:30:00+08:00',
      complaint_detail: '重复扣费',
      problem_description: '扣了两次',
      complaint_state: 'PENDING',
      complainted_mchid: mchid,
      payer_openid: payer.openid,
      complaint_order_info: [{ transaction_id, out_trade_no, amount: 100 }],
      complaint_media_list: [],
      service_order_info: [],
      complaint_full_refunded: false,
      incoming_user_response: false,
      user_complaint_times: 1,
      problem_type: 'OTHERS',
      user_tag_list: [],
      in_platform_service: false,
      need_immediate_service: false,
      is_agent_mode: false,
    })
  })

  it('is only about a paid order, and one at a time', async () => {
    expect(() => simulator.complain({ out_trade_no: 'none' })).toThrow(/ORDER_UNKNOWN/)
    const { appid } = simulator.merchant
    const out_trade_no = newNumber()
    const order = { appid, mchid, out_trade_no, description: 'd', notify_url: NOTIFY_URL, amount: { total: 100 } }
    await call('POST /v3/pay/transactions/native', order)
    expect(() => simulator.complain({ out_trade_no })).toThrow(/COMPLAINT_ORDER_UNPAID/)
    simulator.pay({ out_trade_no })
    expect(() => simulator.complain({ out_trade_no }, { apply_refund_amount: 101 })).toThrow(/COMPLAINT_AMOUNT/)
    const { complaint_id } = simulator.complain({ out_trade_no })
    expect(() => simulator.complain({ out_trade_no })).toThrow(/COMPLAINT_OPEN/)
    await act(complaint_id, 'complete')
    expect(simulator.complain({ out_trade_no }).complaint_id).not.toBe(complaint_id)
  })

  it('goes from the first reply to its completion, and from there to a second round', async () => {
    const { complaint_id } = simulator.complain({ out_trade_no: await paidOrder() })
    await reply(complaint_id)
    expect(await query(complaint_id)).toMatchObject({ complaint_state: 'PROCESSING', incoming_user_response: false })
    simulator.actOnComplaint(complaint_id, 'USER_RESPONSE', '还没收到')
    expect(await query(complaint_id)).toMatchObject({ complaint_state: 'PROCESSING', incoming_user_response: true })
    expect(() => simulator.actOnComplaint(complaint_id, 'CONTINUE_COMPLAINT')).toThrow(/COMPLAINT_STATE/)
    await act(complaint_id, 'complete')
    expect(await query(complaint_id)).toMatchObject({ complaint_state: 'PROCESSED', incoming_user_response: false })
    expect(await refusalOf(act(complaint_id, 'complete'))).toEqual([400, 'INVALID_REQUEST'])
    expect(() => simulator.actOnComplaint(complaint_id, 'USER_RESPONSE')).toThrow(/COMPLAINT_STATE/)
    simulator.actOnComplaint(complaint_id, 'CONTINUE_COMPLAINT', '不满意')
    expect(await query(complaint_id)).toMatchObject({ complaint_state: 'PENDING', user_complaint_times: 2 })
    expect(await history(complaint_id)).toEqual([
      'USER_CREATE_COMPLAINT',
      'MERCHANT_RESPONSE',
      'USER_RESPONSE',
      'MERCHANT_CONFIRM_COMPLETE',
      'USER_CONTINUE_COMPLAINT',
    ])
  })

  it('has the platform called in, and let go by the shopper or the staff', async () => {
    const { complaint_id } = simulator.complain({ out_trade_no: await paidOrder() })
    expect(() => simulator.actOnComplaint(complaint_id, 'PLATFORM_SERVICE_FINISHED')).toThrow(/COMPLAINT_STATE/)
    simulator.actOnComplaint(complaint_id, 'USER_APPLY_PLATFORM_SERVICE')
    expect(await query(complaint_id)).toMatchObject({ in_platform_service: true })
    simulator.actOnComplaint(complaint_id, 'RESPONSE_BY_PLATFORM', '请尽快处理')
    simulator.actOnComplaint(complaint_id, 'USER_CANCEL_PLATFORM_SERVICE')
    expect(await query(complaint_id)).toMatchObject({ in_platform_service: false, complaint_state: 'PENDING' })
  })

  it('is refused where it is unknown, or about another merchant', async () => {
    const { complaint_id } = simulator.complain({
      out_trade_no: await paidOrder('1900000110'),
      sub_mchid: '1900000110',
    })
    expect(await query(complaint_id)).toMatchObject({ complainted_mchid: '1900000110' })
    expect(await refusalOf(reply(complaint_id))).toEqual([403, 'NO_AUTH'])
    await reply(complaint_id, { complainted_mchid: '1900000110' })
    const calls = [query, reply, history, (id: string) => act(id, 'complete'), (id: string) => decide(id, 'REJECT')]
    for (const call of calls) expect(await refusalOf(call('1'))).toEqual([404, 'RESOURCE_NOT_EXISTS'])
    expect(() => simulator.actOnComplaint('1', 'USER_RESPONSE')).toThrow(/COMPLAINT_UNKNOWN/)
    expect(() => simulator.actOnComplaint(complaint_id, 'MERCHANT_RESPONSE' as never)).toThrow(TypeError)
  })

  it.each<[string, object, string]>([
    ['a reply of more than 500 characters', { response_content: '好'.repeat(501) }, 'PARAM_ERROR'],
    ['more than four images', { response_images: ['1', '2', '3', '4', '5'] }, 'PARAM_ERROR'],
    ['a link without its text', { jump_url: 'https://example.com' }, 'PARAM_ERROR'],
    ['the text of a link alone', { jump_url_text: '查看' }, 'PARAM_ERROR'],
    ['an undocumented member', { undocumented: 1 }, 'PARAM_ERROR'],
  ])('refuses %s', async (_, more, code) => {
    const { complaint_id } = simulator.complain({ out_trade_no: await paidOrder() })
    expect(await refusalOf(reply(complaint_id, more))).toEqual([400, code])
    expect(simulator.complaint(complaint_id)!.history).toHaveLength(1)
  })

  it('is answered at once, and once under one number, where it needs immediate service', async () => {
    const plain = simulator.complain({ out_trade_no: await paidOrder() }).complaint_id
    const out_trade_no = await paidOrder()
    const { complaint_id } = simulator.complain({ out_trade_no }, { need_immediate_service: true })
    const message = { blocks: [{ type: 'TEXT', text: { text: '您好' } }], sender_identity: 'MANUAL' }
    const send = (id: string, idempotent_id: string) =>
      act(id, 'response-immediate-service', { complainted_mchid: mchid, message, idempotent_id })
    expect(await refusalOf(send(plain, 'a'))).toEqual([400, 'INVALID_REQUEST'])
    const { log_id } = await send(complaint_id, 'a')
    expect(await send(complaint_id, 'a')).toEqual({ log_id })
    expect(await send(complaint_id, 'b')).not.toEqual({ log_id })
    const { data } = await call(`GET ${ROOT}/${complaint_id}/negotiation-historys`)
    expect(data.slice(1)).toMatchObject([{ log_id, normal_message: message }, { normal_message: message }])
  })
})

describe('a complaint that asks for a refund (申请退款)', () => {
  const filed = async () => {
    const out_trade_no = await paidOrder()
    return simulator.complain({ out_trade_no }, { problem_type: 'REFUND' })
  }

  it('is processed once the refund that the merchant approved arrives', async () => {
    const { complaint_id, out_trade_no } = await filed()
    expect(await query(complaint_id)).toMatchObject({ apply_refund_amount: 100, user_tag_list: ['TRUSTED'] })
    await decide(complaint_id, 'APPROVE', { launch_refund_day: 0 })
    expect(await query(complaint_id)).toMatchObject({ complaint_state: 'PROCESSING' })
    await refund(out_trade_no, 100)
    expect(await query(complaint_id)).toMatchObject({ complaint_full_refunded: false })
    await simulator.advance(5_000)
    expect(await query(complaint_id)).toMatchObject({ complaint_state: 'PROCESSED', complaint_full_refunded: true })
    expect(await history(complaint_id)).toEqual([
      'USER_CREATE_COMPLAINT',
      'MERCHANT_APPROVE_REFUND',
      'COMPLAINT_FULL_REFUNDED_SYSTEM_MESSAGE',
      'COMPLAINT_REFUND_RECEIVED_SYSTEM_MESSAGE',
    ])
    expect(await refusalOf(decide(complaint_id, 'APPROVE'))).toEqual([400, 'INVALID_REQUEST'])
  })

  it('is processed when the merchant rejects it, with the reason in the negotiation', async () => {
    const { complaint_id } = await filed()
    await decide(complaint_id, 'REJECT', { reject_reason: '已发货', reject_media_list: ['a'] })
    expect(await query(complaint_id)).toMatchObject({ complaint_state: 'PROCESSED' })
    const { data } = await call(`GET ${ROOT}/${complaint_id}/negotiation-historys?offset=1`)
    expect(data).toMatchObject([{ operate_type: 'MERCHANT_REFUSE_RERUND', operate_details: '已发货' }])
    expect(await refusalOf(decide(complaint_id, 'APPROVE'))).toEqual([400, 'INVALID_REQUEST'])
  })

  it('is told of a partial refund, and is decided once', async () => {
    const { complaint_id, out_trade_no } = await filed()
    await refund(out_trade_no, 40)
    await simulator.advance(5_000)
    expect(await query(complaint_id)).toMatchObject({ complaint_state: 'PENDING', complaint_full_refunded: false })
    expect(await history(complaint_id)).toContain('COMPLAINT_PARTIAL_REFUNDED_SYSTEM_MESSAGE')
    await decide(complaint_id, 'APPROVE')
    expect(await refusalOf(decide(complaint_id, 'REJECT'))).toEqual([400, 'INVALID_REQUEST'])
    await refund(out_trade_no, 60)
    await simulator.advance(5_000)
    expect(await query(complaint_id)).toMatchObject({ complaint_state: 'PROCESSED', complaint_full_refunded: true })
  })

  it('is the only one whose refund is decided', async () => {
    const { complaint_id } = simulator.complain({ out_trade_no: await paidOrder() })
    expect(await refusalOf(decide(complaint_id, 'APPROVE'))).toEqual([400, 'PARAM_ERROR'])
  })
})

describe('the list of complaints', () => {
  it('has the days of UTC+8 that were asked for, page by page, with the total on the first', async () => {
    const ids: string[] = []
    for (const _ of [1, 2, 3]) ids.push(simulator.complain({ out_trade_no: await paidOrder() }).complaint_id)
    await simulator.advance(DAY / 2)
    const later = simulator.complain({ out_trade_no: await paidOrder() }).complaint_id
    const list = (parameters: string) => call(`GET ${ROOT}?${parameters}`)
    const idsOf = ({ data }: { data: { complaint_id: string }[] }) => data.map(({ complaint_id }) => complaint_id)
    const first = await list(`${TODAY}&limit=2`)
    expect([idsOf(first), first.total_count]).toEqual([ids.slice(0, 2), 3])
    const second = await list(`${TODAY}&limit=2&offset=2`)
    expect([idsOf(second), second.total_count]).toEqual([ids.slice(2), undefined])
    expect(idsOf(await list('begin_date=2026-03-02&end_date=2026-03-31'))).toEqual([later])
    expect(idsOf(await list(`begin_date=2026-03-01&end_date=2026-03-31&complainted_mchid=1900000110`))).toEqual([])
  })

  it.each([
    ['more than 30 days', 'begin_date=2026-03-01&end_date=2026-04-01'],
    ['an end before the beginning', 'begin_date=2026-03-02&end_date=2026-03-01'],
    ['no date', 'begin_date=2026-13-45&end_date=2026-03-01'],
    ['a page of 51', `${TODAY}&limit=51`],
    ['a page of 0', `${TODAY}&limit=0`],
    ['a negative offset', `${TODAY}&offset=-1`],
  ])('refuses %s', async (_, parameters) => {
    expect(await refusalOf(call(`GET ${ROOT}?${parameters}`))).toEqual([400, 'PARAM_ERROR'])
  })
})

describe('notifications of complaints', () => {
  const urls = ['https://merchant.example/complaints', 'https://merchant.example/other']

  it('go to the URL that the merchant has set, changed and deleted', async () => {
    for (const method of ['GET', 'DELETE'])
      expect(await refusalOf(call(`${method} ${NOTIFICATIONS}`))).toEqual([400, 'RESOURCE_NOT_EXISTS'])
    expect(await refusalOf(call(`PUT ${NOTIFICATIONS}`, { url: urls[0] }))).toEqual([400, 'RESOURCE_NOT_EXISTS'])
    expect(await refusalOf(call(`POST ${NOTIFICATIONS}`, { url: 'ftp://a' }))).toEqual([400, 'PARAM_ERROR'])
    expect(await call(`POST ${NOTIFICATIONS}`, { url: urls[0] })).toEqual({ mchid, url: urls[0] })
    expect(await refusalOf(call(`POST ${NOTIFICATIONS}`, { url: urls[1] }))).toEqual([400, 'RESOURCE_ALREADY_EXISTS'])
    const { complaint_id } = simulator.complain({ out_trade_no: await paidOrder() })
    expect(await call(`PUT ${NOTIFICATIONS}`, { url: urls[1] })).toEqual({ mchid, url: urls[1] })
    await reply(complaint_id)
    await call(`DELETE ${NOTIFICATIONS}`)
    await act(complaint_id, 'complete')
    await simulator.settled()
    const told = shop.received.filter(({ event }) => event.startsWith('COMPLAINT'))
    expect(told).toEqual([
      { url: urls[0], event: 'COMPLAINT.CREATE', resource: { complaint_id, action_type: 'CREATE_COMPLAINT' } },
      { url: urls[1], event: 'COMPLAINT.STATE_CHANGE', resource: { complaint_id, action_type: 'MERCHANT_RESPONSE' } },
    ])
  })

  it('name each act, a full refund and its arrival, but no partial refund', async () => {
    await call(`POST ${NOTIFICATIONS}`, { url: urls[0] })
    const out_trade_no = await paidOrder()
    const { complaint_id } = simulator.complain({ out_trade_no }, { problem_type: 'REFUND' })
    await decide(complaint_id, 'APPROVE')
    await refund(out_trade_no, 40)
    await refund(out_trade_no, 60)
    await simulator.advance(5_000)
    await simulator.settled()
    const told = shop.received.filter(({ event }) => event.startsWith('COMPLAINT'))
    expect(told.map(({ resource }) => resource.action_type)).toEqual([
      'CREATE_COMPLAINT',
      'MERCHANT_APPROVE_REFUND',
      'SELLER_REFUND',
      'REFUND_SUCCESS',
      'REFUND_SUCCESS',
    ])
  })
})

describe('images of complaints', () => {
  const png = (size: number) => {
    const bytes = new Uint8Array(randomBytes(size))
    bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
    return bytes
  }
  const uploadImage = async (bytes: Uint8Array<ArrayBuffer>) =>
    (await upload(shop.wxpay, 'v3/merchant-service/images/upload', new File([bytes], 'a.png'))).data.media_id
  const getUrl = async (url: string) => {
    const { pathname } = new URL(url)
    return v3(simulator, 'GET', pathname, { now: Date.parse('2026-03-01T12:30:00Z') })
  }
  const bytesAt = async (media_id: string) => {
    const { stream } = await download(shop.wxpay, 'v3/merchant-service/images/{media_id}', { media_id })
    return new Uint8Array(await new Response(stream).arrayBuffer())
  }

  it('come back byte for byte, by the URL in the negotiation', async () => {
    const bytes = png(200_001)
    const media_id = await uploadImage(bytes)
    const digest = (of: Uint8Array) => createHash('sha256').update(of).digest('hex')
    expect(digest(await bytesAt(media_id))).toBe(digest(bytes))
    const { complaint_id } = simulator.complain({ out_trade_no: await paidOrder() }, { has_image: true })
    await reply(complaint_id, { response_images: [media_id] })
    const { data } = await call(`GET ${ROOT}/${complaint_id}/negotiation-historys`)
    expect(
      data.map((line: { complaint_media_list: { media_type: string } }) => line.complaint_media_list.media_type),
    ).toEqual(['USER_COMPLAINT_IMAGE', 'OPERATION_IMAGE'])
    for (const { complaint_media_list } of data) {
      const [url] = complaint_media_list.media_url
      expect(url).toMatch(/^https:\/\/api\.mch\.weixin\.qq\.com\/v3\/merchant-service\/images\//)
      expect((await getUrl(url)).status).toBe(200)
    }
    const { complaint_media_list } = await query(complaint_id)
    expect((await getUrl(complaint_media_list[0].media_url[0])).text).toContain('PNG')
  })

  it('are unknown if nobody has uploaded them', async () => {
    expect(await refusalOf(call('GET /v3/merchant-service/images/unknown'))).toEqual([404, 'RESOURCE_NOT_EXISTS'])
  })

  it('are kept up to a bound, the oldest is dropped first', async () => {
    const ids: string[] = []
    for (let at = 0; at < 7; at++) ids.push(await uploadImage(png(2 * 1024 * 1024)))
    expect(simulator.snapshot().length).toBeLessThan(18 * 1024 * 1024)
    expect(await refusalOf(bytesAt(ids[0]!))).toEqual([404, 'RESOURCE_NOT_EXISTS'])
    expect((await bytesAt(ids[6]!)).byteLength).toBe(2 * 1024 * 1024)
  })
})

describe('the state of complaints', () => {
  it('survives a snapshot, and is gone after a reset', async () => {
    await call(`POST ${NOTIFICATIONS}`, { url: 'https://merchant.example/complaints' })
    const out_trade_no = await paidOrder()
    const { complaint_id } = simulator.complain({ out_trade_no }, { problem_type: 'REFUND' })
    await decide(complaint_id, 'APPROVE')
    const restored = await createTestMerchant({ state: simulator.snapshot() })
    expect(restored.simulator.complaint(complaint_id)).toEqual(simulator.complaint(complaint_id))
    await restored.call('POST /v3/refund/domestic/refunds', {
      out_trade_no,
      out_refund_no: newNumber(),
      amount: { refund: 100, total: 100, currency: 'CNY' },
    })
    await restored.simulator.advance(5_000)
    expect(restored.simulator.complaint(complaint_id)).toMatchObject({ state: 'PROCESSED' })
    await simulator.reset()
    expect(simulator.complaint(complaint_id)).toBeUndefined()
    expect(await refusalOf(call(`GET ${NOTIFICATIONS}`))).toEqual([400, 'RESOURCE_NOT_EXISTS'])
  })
})

describe('the control API', () => {
  it('files a complaint, acts in it and shows it', async () => {
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
    const out_trade_no = await paidOrder()
    expect(await ask('POST', '/complain', { out_trade_no, problem_type: 'MONEY' })).toMatchObject([400, {}])
    expect(await ask('POST', '/complain', { out_trade_no: 'none' })).toMatchObject([409, { code: 'ORDER_UNKNOWN' }])
    const [status, complaint] = await ask('POST', '/complain', { out_trade_no, problem_type: 'REFUND' })
    expect([status, complaint.state]).toEqual([200, 'PENDING'])
    const { complaint_id } = complaint
    const message = { complaint_id, action: 'USER_RESPONSE', operate_details: '在吗' }
    expect(await ask('POST', '/complaint-action', message)).toMatchObject([200, { incoming_user_response: true }])
    expect(await ask('POST', '/complaint-action', { ...message, action: 'MERCHANT_RESPONSE' })).toMatchObject([400, {}])
    expect(await ask('GET', `/complaints/${complaint_id}`)).toMatchObject([200, { history: [{}, {}] }])
    expect(await ask('GET', '/complaints/1')).toMatchObject([404, {}])
  })
})
