import {
  constants,
  createDecipheriv,
  createHash,
  createPublicKey,
  privateDecrypt,
  publicEncrypt,
  X509Certificate,
} from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'
import { fromXml, v2, v2Sign } from '../node-client.ts'

/** How the simulator treats the APIv2 endpoints of which it has nothing but the definition. */
let simulator: Simulator
beforeAll(async () => {
  simulator = await createSimulator({ seed: 'definitions' })
})

type Params = Record<string, string | null>
const send = (path: string, params: Params) => v2(simulator, path, params, true)
const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }

describe('a message is checked against its definition', () => {
  const order = { order_num: 1, order_list: [subOrder()] }
  function subOrder(more: object = {}) {
    const numbers = { appid: 'wx1', mch_id: '1900000110', out_trade_no: 's1' }
    return { ...numbers, body: 'b', attach: 'a', fee_type: 'CNY', total_fee: 1, ...more }
  }
  const combined = (more: Params = {}): Params => ({
    appid: null,
    mch_id: null,
    combine_appid: simulator.merchant.appid,
    combine_mch_id: simulator.merchant.mchid,
    sign_type: 'HMAC-SHA256',
    combine_out_trade_no: 'c1',
    spbill_create_ip: '127.0.0.1',
    notify_url: 'https://example.com',
    trade_type: 'NATIVE',
    scene_info: '{"payer_client_ip":"127.0.0.1"}',
    sub_order_list: JSON.stringify(order),
    ...more,
  })
  const place = (more?: Params) => send('/pay/combinedorder', combined(more))

  it('is accepted when it conforms, under the names of the definition', async () => {
    const { combine_appid, combine_mch_id } = combined()
    const answer = await place()
    expect(answer).toMatchObject({ result_code: 'SUCCESS', combine_appid, combine_mch_id, trade_type: 'NATIVE' })
    expect(answer).not.toHaveProperty('mch_id')
    expect(answer.sign).toHaveLength(64)
  })

  it.each<[string, Params, string, string]>([
    ['missing', { notify_url: null }, 'LACK_PARAMS', '缺少参数notify_url'],
    ['empty', { notify_url: '' }, 'LACK_PARAMS', '缺少参数notify_url'],
    ['no nonce_str', { nonce_str: null }, 'LACK_PARAMS', '缺少参数nonce_str'],
    ['no JSON', { scene_info: '{' }, 'PARAM_ERROR', 'scene_info参数格式错误'],
    ['missing within JSON', { scene_info: '{}' }, 'PARAM_ERROR', 'scene_info参数格式错误'],
    [
      'an enum within JSON',
      { scene_info: '{"payer_client_ip":"1","h5_info":{"type":"Mac"}}' },
      'PARAM_ERROR',
      'scene_info参数格式错误',
    ],
    ['another application', { combine_appid: 'wx0' }, 'APPID_MCHID_NOT_MATCH', 'combine_appid和mch_id不匹配'],
  ])('%s', async (_, more, err_code, err_code_des) => {
    expect(await place(more)).toMatchObject({ return_code: 'SUCCESS', result_code: 'FAIL', err_code, err_code_des })
  })

  it('is refused for another merchant, under each name of the field', async () => {
    expect(await place({ combine_mch_id: '1' })).toEqual({
      return_code: 'FAIL',
      return_msg: 'combine_mch_id参数格式错误',
    })
  })

  it.each([
    ['usetag', '3'],
    ['limit', 'ten'],
    ['query_split', '1'],
  ])('numbers, enum values and booleans are text: %s=%s', async (name, value) => {
    const { mchid } = simulator.merchant
    const params = {
      mch_id: null,
      mchid,
      usetag: '1',
      offset: '0',
      limit: '10',
      date_start: '20260301',
      date_end: '20260302',
    }
    expect((await send('/pay/settlementquery', params)).result_code).toBe('SUCCESS')
    expect(await send('/pay/settlementquery', { ...params, [name]: value })).toMatchObject({
      err_code: 'PARAM_ERROR',
      err_code_des: `${name}参数格式错误`,
    })
  })

  it('requires only one of alternative numbers', async () => {
    const query = (params: Params) => send('/deposit/orderquery', { sign_type: 'HMAC-SHA256', ...params })
    expect((await query({ out_trade_no: '1' })).result_code).toBe('SUCCESS')
    expect((await query({ transaction_id: '1' })).result_code).toBe('SUCCESS')
    expect((await query({})).err_code_des).toBe('缺少参数transaction_id或out_trade_no')
  })

  it('requires the parameters of the URL', async () => {
    const params = { page_index: '1' }
    expect((await send('/secapi/mch/submchmanage?action=query', params)).return_code).toBe('SUCCESS')
    expect((await send('/secapi/mch/submchmanage', params)).result_code).toBe('FAIL')
    expect((await send('/secapi/mch/submchmanage?action=drop', params)).result_code).toBe('FAIL')
  })

  it('requires the parameters of the action in the URL, and none of other actions', async () => {
    const manage = (action: string, params: Params) => send(`/secapi/mch/submchmanage?action=${action}`, params)
    const merchant = { merchant_name: '茶叶店', merchant_shortname: '茶', business: '204', merchant_remark: 'r1' }
    expect(await manage('add', merchant)).toMatchObject({ result_code: 'SUCCESS', sub_mch_id: expect.any(String) })
    expect(await manage('add', { page_index: '1' })).toMatchObject({
      err_code: 'LACK_PARAMS',
      err_code_des: '缺少参数merchant_name',
    })
    expect((await manage('modify', { sub_mch_id: '1900000110', service_phone: '95017' })).result_code).toBe('SUCCESS')
    expect((await manage('modify', { service_phone: '95017' })).err_code_des).toBe('缺少参数sub_mch_id')
    expect((await manage('query', {})).err_code_des).toBe('缺少参数page_index')
  })

  it('does not require the trades of a terminal in a report of a call', async () => {
    const call = { interface_url: 'https://api.mch.weixin.qq.com/pay/unifiedorder', user_ip: '127.0.0.1' }
    const report = { ...call, execute_time_: '1000', return_code: 'SUCCESS', return_msg: 'OK', result_code: 'SUCCESS' }
    expect((await send('/payitil/report', report)).result_code).toBe('SUCCESS')
  })

  it.each(['/xdc/apiv2getsignkey/sign/getsignkey', '/xdc/apiv2sandbox/pay/micropay', '/sandboxnew/pay/unifiedorder'])(
    'nothing of the sandbox, which there is not: %s',
    async path => {
      const { return_code, return_msg, sandbox_signkey } = await send(path, {})
      expect([return_code, return_msg, sandbox_signkey]).toEqual([
        'FAIL',
        expect.stringMatching(/^模拟器没有沙箱环境/),
        undefined,
      ])
    },
  )

  it('requires the client certificate where the definition does', async () => {
    const url = 'https://api.mch.weixin.qq.com/mmpaymkttransfers/gethbinfo'
    const response = await simulator.fetch(url, { method: 'POST', body: '<xml></xml>' })
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining('No required SSL certificate'),
    ])
  })
})

