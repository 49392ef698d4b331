import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { Aes, Formatter, Hash, Multipart, Wechatpay as Plugin, Rsa, Transformer } from 'wechatpay-axios-plugin'
import { type SimulatorServer, startSimulatorServer } from './simulator-server.ts'

// wechatpay-axios-plugin, unchanged but for `baseURL`, against the server of `wechatpay-edge simulator` over TLS, with the
// files that the simulator wrote. Notifications are read with the plugin's own functions.

interface Listed {
  serial_no: string
  encrypt_certificate: { nonce: string; associated_data: string; ciphertext: string }
}

/**
 * Fetches the platform certificates, opens and verifies them. The plugin's own downloader, `wxpay crt`, cannot in version
 * 0.9.6, with whatever service: it puts what it has fetched into an object that the verifier has a copy of.
 */
async function fetchCertificates(account: object, apiv3Key: string): Promise<Record<string, string>> {
  // biome-ignore lint/suspicious/noExplicitAny: its chain has no types
  const plugin: any = new Plugin({ ...account, certs: { any: undefined } } as never)
  const { data, headers } = await plugin.v3.certificates.get({ transformResponse: [(text: string) => text] })
  const certs = Object.fromEntries(
    (JSON.parse(data).data as Listed[]).map(
      ({ serial_no, encrypt_certificate: { ciphertext, nonce, associated_data } }) => [
        serial_no,
        Aes.AesGcm.decrypt(ciphertext, apiv3Key, nonce, associated_data),
      ],
    ),
  )
  const message = Formatter.response(headers['wechatpay-timestamp'], headers['wechatpay-nonce'], data)
  expect(Rsa.verify(message, headers['wechatpay-signature'], certs[headers['wechatpay-serial']]!)).toBe(true)
  return certs
}

