import { constants, privateDecrypt, publicEncrypt } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { encrypted, type WechatpayOptions } from '../../../src/core/index.ts'
import * as keys from '../../fixtures/keys.ts'
import { createTestClient, signedV2Response, signedV3Response } from '../test-client.ts'

// node:crypto judges: it opens what the client encrypted, and encrypts what the client opens or passes through.

const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }
const decrypt = (ciphertext: string) =>
  privateDecrypt({ key: keys.OTHER_PRIVATE_KEY, ...oaep }, Buffer.from(ciphertext, 'base64')).toString()
const encrypt = (text: string, key: string) => publicEncrypt({ key, ...oaep }, Buffer.from(text)).toString('base64')

test('every encrypted field of a long form is encrypted, and nothing else', async () => {
  const { wxpay, requests } = createTestClient([await signedV3Response({})])
  const body = {
    business_code: '1900000109_1',
    contact_info: { contact_name: '张三', contact_email: 'a@example.com', mobile_phone: '13800138000' },
    subject_info: {
      subject_type: 'SUBJECT_TYPE_ENTERPRISE',
      identity_info: {
        id_card_info: { id_card_copy: 'media', id_card_name: '李四', id_card_number: '110101199003070011' },
      },
      ubo_info_list: [{ ubo_id_doc_name: '王五' }, { ubo_id_doc_name: '赵六', ubo_id_doc_copy: 'media' }],
    },
  }
  await wxpay.request('POST', 'v3/applyment4sub/applyment', { body })
  const text = await requests[0]!.text()
  const plain = JSON.parse(text, (_, value) =>
    typeof value === 'string' && value.length === 344 ? decrypt(value) : value,
  )
  expect(plain).toEqual(body)
  expect(text.match(/"[\w+/]{342}=="/g)).toHaveLength(7)
})

test('what node:crypto encrypted is passed through and named, and opened in an answer', async () => {
  const { wxpay, requests } = createTestClient([await signedV3Response({ name: encrypt('张三', keys.PUBLIC_KEY) })])
  const ciphertext = encrypt('张三', keys.OTHER_PUBLIC_KEY)
  const { data } = await wxpay.request('POST', 'v3/profitsharing/receivers/add', {
    body: { name: encrypted(ciphertext, 'FF01') },
  })
  expect([(await requests[0]!.json()).name, requests[0]!.headers.get('wechatpay-serial')]).toEqual([ciphertext, 'FF01'])
  expect(data).toEqual({ name: '张三' })
})

test('bank card numbers are encrypted for APIv2', async () => {
  const { wxpay, requests } = createTestClient([signedV2Response({})], { bankKey: keys.OTHER_PUBLIC_KEY })
  await wxpay.request('POST', 'v2/mmpaysptrans/pay_bank', {
    body: { enc_bank_no: '6225760008219524', enc_true_name: '张三', bank_code: '1001' },
  })
  const xml = await requests[0]!.text()
  const sent = (name: string) => new RegExp(`<${name}>(.*)</${name}>`).exec(xml)![1]!
  expect([decrypt(sent('enc_bank_no')), decrypt(sent('enc_true_name')), sent('bank_code')]).toEqual([
    '6225760008219524',
    '张三',
    '1001',
  ])
})

