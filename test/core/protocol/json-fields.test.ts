import { beforeAll, describe, expect, test } from 'vitest'
import { createTestClient, decryptWithKey, signedV2Response, signedV3Response } from '../test-client.ts'

let ok: Response
beforeAll(async () => {
  ok = await signedV3Response({})
})
const submissions = 'v3/mch-manage/mch-manage-records/1/mch-manage-submissions'
const records = 'v3/mch-manage/mch-manage-records/sub-mchid/1900000109'

describe('request fields that hold JSON text', () => {
  const rows = [{ name: '茶', count: 2n ** 63n }]
  const rowsText = '[{"name":"茶","count":9223372036854775808}]'
  const outer = (repeated_field_data: unknown) => ({ record_fields: [{ field_key: 'a', repeated_field_data }] })
  const text = JSON.stringify(outer(rowsText))

  test.each<[string, unknown, string]>([
    ['objects within objects', outer(rows), text],
    ['an object with text within', outer(rowsText), text],
    ['text, as it is', '{ "record_fields":[]}', '{ "record_fields":[]}'],
    ['a list', [1, 'a'], '[1,"a"]'],
  ])('take %s', async (_, submit_data, sent) => {
    const { wxpay, requests } = createTestClient([ok])
    const body = { submit_data, remark: { kept: true } }
    await wxpay.request('POST', submissions, { body })
    expect(await requests[0]!.json()).toEqual({ submit_data: sent, remark: { kept: true } })
    expect(body.submit_data).toBe(submit_data)
  })

  test('take a list where encrypted fields stand beside it', async () => {
    const { wxpay, requests } = createTestClient([ok])
    const identification_info = { identification_valid_date: ['2017-01-01', 'forever'], identification_name: '张三' }
    await wxpay.request('POST', 'v3/apply4subject/applyment', { body: { identification_info } })
    const { identification_info: sent } = await requests[0]!.json()
    expect(sent.identification_valid_date).toBe('["2017-01-01","forever"]')
    expect(await decryptWithKey(sent.identification_name)).toBe('张三')
  })

  test('in the query', async () => {
    const { wxpay, requests } = createTestClient([ok])
    const params = { partner: { type: 'APPID', appid: 'wx1' }, authorized_data: '{"a":1}', limit: 5 }
    await wxpay.request('GET', 'v3/marketing/partnerships', { params })
    expect(Object.fromEntries(new URL(requests[0]!.url).searchParams)).toEqual({
      partner: '{"type":"APPID","appid":"wx1"}',
      authorized_data: '{"a":1}',
      limit: '5',
    })
  })

  test('name what JSON cannot hold', async () => {
    const { wxpay, requests } = createTestClient([ok])
    await expect(
      wxpay.request('POST', submissions, { body: { submit_data: { amount: 2 ** 53 } } }),
    ).rejects.toMatchObject({ code: 'BODY_INVALID', field: 'submit_data.amount' })
    expect(requests).toEqual([])
  })
})

describe('answer fields that hold JSON text', () => {
  const answered = async (data: unknown) => {
    const { wxpay } = createTestClient([await signedV3Response(data)])
    return (await wxpay.request('GET', records)).data
  }
  const info = (repeated_field_data: string) =>
    JSON.stringify({ record_fields: [{ field_key: 'a', repeated_field_data }, { field_key: 'b' }] })

  test('are parsed in a list, outer before inner, no integer rounded', async () => {
    expect(await answered({ data: [{ requested_item_info: info('[{"id":18446744073709551615}]') }, {}] })).toEqual({
      data: [
        {
          requested_item_info: {
            record_fields: [
              { field_key: 'a', repeated_field_data: [{ id: 18446744073709551615n }] },
              { field_key: 'b' },
            ],
          },
        },
        {},
      ],
    })
  })

  test.each([
    ['text', 'no JSON'],
    ['nothing', ''],
    ['an object already', { record_fields: [] }],
    ['null', null],
  ])('stay what they are when they hold %s', async (_, requested_item_info) => {
    const data = { data: [{ requested_item_info }] }
    expect(await answered(data)).toEqual(data)
  })

  test('of APIv2 are parsed, or stay text', async () => {
    const { wxpay } = createTestClient([
      signedV2Response({ promotion_detail: '{"promotion_detail":[]}' }),
      signedV2Response({ promotion_detail: '-' }),
    ])
    const query = async () => (await wxpay.request('POST', 'v2/pay/orderquery', { body: {} })).data
    expect(await query()).toMatchObject({ promotion_detail: { promotion_detail: [] } })
    expect(await query()).toMatchObject({ promotion_detail: '-' })
  })
})