describe.each(['public-key', 'certificate', 'both'])('wechatpay-axios-plugin in mode %s', platform => {
  let simulated: SimulatorServer
  /** WeChat Pay's keys, as the plugin takes them. */
  let certs: Record<string, string>
  // biome-ignore lint/suspicious/noExplicitAny: its chain has no types
  let plugin: any
  let account: Record<string, unknown>
  // biome-ignore lint/suspicious/noExplicitAny: its chain has no types; nor may a promise hold it: it has a `then`
  const pluginOf = (changes: object = {}): any => new Plugin({ ...account, ...changes } as never)
  beforeAll(async () => {
    simulated = await startSimulatorServer({ platform, tls: true })
    const files = ['apiclient_key.pem', 'apiclient_cert.pem', 'apiv3_key.txt', 'apiv2_key.txt']
    const [privateKey, cert, apiv3Key, apiv2Key] = (await Promise.all(files.map(simulated.file))) as [
      string,
      string,
      string,
      string,
    ]
    const { mchid, serial, url } = simulated
    account = { mchid, serial, privateKey, secret: apiv2Key, merchant: { cert, key: privateKey }, baseURL: `${url}/` }
    certs = {
      ...(platform !== 'certificate' && {
        [await simulated.file('pub_key_id.txt')]: await simulated.file('pub_key.pem'),
      }),
      ...(platform !== 'public-key' && (await fetchCertificates(account, apiv3Key))),
    }
    account = { ...account, certs }
    plugin = pluginOf()
    simulated.receive = async ({ headers, body }) =>
      body.startsWith('<xml>') ? v2(body, apiv2Key) : v3(headers, body, apiv3Key)
    return () => simulated[Symbol.asyncDispose]()
  })
  const v3 = (headers: Readonly<Record<string, string>>, body: string, key: string) => {
    const { 'wechatpay-timestamp': timestamp, 'wechatpay-nonce': nonce } = headers
    const { 'wechatpay-signature': signature, 'wechatpay-serial': serial } = headers
    if (Math.abs(Formatter.timestamp() - Number(timestamp)) > 300) throw new Error('stale')
    if (!Rsa.verify(Formatter.response(timestamp!, nonce!, body), signature!, certs[serial!]!))
      throw new Error('not signed')
    const { event_type, resource } = JSON.parse(body)
    const { ciphertext, associated_data } = resource
    return { event_type, ...JSON.parse(Aes.AesGcm.decrypt(ciphertext, key, resource.nonce, associated_data)) }
  }
  const v2 = (body: string, key: string) => {
    const { sign, ...params } = Transformer.toObject(body) as unknown as Record<string, string>
    if (params.req_info)
      return { ...params, ...(Transformer.toObject(Aes.AesEcb.decrypt(params.req_info, Hash.md5(key))) as object) }
    const type = sign!.length === 64 ? Hash.ALGO_HMAC_SHA256 : Hash.ALGO_MD5
    if (!Hash.equals(sign!, Hash.sign(type, params, key)!)) throw new Error('not signed')
    return params
  }
  const order = (out_trade_no: string) => {
    const { appid, mchid, notify_url } = simulated
    return { appid, mchid, description: 'Image形象店', out_trade_no, notify_url, amount: { total: 100 } }
  }
  const query = async (out_trade_no: string) => {
    const { data } = await plugin.v3.pay.transactions.outTradeNo.$out_trade_no$.get({
      out_trade_no,
      params: { mchid: simulated.mchid },
    })
    return data
  }

  test('APIv3: places, queries, closes and refunds orders, verifies every answer, reads every notification', async () => {
    const { transactions } = plugin.v3.pay
    expect((await transactions.native.post(order('P1000001'))).data.code_url).toMatch(/^weixin:/)
    expect((await query('P1000001')).trade_state).toBe('NOTPAY')
    await simulated.control('/pay', { out_trade_no: 'P1000001' })
    await simulated.control('/settle', {})
    const { trade_state, transaction_id } = await query('P1000001')
    expect(trade_state).toBe('SUCCESS')
    expect(simulated.received.at(-1)).toMatchObject({
      event_type: 'TRANSACTION.SUCCESS',
      transaction_id,
      out_trade_no: 'P1000001',
    })
    const refund = {
      out_trade_no: 'P1000001',
      out_refund_no: 'R1000001',
      notify_url: simulated.notify_url,
      amount: { refund: 50, total: 100, currency: 'CNY' },
    }
    expect((await plugin.v3.refund.domestic.refunds.post(refund)).data.amount.refund).toBe(50)
    await simulated.control('/advance', { ms: 3_600_000 })
    expect(simulated.received.at(-1)).toMatchObject({ event_type: 'REFUND.SUCCESS', out_refund_no: 'R1000001' })

    await transactions.native.post(order('P1000002'))
    const closed = await transactions.outTradeNo.$out_trade_no$.close.post(
      { mchid: simulated.mchid },
      { out_trade_no: 'P1000002' },
    )
    expect(closed.status).toBe(204)
    expect((await query('P1000002')).trade_state).toBe('CLOSED')
  })

  test('APIv3: is told the documented error', async () => {
    const missing = plugin.v3.pay.transactions.id.$id$.get({ id: '4200000000', params: { mchid: simulated.mchid } })
    await expect(missing).rejects.toMatchObject({ response: { status: 404, data: { code: 'ORDER_NOT_EXIST' } } })
  })

  test('APIv3: encrypts a field for WeChat Pay, and opens one that was encrypted for it', async () => {
    const [[serial, key] = ['', '']] = Object.entries(certs)
    const receiver = { appid: simulated.appid, type: 'MERCHANT_ID', account: '1900000110', relation_type: 'STORE' }
    const add = (name: string, headers: object) =>
      plugin.v3.profitsharing.receivers.add.post({ ...receiver, name }, { headers })
    const name = Rsa.encrypt('张三', key)
    const added = await add(name, { 'Wechatpay-Serial': serial })
    expect(added.data).toMatchObject({ account: '1900000110', relation_type: 'STORE' })
    expect(Rsa.decrypt(added.data.name, await simulated.file('apiclient_key.pem'))).toBe('张三')
    await expect(add(name, {})).rejects.toMatchObject({
      response: { status: 400, data: { code: 'PARAM_ERROR', detail: { field: 'Wechatpay-Serial' } } },
    })
  })

  test('APIv3: uploads a picture', async () => {
    const picture = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
      'base64',
    )
    const meta = { filename: '图 1.png', sha256: Hash.sha256(picture) }
    const form = new Multipart()
    form.append('meta', JSON.stringify(meta), 'meta.json')
    form.append('file', picture, meta.filename)
    const { data } = await plugin.v3.merchant.media.upload.post(form.getBuffer?.() ?? form, {
      meta,
      headers: form.getHeaders(),
    })
    expect(data.media_id).toEqual(expect.any(String))
  })

  test('APIv3: downloads the bill that was announced with its hash', async () => {
    await simulated.control('/advance', { ms: 36 * 3_600_000 })
    const bill_date = (await query('P1000001')).success_time.slice(0, 10)
    const { data } = await plugin.v3.bill.tradebill.get({ params: { bill_date } })
    const token = new URL(data.download_url).searchParams.get('token')
    const { data: bill } = await plugin.v3.billdownload.file.get({ params: { token }, responseType: 'arraybuffer' })
    expect(createHash('sha1').update(bill).digest('hex')).toBe(data.hash_value)
    const { rows } = Formatter.castCsvBill(bill) as { rows: Record<string, string>[] }
    expect(rows.map(row => row.商户订单号)).toContain('P1000001')
  })

  test.each(['MD5', 'HMAC-SHA256'])(
    'APIv2 with %s: places, queries, refunds and closes orders, reads every notification',
    async sign_type => {
      const { appid, mchid: mch_id, notify_url } = simulated
      const common = { appid, mch_id, sign_type }
      const out_trade_no = `P2-${sign_type}`
      const unified = {
        ...common,
        body: '茶 <&>',
        out_trade_no,
        total_fee: '100',
        spbill_create_ip: '127.0.0.1',
        notify_url,
        trade_type: 'NATIVE',
      }
      const { pay, secapi } = plugin.v2
      expect((await pay.unifiedorder.post(unified)).data).toMatchObject({
        result_code: 'SUCCESS',
        trade_type: 'NATIVE',
      })
      expect((await pay.orderquery.post({ ...common, out_trade_no })).data).toMatchObject({ trade_state: 'NOTPAY' })
      await simulated.control('/pay', { out_trade_no })
      await simulated.control('/settle', {})
      expect(simulated.received.at(-1)).toMatchObject({ return_code: 'SUCCESS', out_trade_no, total_fee: '100' })
      const refund = {
        ...common,
        out_trade_no,
        out_refund_no: out_trade_no,
        total_fee: '100',
        refund_fee: '30',
        notify_url,
      }
      const refunded = await secapi.pay.refund.post(refund, { security: true })
      expect(refunded.data).toMatchObject({ result_code: 'SUCCESS', refund_fee: '30' })
      await simulated.control('/advance', { ms: 3_600_000 })
      expect(simulated.received.at(-1)).toMatchObject({ out_refund_no: out_trade_no, refund_status: 'SUCCESS' })
      expect((await pay.refundquery.post({ ...common, out_trade_no })).data).toMatchObject({
        refund_status_0: 'SUCCESS',
      })

      await pay.unifiedorder.post({ ...unified, out_trade_no: `${out_trade_no}-2` })
      await pay.closeorder.post({ ...common, out_trade_no: `${out_trade_no}-2` })
      expect((await pay.orderquery.post({ ...common, out_trade_no: `${out_trade_no}-2` })).data).toMatchObject({
        trade_state: 'CLOSED',
      })
    },
  )

  test('APIv2: is refused a refund without its client certificate', async () => {
    const { appid, mchid: mch_id } = simulated
    const refund = { appid, mch_id, out_trade_no: 'P2-MD5', out_refund_no: 'x', total_fee: '100', refund_fee: '1' }
    await expect(plugin.v2.secapi.pay.refund.post(refund)).rejects.toMatchObject({ response: { status: 400 } })
  })

  test('refuses what is not signed by WeChat Pay', async () => {
    const notifications: { id: string; reference: string }[] = await simulated.control('/notifications')
    const of = (reference: string) => notifications.find(one => one.reference === reference)!.id
    for (const what of ['probe', 'stale', 'tampered'])
      expect(await simulated.control(`/notifications/${of('P1000001')}/${what}`, {})).toMatchObject({ status: 401 })
    expect(await simulated.control(`/notifications/${of('P1000001')}/repeat`, {})).toMatchObject({ status: 204 })
    expect(await simulated.control(`/notifications/${of('P2-MD5')}/tampered`, {})).toMatchObject({ status: 401 })
  })

  test("with another merchant's key is refused as the real service does", async () => {
    const stranger = await startSimulatorServer()
    try {
      const wrongKey = pluginOf({ privateKey: await stranger.file('apiclient_key.pem') })
      await expect(wrongKey.v3.certificates.get()).rejects.toMatchObject({
        response: {
          status: 401,
          data: { code: 'SIGN_ERROR', detail: { sign_information: { method: 'GET', url: '/v3/certificates' } } },
        },
      })
      const wrongSerial = pluginOf({ serial: stranger.serial })
      await expect(wrongSerial.v3.certificates.get()).rejects.toMatchObject({
        response: { status: 401, data: { code: 'SIGN_ERROR' } },
      })
    } finally {
      await stranger[Symbol.asyncDispose]()
    }
  })
})