describe('fields encrypted with the platform certificate that cert_sn names', () => {
  const micro = (more: Params): Params => ({ appid: null, sign_type: 'HMAC-SHA256', version: '1.0', ...more })
  const encrypt = (text: string, key: string) => publicEncrypt({ key, ...OAEP }, Buffer.from(text)).toString('base64')
  const change = (of: Simulator, more: Params) => v2(of, '/applyment/micro/modifycontactinfo', micro(more), true)

  it('are decrypted, with the certificate of /risk/getcertficates, which the APIv3 key encrypts', async () => {
    const certified = await createSimulator({ platform: 'certificate' })
    const { certificates } = await v2(
      certified,
      '/risk/getcertficates',
      { appid: null, sign_type: 'HMAC-SHA256' },
      true,
    )
    const { data } = JSON.parse(certificates!)
    const { nonce, associated_data, ciphertext } = data[0].encrypt_certificate
    const bytes = Buffer.from(ciphertext, 'base64')
    const decipher = createDecipheriv('aes-256-gcm', certified.merchant.apiv3Key, nonce)
    decipher.setAAD(Buffer.from(associated_data)).setAuthTag(bytes.subarray(-16))
    const pem = Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString()
    expect(new X509Certificate(pem).serialNumber).toBe(data[0].serial_no)
    const encrypted = { cert_sn: data[0].serial_no, mobile_phone: encrypt('13734543456', pem) }
    expect(await change(certified, encrypted)).toMatchObject({ result_code: 'SUCCESS' })
  })

  it.each<[string, (key: string) => Params]>([
    ['mobile_phone', () => ({ mobile_phone: '13734543456' })],
    ['email', () => ({ email: 'a@example.com' })],
    ['cert_sn', key => ({ mobile_phone: encrypt('13734543456', key), cert_sn: 'ABCD' })],
  ])('are refused for %s otherwise', async (name, more) => {
    const [serial, key] = Object.entries(simulator.merchant.platformKeys)[0]!
    expect(await change(simulator, { cert_sn: serial, ...more(key) })).toMatchObject({
      err_code: 'PARAM_ERROR',
      err_code_des: expect.stringContaining(name),
    })
  })
})