describe('personal data of a micro merchant, in APIv2', () => {
  const path = 'v2/applyment/micro/modifycontactinfo'
  const change = async (body: object, options?: Partial<WechatpayOptions>) => {
    const { wxpay, requests } = createTestClient([signedV2Response({})], options)
    await wxpay.request('POST', path, { body })
    const xml = await requests[0]!.text()
    return (name: string) => new RegExp(`<${name}>(.*)</${name}>`).exec(xml)?.[1]
  }

  test('is encrypted with the platform certificate, which cert_sn names', async () => {
    const sent = await change({ mobile_phone: '13734543456', email: '', merchant_name: '张三的小店' })
    expect([decrypt(sent('mobile_phone')!), sent('email'), sent('merchant_name'), sent('cert_sn')]).toEqual([
      '13734543456',
      undefined,
      '张三的小店',
      'FF01',
    ])
  })

  test('is encrypted with the certificate that the caller names', async () => {
    const platformKeys = { FF01: keys.OTHER_CERTIFICATE, PUB_KEY_ID_1: keys.PUBLIC_KEY }
    const sent = await change({ mobile_phone: '13734543456', cert_sn: 'FF01' }, { platformKeys })
    expect([decrypt(sent('mobile_phone')!), sent('cert_sn')]).toEqual(['13734543456', 'FF01'])
  })

  test('is refused before it is sent if nobody has that certificate', async () => {
    const { wxpay, requests } = createTestClient([signedV2Response({})])
    const body = { mobile_phone: '13734543456', cert_sn: 'PUB_KEY_ID_2' }
    await expect(wxpay.request('POST', path, { body })).rejects.toMatchObject({
      code: 'BODY_INVALID',
      field: 'mobile_phone',
    })
    expect(requests).toEqual([])
  })

  test('passes through if it is encrypted already, with one key for all of it', async () => {
    const email = encrypt('a@example.com', keys.OTHER_PUBLIC_KEY)
    const sent = await change({ email: encrypted(email, 'FF01'), mobile_phone: '13734543456' })
    expect([sent('email'), decrypt(sent('mobile_phone')!), sent('cert_sn')]).toEqual([email, '13734543456', 'FF01'])
    await expect(change({ email: encrypted(email, 'FF01'), cert_sn: 'FF02' })).rejects.toMatchObject({ field: 'email' })
  })

  test('is nothing that other calls have: they name no certificate', async () => {
    const { wxpay, requests } = createTestClient([signedV2Response({})])
    await wxpay.request('POST', 'v2/pay/orderquery', { body: { out_trade_no: '1' } })
    expect(await requests[0]!.text()).not.toContain('cert_sn')
  })
})

test('answers of APIv2 are opened', async () => {
  const encrypted_real_name = encrypt('张三', keys.PUBLIC_KEY)
  const { wxpay } = createTestClient([signedV2Response({ encrypted_real_name, openid: 'o' })])
  const { data } = await wxpay.request('POST', 'v2/secsvc/getrealnameinfo', { body: {} })
  expect(data).toMatchObject({ encrypted_real_name: '张三', openid: 'o' })
})

describe('personal data in another form than the definition has', () => {
  const apply = async (contact_info: unknown) => {
    const { wxpay, requests } = createTestClient([await signedV3Response({})])
    const body = { business_code: '1', contact_info }
    const error = await wxpay.request('POST', 'v3/applyment4sub/applyment', { body }).catch(error => error)
    return { error, requests }
  }

  test.each([
    ['JSON text', JSON.stringify({ contact_name: '张三' })],
    ['a number', 13800138000],
    ['a String object', new String('张三')],
    ['text in a list', ['张三']],
    ['an object that becomes text', { toJSON: () => '张三' }],
  ])('is refused before anything is sent: %s', async (_, contactInfo) => {
    const { error, requests } = await apply(contactInfo)
    expect(error).toMatchObject({ code: 'BODY_INVALID', field: 'contact_info' })
    expect(String(error)).not.toMatch(/张三|138/)
    expect(requests).toHaveLength(0)
  })

  test('is encrypted in what toJSON returns', async () => {
    const { requests } = await apply({ toJSON: () => ({ contact_name: '张三' }) })
    expect(decrypt((await requests[0]!.json()).contact_info.contact_name)).toBe('张三')
  })

  test('is refused as a whole body too', async () => {
    const { wxpay, requests } = createTestClient([await signedV3Response({})])
    const call = wxpay.request('POST', 'v3/applyment4sub/applyment', {
      body: '{"contact_info":{"contact_name":"张三"}}',
    })
    await expect(call).rejects.toMatchObject({ code: 'BODY_INVALID', field: 'body' })
    expect(requests).toHaveLength(0)
  })
})

test('wxpay.fetch sends fields that the caller has encrypted as they are', async () => {
  const { wxpay, requests } = createTestClient([signedV2Response({})])
  const ciphertext = encrypt('13734543456', keys.OTHER_PUBLIC_KEY)
  await wxpay.fetch('https://api.mch.weixin.qq.com/applyment/micro/modifycontactinfo', {
    method: 'POST',
    body: `<xml><mobile_phone>${ciphertext}</mobile_phone><cert_sn>FF01</cert_sn></xml>`,
  })
  expect(/<mobile_phone>(.*)<\/mobile_phone>/.exec(await requests[0]!.text())?.[1]).toBe(ciphertext)
})
