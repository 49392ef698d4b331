import { beforeAll, describe, expect, test } from 'vitest'
import { type EncryptedField, encrypted, stringifyJson } from '../../../src/core/index.ts'
import * as keys from '../../fixtures/keys.ts'
import { createTestClient, decryptWithKey, encryptWithKey, signedV3Response } from '../test-client.ts'

const serialOf = (request: Request | undefined) => request?.headers.get('wechatpay-serial')
const bodyOf = async (request: Request | undefined) => JSON.parse(await request!.text())

let ok: Response
let elsewhere: EncryptedField
beforeAll(async () => {
  ok = await signedV3Response({})
  elsewhere = encrypted(await encryptWithKey('李四'), 'FF01')
})
const add = 'v3/profitsharing/receivers/add'
const batches = 'v3/transfer/batches'

describe('fields that are encrypted', () => {
  test('in lists, each member', async () => {
    const { wxpay, requests } = createTestClient([ok])
    const transfer_detail_list = [{ user_name: '张三', remark: 'a' }, { user_name: '李四' }, { remark: 'none' }]
    await wxpay.request('POST', batches, { body: { transfer_detail_list } })
    const { transfer_detail_list: sent } = await bodyOf(requests[0])
    expect(await Promise.all([decryptWithKey(sent[0].user_name), decryptWithKey(sent[1].user_name)])).toEqual([
      '张三',
      '李四',
    ])
    expect([sent[0].remark, sent[2]]).toEqual(['a', { remark: 'none' }])
    expect(serialOf(requests[0])).toBe('FF01')
  })

  test('in lists of texts, each text', async () => {
    const { wxpay, requests } = createTestClient([ok])
    const values = ['13800138000', elsewhere, '13900139000']
    const user_information = { custom_field_list: [{ user_chosen_values: values }] }
    await wxpay.request('POST', 'v3/brand/partner/card-member/user-cards/import-by-openid', {
      body: { user_information },
    })
    const sent: string[] = (await bodyOf(requests[0])).user_information.custom_field_list[0].user_chosen_values
    expect(await Promise.all(sent.map(value => decryptWithKey(value)))).toEqual(['13800138000', '李四', '13900139000'])
  })

  test('in the query, and nothing else of it', async () => {
    const { wxpay, requests } = createTestClient([ok])
    await wxpay.request('GET', 'v3/ecommerce/subject-sub-merchants', {
      params: { cert_type: 'ID', cert_number: '110101199003070011' },
    })
    const { searchParams } = new URL(requests[0]!.url)
    expect(await decryptWithKey(searchParams.get('cert_number'))).toBe('110101199003070011')
    expect([searchParams.get('cert_type'), serialOf(requests[0])]).toEqual(['ID', 'FF01'])
  })

  test('within the meta of an upload, given as an object, as text, in a form', async () => {
    const { wxpay, requests } = createTestClient([ok])
    const file = new File(['x'], 'a.png', { type: 'image/png' })
    const meta = { openid: 'o', merchant_contact_information: { consultation_phone_number: '13800138000' } }
    const form = new FormData()
    form.set('meta', JSON.stringify(meta))
    form.set('file', file)
    for (const body of [{ file, meta }, { file, meta: JSON.stringify(meta) }, form]) {
      await wxpay.request('POST', 'v3/marketing/shopping-receipt/shoppingreceipts', { body })
      const request = requests.at(-1)!
      const sent = JSON.parse(String((await request.clone().formData()).get('meta')))
      expect(Object.keys(sent).sort()).toEqual(['merchant_contact_information', 'openid', 'sha256'])
      expect(await decryptWithKey(sent.merchant_contact_information.consultation_phone_number)).toBe('13800138000')
      expect(serialOf(request)).toBe('FF01')
    }
    expect(meta.merchant_contact_information).toEqual({ consultation_phone_number: '13800138000' })
  })
})