describe('fields encrypted with the bank key', () => {
  const publicKey = async (of = simulator) => (await v2(of, '/risk/getpublickey', { sign_type: 'MD5' }, true)).pub_key!
  const pay = (enc_bank_no: string, enc_true_name: string, of = simulator) =>
    v2(
      of,
      '/mmpaysptrans/pay_bank',
      { partner_trade_no: 'p1', enc_bank_no, enc_true_name, bank_code: '1001', amount: '100' },
      true,
    )

  it('are decrypted, with the PKCS#1 key of /risk/getpublickey', async () => {
    const pem = await publicKey()
    expect(pem).toMatch(/^-----BEGIN RSA PUBLIC KEY-----/)
    const encrypt = (text: string) => publicEncrypt({ key: pem, ...OAEP }, Buffer.from(text)).toString('base64')
    expect(await pay(encrypt('6214000000000000'), encrypt('张三'))).toMatchObject({
      result_code: 'SUCCESS',
      partner_trade_no: 'p1',
      amount: '100',
    })
    expect(await pay(encrypt('6214000000000000'), '张三')).toMatchObject({
      err_code: 'PARAM_ERROR',
      err_code_des: expect.stringContaining('enc_true_name'),
    })
  })

  it.each([
    'certificates_number',
    'certificates_name',
    'settlement_card_no',
    'settlement_card_name',
    'business_license_number',
  ])('include %s of the result for a risky merchant', async name => {
    const result = {
      appid: null,
      sub_mch_id: '1900000110',
      event_code: 'e1',
      risk_type: 'CHEAT',
      punish_type: 'OTHER',
      sign_type: 'HMAC-SHA256',
    }
    const sync = (value: string) => send('/mchrisk/syncmchriskresult', { ...result, [name]: value })
    const encrypted = publicEncrypt({ key: await publicKey(), ...OAEP }, Buffer.from('1')).toString('base64')
    expect((await sync(encrypted)).result_code).toBe('SUCCESS')
    expect(await sync('110101199003070011')).toMatchObject({
      err_code: 'PARAM_ERROR',
      err_code_des: expect.stringContaining(name),
    })
  })

  it('are decrypted after a restart too', async () => {
    const encrypted = publicEncrypt({ key: await publicKey(), ...OAEP }, Buffer.from('1')).toString('base64')
    const restarted = await createSimulator({ state: simulator.snapshot() })
    expect((await pay(encrypted, encrypted, restarted)).result_code).toBe('SUCCESS')
    expect(createPublicKey(await publicKey(restarted)).equals(createPublicKey(await publicKey()))).toBe(true)
  })
})

