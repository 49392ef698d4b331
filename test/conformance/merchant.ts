import { assert } from 'chai'
import { Wechatpay } from '../../src/core/index.ts'
import { download, upload } from '../../src/flows/media/index.ts'
import { sm3 } from '../../src/flows/media/sm3.ts'
import { createNotificationHandler } from '../../src/flows/notification/index.ts'
import { submitApplyment, watchApplyment } from '../../src/flows/onboarding/index.ts'
import { createSimulator } from '../../src/simulator/index.ts'
import { crypto } from '../webcrypto.ts'
import { type Case, includes, rejection } from './case.ts'

const url = 'https://example.com/notify'
const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3)

/** A byte at a time. */
const streamOf = (bytes: Uint8Array) => {
  let at = 0
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at === bytes.length) controller.close()
      else controller.enqueue(bytes.slice(at, ++at))
    },
  })
}

async function createTestMerchant() {
  const simulator = await createSimulator({ seed: 'conformance', crypto })
  const wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch, crypto, retry: false })
  return { simulator, wxpay }
}

/** Cases of a merchant's own server: notifications, files, applyments. */
export const cases: readonly Case[] = [
  {
    name: 'a notification handler takes what is WeChat Pay’s, once, answers what asks, and refuses what is not',
    async run() {
      const paid: unknown[] = []
      const seen = new Set<string>()
      const errors: unknown[] = []
      const simulator = await createSimulator({
        seed: 'conformance',
        crypto,
        deliver: (input, init) => handler(new Request(input, init)),
      })
      const { merchant, fetch, mtlsFetch } = simulator
      const wxpay = new Wechatpay({ ...merchant, fetch, mtlsFetch, crypto })
      const refunded: unknown[] = []
      const handler = createNotificationHandler(
        wxpay,
        {
          'TRANSACTION.SUCCESS': ({ resource }) => paid.push(resource.out_trade_no),
          'PARKING_FEE.QUERY_TRANS_INFO': () => ({ state: 'NONE' }),
          'transaction-success': ({ resource }) => paid.push(resource.out_trade_no),
          'refund-processed': ({ resource, verifiedBy }) => refunded.push(resource.refund_fee, verifiedBy),
        },
        { seen: id => seen.has(id), remember: id => seen.add(id), onError: error => errors.push(error) },
      )
      const sent = await simulator.notify.send({ event: 'TRANSACTION.SUCCESS', url })
      includes(await simulator.notify.repeat(sent.id), { status: 204 })
      includes(await simulator.notify.tampered(sent.id), { status: 401 })
      // Both are confirmed by a query before a handler is called.
      const names = { appid: merchant.appid, mch_id: merchant.mchid, out_trade_no: 'N1', notify_url: url }
      const order = { ...names, body: 'Tea', total_fee: 100, trade_type: 'NATIVE', spbill_create_ip: '::1' } as const
      await wxpay.v2.pay.unifiedorder.post(order)
      simulator.pay({ out_trade_no: 'N1' })
      await wxpay.v2.secapi.pay.refund.post({ ...names, out_refund_no: 'R1', total_fee: 100, refund_fee: 30 })
      await simulator.advance(60_000)
      await simulator.settled()
      const { responseBody } = await simulator.notify.send({ event: 'PARKING_FEE.QUERY_TRANS_INFO', url })
      assert.deepEqual([sent.state, responseBody], ['delivered', '{"state":"NONE"}'])
      assert.deepEqual(refunded, ['30', 'HMAC-SHA256'])
      assert.deepEqual([paid.length, seen.size, errors.length], [2, 3, 1])
      const long = new Request(url, { method: 'POST', body: new Uint8Array(2 ** 20 + 1) })
      assert.equal((await handler(long)).status, 413)
    },
  },
  {
    name: 'a file is uploaded from a stream, one too large is refused on its way, and a picture comes back as a stream',
    async run() {
      const { simulator, wxpay } = await createTestMerchant()
      const { data } = await upload(wxpay, 'v3/merchant-service/images/upload', streamOf(PNG))
      assert.match(data.media_id, /^[\w+/=-]{20,}$/)
      includes(simulator.journal.at(-1), { status: 200, signature: 'valid' })
      const large = streamOf(new Uint8Array(3))
      const refused = upload(wxpay, 'v3/merchant/media/upload', large, { filename: 'a.png', limits: { maxBytes: 2 } })
      includes(await rejection(refused), { code: 'BODY_INVALID', field: 'file' })
      const picture = await download(wxpay, 'v3/merchant-service/images/{media_id}', { media_id: data.media_id })
      assert.deepEqual(new Uint8Array(await new Response(picture.stream).arrayBuffer()), PNG)
    },
  },
  {
    name: 'SM3 of GB/T 32905',
    run() {
      assert.equal(
        sm3(new TextEncoder().encode('abc')),
        '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0',
      )
    },
  },
  {
    name: 'an applyment whose answer is lost is settled by a query, and watched to its end',
    async run() {
      const { simulator, wxpay } = await createTestMerchant()
      const body = {
        business_code: 'B1',
        contact_info: { contact_type: 'LEGAL', contact_name: '张三', mobile_phone: '1', contact_email: 'a@b.cn' },
        subject_info: {
          subject_type: 'SUBJECT_TYPE_MICRO',
          identity_info: { id_doc_type: 'IDENTIFICATION_TYPE_IDCARD' },
        },
        business_info: {
          merchant_shortname: '某店',
          service_phone: '1',
          sales_info: { sales_scenes_type: ['SALES_SCENES_STORE'] },
        },
        settlement_info: {},
        bank_account_info: {
          bank_account_type: 'BANK_ACCOUNT_TYPE_PERSONAL',
          account_name: '张三',
          account_bank: '工商银行',
          bank_address_code: '110000',
          account_number: '6222020000000000',
        },
      } satisfies Parameters<typeof submitApplyment<'applyment4sub'>>[2]
      simulator.faults.add({ kind: 'lost-response', path: '/v3/applyment4sub/applyment', count: 1 })
      const wait = async () => {}
      const submitted = await submitApplyment(wxpay, 'applyment4sub', body, { wait })
      includes(submitted, { number: 'B1', settledBy: 'query' })
      const states: string[] = []
      for await (const { state, stage } of watchApplyment(wxpay, 'applyment4sub', 'B1', { wait })) {
        states.push(`${state} ${stage.outcome}`)
        const next = state === 'APPLYMENT_STATE_AUDITING' ? 'APPLYMENT_STATE_TO_BE_SIGNED' : 'APPLYMENT_STATE_FINISHED'
        if (!stage.final) simulator.reviewApplyment('B1', { applyment_state: next })
      }
      assert.deepEqual(states, [
        'APPLYMENT_STATE_AUDITING undefined',
        'APPLYMENT_STATE_TO_BE_SIGNED undefined',
        'APPLYMENT_STATE_FINISHED done',
      ])
    },
  },
]