describe('a value that is encrypted already', () => {
  test.each([
    ['a body', () => ({ method: 'POST', path: add, body: { account: 'a', name: elsewhere } })],
    [
      'a query',
      () => ({ method: 'GET', path: 'v3/ecommerce/subject-sub-merchants', params: { cert_number: elsewhere } }),
    ],
  ])('goes out as it is in %s, and its key is named', async (_, call) => {
    const { wxpay, requests } = createTestClient([ok], {
      platformKeys: { PUB_KEY_ID_1: keys.PUBLIC_KEY, FF01: keys.OTHER_CERTIFICATE },
    })
    const { method, path, ...options } = call()
    await wxpay.request(method, path, options as object)
    const [request] = requests
    const sent = method === 'GET' ? Object.fromEntries(new URL(request!.url).searchParams) : await bodyOf(request)
    expect([sent.name ?? sent.cert_number, serialOf(request)]).toEqual([elsewhere.ciphertext, 'FF01'])
  })

  test('needs no key of its own, when nothing else has to be encrypted', async () => {
    const { wxpay, requests } = createTestClient([ok])
    await wxpay.request('POST', add, { body: { name: encrypted(elsewhere.ciphertext, 'abcdef') } })
    expect(serialOf(requests[0])).toBe('ABCDEF')
  })

  test('has the texts beside it encrypted with the same key', async () => {
    const { wxpay, requests } = createTestClient([ok, ok], {
      platformKeys: { PUB_KEY_ID_1: keys.PUBLIC_KEY, FF01: keys.OTHER_CERTIFICATE },
    })
    await wxpay.request('POST', batches, { body: { transfer_detail_list: [{ user_name: '张三' }] } })
    expect(serialOf(requests[0])).toBe('PUB_KEY_ID_1')
    const { transfer_detail_list: alone } = await bodyOf(requests[0])
    expect(await decryptWithKey(alone[0].user_name, keys.PRIVATE_KEY)).toBe('张三')

    const body = { transfer_detail_list: [{ user_name: '张三' }, { user_name: elsewhere }] }
    await wxpay.request('POST', batches, { body })
    expect(serialOf(requests[1])).toBe('FF01')
    const { transfer_detail_list: sent } = await bodyOf(requests[1])
    expect(await decryptWithKey(sent[0].user_name)).toBe('张三')
    expect(sent[1].user_name).toBe(elsewhere.ciphertext)
  })

  test.each<[string, () => object, string, string]>([
    [
      'beside a text that its key cannot encrypt',
      () => ({ transfer_detail_list: [{ user_name: encrypted(elsewhere.ciphertext, 'AA'), user_id_card: '1' }] }),
      'transfer_detail_list.user_id_card',
      'AA',
    ],
    [
      'beside one encrypted with another key',
      () => ({
        transfer_detail_list: [{ user_name: elsewhere }, { user_name: encrypted(elsewhere.ciphertext, 'AA') }],
      }),
      'transfer_detail_list.user_name',
      'with one key',
    ],
    [
      'with no word of its key',
      () => ({ transfer_detail_list: [{ user_name: encrypted(elsewhere.ciphertext) }] }),
      'transfer_detail_list.user_name',
      '"serial"',
    ],
    ['in a field that is not encrypted', () => ({ batch: { name: elsewhere } }), 'batch.name', 'Wechatpay-Serial'],
  ])('is refused before anything is sent: %s', async (_, body, field, why) => {
    const { wxpay, requests } = createTestClient([ok], { platformKeys: { PUB_KEY_ID_1: keys.PUBLIC_KEY } })
    await expect(wxpay.request('POST', batches, { body: body() })).rejects.toMatchObject({
      name: 'CallError',
      code: 'BODY_INVALID',
      field,
      message: expect.stringContaining(why),
    })
    expect(requests).toEqual([])
  })

  test('is refused in a query, an upload and an APIv2 message that have no encrypted field', async () => {
    const { wxpay, requests } = createTestClient([ok])
    await expect(wxpay.request('GET', 'v3/certificates', { params: { a: elsewhere } })).rejects.toMatchObject({
      code: 'QUERY_INVALID',
      field: 'a',
    })
    await expect(
      wxpay.request('POST', 'v3/merchant/media/upload', {
        body: { file: new File(['x'], 'a.png'), meta: { a: elsewhere } },
      }),
    ).rejects.toMatchObject({ code: 'BODY_INVALID', field: 'a' })
    await expect(wxpay.request('POST', 'v2/pay/unifiedorder', { body: { attach: elsewhere } })).rejects.toMatchObject({
      code: 'BODY_INVALID',
      field: 'attach',
    })
    expect(() => stringifyJson(elsewhere)).toThrow(expect.objectContaining({ field: 'body' }))
    expect(requests).toEqual([])
  })

  test.each(['', 'not base64', '***', 'a'])('is base64, not %j', text => {
    expect(() => encrypted(text, 'FF01')).toThrow(
      expect.objectContaining({ name: 'CallError', code: 'BODY_INVALID', field: 'ciphertext' }),
    )
  })

  test('may be broken into lines, as openssl does', () => {
    expect(encrypted('AAAA\nBBBB\n', 'FF01').ciphertext).toBe('AAAABBBB')
  })
})

describe('encryption ahead', () => {
  test('gives what a later call passes through', async () => {
    const { wxpay, requests } = createTestClient([ok], {
      platformKeys: { PUB_KEY_ID_1: keys.OTHER_PUBLIC_KEY, FF01: keys.OTHER_CERTIFICATE },
    })
    const name = await wxpay.encrypt('张三')
    expect([name.serial, await decryptWithKey(name.ciphertext)]).toEqual(['PUB_KEY_ID_1', '张三'])
    await wxpay.request('POST', add, { body: { name: encrypted(name.ciphertext, name.serial) } })
    expect([(await bodyOf(requests[0])).name, serialOf(requests[0])]).toEqual([name.ciphertext, 'PUB_KEY_ID_1'])
  })

  test('takes no more than fits', async () => {
    const { wxpay } = createTestClient([ok])
    await expect(wxpay.encrypt('x'.repeat(215))).rejects.toMatchObject({ name: 'CallError', field: 'text' })
  })
})

describe('answer fields that WeChat Pay encrypted', () => {
  test('in lists of texts, each text; what is empty or no text stays', async () => {
    const data = {
      phone_number: await encryptWithKey('13800138000', keys.PUBLIC_KEY),
      user_information: {
        common_field_list: [{ value: '' }, { value: null }, {}],
        custom_field_list: [{ user_chosen_values: [await encryptWithKey('茶', keys.PUBLIC_KEY), ''] }],
      },
    }
    const { wxpay } = createTestClient([await signedV3Response({ ...data, card_id: '1' })])
    expect((await wxpay.request('GET', 'v3/brand/partner/card-member/user-cards/1')).data).toEqual({
      phone_number: '13800138000',
      user_information: {
        common_field_list: [{ value: '' }, { value: null }, {}],
        custom_field_list: [{ user_chosen_values: ['茶', ''] }],
      },
      card_id: '1',
    })
  })
})