describe('the response', () => {
  beforeAll(async () => {
    await send('/mmpaymkttransfers/sendredpack', {
      appid: null,
      wxappid: simulator.merchant.appid,
      mch_billno: '1',
      send_name: 's',
      re_openid: 'oReceiver',
      total_amount: '100',
      total_num: '1',
      wishing: 'w',
      client_ip: '127.0.0.1',
      act_name: 'a',
      remark: 'r',
    })
    simulator.receiveRedPacket('1')
  })

  it('is unsigned where the definition has no signature', async () => {
    const answer = await send('/mmpaymkttransfers/gethbinfo', { mch_billno: '1', bill_type: 'MCHT' })
    expect(answer).toMatchObject({ return_code: 'SUCCESS', result_code: 'SUCCESS', mch_billno: '1' })
    expect(answer).not.toHaveProperty('sign')
  })

  it('may have nested elements', async () => {
    const params = signed({ mch_billno: '1', bill_type: 'MCHT' })
    const text = await post('/mmpaymkttransfers/gethbinfo', params)
    expect(text).toMatch(/<hblist><hbinfo><openid><!\[CDATA\[\w+\]\]><\/openid>/)
  })

  it('numbers the members of a family of fields', async () => {
    const answer = await send('/deposit/orderquery', { out_trade_no: '1', sign_type: 'HMAC-SHA256' })
    expect(answer).toMatchObject({ coupon_id_0: expect.any(String), coupon_count: '1' })
  })

  it('is the same for the same seed and message, except for nonce and signature', async () => {
    const other = await createSimulator({ seed: 'definitions' })
    const ask = (of: Simulator) => v2(of, '/deposit/orderquery', { out_trade_no: '1', sign_type: 'HMAC-SHA256' })
    const [first, again, same] = await Promise.all([ask(simulator), ask(simulator), ask(other)])
    const rest = ({ nonce_str: _, sign: __, ...fields }: Record<string, string>) => fields
    expect(first.nonce_str).not.toBe(again.nonce_str)
    expect([rest(again), rest(same)]).toEqual([rest(first), rest(first)])
  })

  it('redirects to the merchant with a code', async () => {
    const { appid, mchid: mch_id, apiv2Key } = simulator.merchant
    const params = {
      appid,
      mch_id,
      redirect_uri: 'https://example.com/back?a=1',
      response_type: 'code',
      scope: 'pay_realname',
      state: 's',
      nonce_str: 'n',
    }
    const query = new URLSearchParams({ ...params, sign: v2Sign(params, apiv2Key) })
    const response = await simulator.fetch(`https://payapp.weixin.qq.com/appauth/authindex?${query}`)
    expect(response.status).toBe(302)
    expect(response.headers.get('location')).toMatch(/^https:\/\/example\.com\/back\?a=1&code=\w+&state=s$/)
  })

  it('is text where the definition has a file, and XML for an error', async () => {
    const params = { begin_time: '20260301000000', end_time: '20260302000000', offset: '0', sign_type: 'HMAC-SHA256' }
    expect(await post('/billcommentsp/batchquerycomment', signed(params))).toContain('评价')
    const refused = fromXml(await post('/billcommentsp/batchquerycomment', signed({ ...params, offset: 'x' })))
    expect(refused).toMatchObject({ return_code: 'FAIL', return_msg: 'offset参数格式错误' })
  })

  it('is encrypted for the merchant', async () => {
    const { serial: cert_serialno, privateKey } = simulator.merchant
    const params = { version: '1.0', openid: 'o', access_token: 'a', sign_type: 'HMAC-SHA256', cert_serialno }
    const answer = await send('/secsvc/getrealnameinfo', { ...params, timestamp: '1772330400', cert_sign: 's' })
    for (const encrypted of [answer.encrypted_real_name, answer.encrypted_credential_id])
      expect(privateDecrypt({ key: privateKey, ...OAEP }, Buffer.from(encrypted!, 'base64')).length).toBeGreaterThan(0)
  })

  function signed(params: Record<string, string>): Record<string, string> {
    const { appid, mchid: mch_id, apiv2Key } = simulator.merchant
    const all = { appid, mch_id, nonce_str: 'n', ...params }
    return { ...all, sign: v2Sign(all, apiv2Key) }
  }

  async function post(path: string, params: Record<string, string>): Promise<string> {
    const body = `<xml>${Object.entries(params)
      .map(([name, value]) => `<${name}>${value}</${name}>`)
      .join('')}</xml>`
    return (await simulator.mtlsFetch(`https://api.mch.weixin.qq.com${path}`, { method: 'POST', body })).text()
  }
})

it('an uploaded file must have the MD5 that the message states', async () => {
  const { mchid: mch_id, apiv2Key } = simulator.merchant
  const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
  const upload = async (media_hash: string, file = 'media', content: BlobPart = png) => {
    const params = { mch_id, media_hash, sign_type: 'HMAC-SHA256', nonce_str: 'n' }
    const form = new FormData()
    for (const [name, value] of Object.entries({ ...params, sign: v2Sign(params, apiv2Key) })) form.set(name, value)
    form.set(file, new File([content], 'a.png', { type: 'image/png' }))
    const url = 'https://api.mch.weixin.qq.com/secapi/mch/uploadmedia'
    return fromXml(await (await simulator.mtlsFetch(url, { method: 'POST', body: form })).text())
  }
  const md5 = createHash('md5').update(png).digest('hex')
  expect(await upload(md5)).toMatchObject({ result_code: 'SUCCESS', media_id: expect.any(String) })
  expect(await upload('0'.repeat(32))).toMatchObject({
    err_code: 'PARAM_ERROR',
    err_code_des: 'media_hash参数格式错误',
  })
  expect(await upload(createHash('md5').update('text').digest('hex'), 'media', 'text')).toMatchObject({
    err_code: 'PARAM_ERROR',
    err_code_des: '文件二进制内容不是图片，请检查后重新提交',
  })
  expect(await upload(md5, 'picture')).toMatchObject({ err_code: 'LACK_PARAMS', err_code_des: '缺少参数media' })
})
