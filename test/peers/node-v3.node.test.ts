import { createHash, X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import Pay from 'wechatpay-node-v3'
import { PayRequest } from 'wechatpay-node-v3/dist/lib/pay-request.js'
import { type SimulatorServer, startSimulatorServer } from './simulator-server.ts'

// wechatpay-node-v3, unchanged, against the server of `wechatpay-edge simulator`. Its host is built in; `createHttp` is
// the door that it leaves open: its own HTTP, with the host changed on the way, as an entry in the hosts file would.

const HOST = 'https://api.mch.weixin.qq.com'

function proxied(url: string) {
  const inner = new PayRequest()
  const there = (asked: string) => asked.replace(HOST, url)
  const as = (headers: Record<string, string>) => ({ ...headers, Host: new URL(HOST).host })
  return {
    get: (asked: string, headers: Record<string, string>) => inner.get(there(asked), as(headers)),
    post: (asked: string, params: Record<string, unknown>, headers: Record<string, string>) =>
      inner.post(there(asked), params, as(headers)),
    upload: inner.upload,
  }
}

// It asks for the platform certificates when it verifies, so it lives with certificates.
describe.each(['certificate', 'both'])('wechatpay-node-v3 in mode %s', platform => {
  let simulated: SimulatorServer
  let pay: Pay
  beforeAll(async () => {
    simulated = await startSimulatorServer({ platform, tls: true })
    const { appid, mchid } = simulated
    const [publicKey, privateKey] = await Promise.all(
      ['apiclient_cert.pem', 'apiclient_key.pem'].map(async name => Buffer.from(await simulated.file(name))),
    )
    pay = new Pay({
      appid,
      mchid,
      publicKey: publicKey!,
      privateKey: privateKey!,
      key: await simulated.file('apiv3_key.txt'),
    })
    pay.createHttp(proxied(simulated.url))
    // While a merchant migrates, some notifications are signed with the public key, which it cannot fetch.
    if (platform === 'both')
      (Pay as unknown as { certificates: Record<string, string> }).certificates[
        await simulated.file('pub_key_id.txt')
      ] = await simulated.file('pub_key.pem')
    simulated.receive = async ({ headers, body }) => {
      const verified = await pay.verifySign({
        timestamp: headers['wechatpay-timestamp']!,
        nonce: headers['wechatpay-nonce']!,
        serial: headers['wechatpay-serial']!,
        signature: headers['wechatpay-signature']!,
        body,
      })
      if (!verified) throw new Error('not verified')
      const { event_type, resource } = JSON.parse(body)
      const { ciphertext, associated_data, nonce } = resource
      return { event_type, ...pay.decipher_gcm<object>(ciphertext, associated_data, nonce) }
    }
    return () => simulated[Symbol.asyncDispose]()
  })
  const place = (out_trade_no: string) =>
    pay.transactions_native({
      description: 'Image形象店',
      out_trade_no,
      notify_url: simulated.notify_url,
      amount: { total: 100 },
    })
  // biome-ignore lint/suspicious/noExplicitAny: its answers have no types
  const data = ({ status: http, data, error }: any) => ({ http, error, ...data })

  it('reads the serial of its certificate', () => {
    expect(pay.getSN().toUpperCase()).toBe(simulated.serial)
  })

  it('fetches and opens the platform certificates', async () => {
    const fetched = await pay.get_certificates(await simulated.file('apiv3_key.txt'))
    expect(fetched.map(({ serial_no }) => `wechatpay_${serial_no}.pem`)).toEqual(
      (await simulated.names()).filter(name => name.startsWith('wechatpay_')),
    )
    const [{ serial_no, publicKey }] = fetched as unknown as [{ serial_no: string; publicKey: string }]
    const { publicKey: written } = new X509Certificate(await simulated.file(`wechatpay_${serial_no}.pem`))
    expect(publicKey).toBe(written.export({ type: 'spki', format: 'pem' }))
  })

  it('places an order, queries it, is told that it is paid, refunds it and is told of that', async () => {
    expect(data(await place('N-0001'))).toMatchObject({ http: 200, code_url: expect.stringMatching(/^weixin:/) })
    expect(data(await pay.query({ out_trade_no: 'N-0001' }))).toMatchObject({ trade_state: 'NOTPAY' })
    await simulated.control('/pay', { out_trade_no: 'N-0001' })
    await simulated.control('/settle', {})
    const paid = data(await pay.query({ out_trade_no: 'N-0001' }))
    expect(paid).toMatchObject({ trade_state: 'SUCCESS' })
    expect(simulated.received.at(-1)).toMatchObject({
      event_type: 'TRANSACTION.SUCCESS',
      out_trade_no: 'N-0001',
      transaction_id: paid.transaction_id,
    })
    expect(data(await pay.query({ transaction_id: paid.transaction_id }))).toMatchObject({ out_trade_no: 'N-0001' })

    const refund = { out_trade_no: 'N-0001', out_refund_no: 'NR-0001', notify_url: simulated.notify_url }
    const refunded = data(await pay.refunds({ ...refund, amount: { refund: 30, total: 100, currency: 'CNY' } }))
    expect(refunded).toMatchObject({ http: 200, out_refund_no: 'NR-0001' })
    await simulated.control('/advance', { ms: 3_600_000 })
    expect(simulated.received.at(-1)).toMatchObject({ event_type: 'REFUND.SUCCESS', out_refund_no: 'NR-0001' })
    expect(data(await pay.find_refunds('NR-0001'))).toMatchObject({ amount: { refund: 30 } })
  })

  it('closes an order', async () => {
    await place('N-0002')
    expect(await pay.close('N-0002')).toMatchObject({ status: 204 })
    expect(data(await pay.query({ out_trade_no: 'N-0002' }))).toMatchObject({ trade_state: 'CLOSED' })
  })

  it('places orders for JSAPI, H5, App, and combined ones', async () => {
    const order = { description: 'd', notify_url: simulated.notify_url, amount: { total: 1 } }
    const payer = { openid: 'onqOjjmo8wmTOOtSKwXtGjg9Gb58' }
    expect(data(await pay.transactions_jsapi({ ...order, out_trade_no: 'N-0003', payer }))).toMatchObject({
      signType: 'RSA',
    })
    const scene_info = {
      payer_client_ip: '127.0.0.1',
      h5_info: { type: 'Wap', app_name: 'a', app_url: 'https://a.cn' },
    }
    expect(data(await pay.transactions_h5({ ...order, out_trade_no: 'N-0004', scene_info }))).toMatchObject({
      h5_url: expect.stringMatching(/^https:/),
    })
    expect(data(await pay.transactions_app({ ...order, out_trade_no: 'N-0005' }))).toMatchObject({
      package: 'Sign=WXPay',
    })
    const { mchid } = simulated
    const sub_orders = ['N-0006', 'N-0007'].map(out_trade_no => ({
      mchid,
      out_trade_no,
      attach: 'a',
      description: 'd',
      amount: { total_amount: 1, currency: 'CNY' },
    }))
    const combined = {
      combine_out_trade_no: 'NC-0001',
      sub_orders,
      scene_info: { device_id: 'D1', payer_client_ip: '127.0.0.1' },
      notify_url: simulated.notify_url,
    }
    expect(data(await pay.combine_transactions_app(combined))).toMatchObject({ package: 'Sign=WXPay' })
    expect(data(await pay.combine_query('NC-0001'))).toMatchObject({ combine_out_trade_no: 'NC-0001' })
  })

  it('encrypts a field for the platform', async () => {
    const [certificate] = await pay.get_certificates(await simulated.file('apiv3_key.txt'))
    const { serial_no, publicKey } = certificate as unknown as { serial_no: string; publicKey: string }
    const receiver = { type: 'MERCHANT_ID', account: '1900000110', relation_type: 'STORE', wx_serial_no: serial_no }
    const name = pay.publicEncrypt('张三', publicKey as unknown as Buffer)
    expect(data(await pay.profitsharing_receivers_add({ ...receiver, name }))).toMatchObject({ http: 200 })
    const spoiled = await pay.profitsharing_receivers_add({ ...receiver, name: `${name.slice(0, -8)}AAAAAAA=` })
    expect([spoiled.status, spoiled.error]).toEqual([400, expect.stringContaining('PARAM_ERROR')])
  })

  it('downloads the bill of the day that was announced with its hash', async () => {
    await simulated.control('/advance', { ms: 36 * 3_600_000 })
    const bill_date = data(await pay.query({ out_trade_no: 'N-0001' })).success_time.slice(0, 10)
    const announced = data(await pay.tradebill({ bill_date, bill_type: 'ALL' }))
    expect(announced).toMatchObject({ http: 200, hash_type: 'SHA1', download_url: expect.stringContaining(HOST) })
    const bill = (await pay.downloadBill(announced.download_url)) as unknown as { data: string }
    expect(createHash('sha1').update(bill.data).digest('hex')).toBe(announced.hash_value)
    expect(bill.data).toContain('`N-0001')
  })

  it('refuses what is not signed by the platform', async () => {
    const notifications: { id: string; reference: string }[] = await simulated.control('/notifications')
    const { id } = notifications.find(({ reference }) => reference === 'N-0001')!
    const before = simulated.received.length
    for (const what of ['probe', 'tampered'])
      expect(await simulated.control(`/notifications/${id}/${what}`, {})).toMatchObject({ status: 401 })
    expect(simulated.received).toHaveLength(before)
    expect(await simulated.control(`/notifications/${id}/repeat`, {})).toMatchObject({ status: 204 })
    expect(simulated.received.at(-1)).toMatchObject({ out_trade_no: 'N-0001' })
  })

  it("with another key is refused in the service's words", async () => {
    const { appid, mchid } = simulated
    const other = await startSimulatorServer()
    try {
      const [publicKey, privateKey] = await Promise.all(
        [simulated.file('apiclient_cert.pem'), other.file('apiclient_key.pem')].map(async text =>
          Buffer.from(await text),
        ),
      )
      const stranger = new Pay({ appid, mchid, publicKey: publicKey!, privateKey: privateKey! })
      stranger.createHttp(proxied(simulated.url))
      const { status, error } = await stranger.query({ out_trade_no: 'N-0001' })
      expect([status, JSON.parse(error).code]).toEqual([401, 'SIGN_ERROR'])
    } finally {
      await other[Symbol.asyncDispose]()
    }
  })
})
