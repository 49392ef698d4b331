import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import Payment from 'tenpay'
import { beforeAll, describe, expect, it } from 'vitest'
import { type SimulatorServer, startSimulatorServer } from './simulator-server.ts'

// tenpay, unchanged, against the server of `wechatpay-edge simulator` over TLS: its refunds present apiclient_cert.p12 of
// the folder. Its host is built into `urls`, which it leaves open to be changed.

const HOST = 'https://api.mch.weixin.qq.com'

/** The context of its middleware for Koa, before and after. */
interface Context {
  request: { body: string; weixin?: unknown }
  body?: string
  type?: string
}

describe.each(['MD5', 'HMAC-SHA256'])('tenpay with %s', sign_type => {
  let simulated: SimulatorServer
  // biome-ignore lint/suspicious/noExplicitAny: it has no types
  let tenpay: any
  beforeAll(async () => {
    simulated = await startSimulatorServer({ tls: true })
    const { appid, mchid, notify_url } = simulated
    const [partnerKey, pfx] = await Promise.all([
      simulated.file('apiv2_key.txt'),
      readFile(join(simulated.folder, 'apiclient_cert.p12')),
    ])
    tenpay = new Payment({ appid, mchid, partnerKey, pfx, notify_url, refund_url: notify_url })
    for (const [name, url] of Object.entries<string>(tenpay.urls)) tenpay.urls[name] = url.replace(HOST, simulated.url)
    simulated.receive = async ({ body }) => {
      const context: Context = { request: { body } }
      await tenpay.middleware(body.includes('<req_info>') ? 'refund' : 'pay')(context, async () => {})
      // It puts what it has verified there; else it has an answer that says what is wrong.
      if (!context.request.weixin) throw new Error(context.body)
      return context.request.weixin
    }
    return () => simulated[Symbol.asyncDispose]()
  })
  const place = (out_trade_no: string) =>
    tenpay.unifiedOrder({ out_trade_no, body: '茶 <&>', total_fee: 100, trade_type: 'NATIVE', sign_type })
  const query = (out_trade_no: string) => tenpay.orderQuery({ out_trade_no, sign_type })

  it('places an order, queries it, is told that it is paid, refunds it and is told of that', async () => {
    expect(await place('T-0001')).toMatchObject({ result_code: 'SUCCESS', code_url: expect.stringMatching(/^weixin:/) })
    expect(await query('T-0001')).toMatchObject({ trade_state: 'NOTPAY' })
    await simulated.control('/pay', { out_trade_no: 'T-0001' })
    await simulated.control('/settle', {})
    const paid = await query('T-0001')
    expect(paid).toMatchObject({ trade_state: 'SUCCESS', total_fee: '100' })
    expect(simulated.received.at(-1)).toMatchObject({ out_trade_no: 'T-0001', transaction_id: paid.transaction_id })

    const refund = { out_trade_no: 'T-0001', out_refund_no: 'TR-0001', total_fee: 100, refund_fee: 30, sign_type }
    expect(await tenpay.refund(refund)).toMatchObject({ result_code: 'SUCCESS', refund_fee: '30' })
    await simulated.control('/advance', { ms: 3_600_000 })
    expect(simulated.received.at(-1)).toMatchObject({
      req_info: { out_refund_no: 'TR-0001', refund_status: 'SUCCESS', refund_fee: '30' },
    })
    expect(await tenpay.refundQuery({ out_trade_no: 'T-0001', sign_type })).toMatchObject({
      refund_count: '1',
      out_refund_no_0: 'TR-0001',
      refund_status_0: 'SUCCESS',
    })
    await expect(tenpay.refund({ ...refund, out_refund_no: 'TR-0002', refund_fee: 80 })).rejects.toThrow()
  })

  it('is refused a refund without its client certificate', async () => {
    const { pfx } = tenpay
    tenpay.pfx = undefined
    try {
      const refund = { out_trade_no: 'T-0001', out_refund_no: 'TR-0003', total_fee: 100, refund_fee: 1, sign_type }
      await expect(tenpay.refund(refund)).rejects.toThrow('request fail')
    } finally {
      tenpay.pfx = pfx
    }
  })

  it('closes an order', async () => {
    await place('T-0004')
    expect(await tenpay.closeOrder({ out_trade_no: 'T-0004', sign_type })).toMatchObject({ result_code: 'SUCCESS' })
    expect(await query('T-0004')).toMatchObject({ trade_state: 'CLOSED' })
    await expect(query('T-none')).rejects.toThrow('ORDERNOTEXIST')
  })

  it('takes money by a payment code, and reverses it with its client certificate', async () => {
    const order = { out_trade_no: 'T-0005', body: 'd', total_fee: 100, auth_code: '134567890123456789', sign_type }
    expect(await tenpay.micropay(order)).toMatchObject({ trade_type: 'MICROPAY', result_code: 'SUCCESS' })
    expect(await tenpay.reverse({ out_trade_no: 'T-0005', sign_type })).toMatchObject({ recall: 'N' })
    expect(await query('T-0005')).toMatchObject({ trade_state: 'REVOKED' })
  })

  it('downloads and reads the bill of the day', async () => {
    await simulated.control('/advance', { ms: 36 * 3_600_000 })
    const bill_date = (await query('T-0001')).time_end.slice(0, 8)
    const { list_title, list_data, total_title, total_data } = await tenpay.downloadBill({ bill_date, sign_type }, true)
    const column = list_title.indexOf('商户订单号')
    expect(list_data.map((row: string[]) => row[column])).toContain('T-0001')
    expect(total_data).toHaveLength(total_title.length)
  })

  it('refuses what is not signed with the APIv2 key', async () => {
    const notifications: { id: string; reference: string }[] = await simulated.control('/notifications')
    const { id } = notifications.find(({ reference }) => reference === 'T-0001')!
    expect(await simulated.control(`/notifications/${id}/tampered`, {})).toMatchObject({ status: 401 })
    expect(await simulated.control(`/notifications/${id}/repeat`, {})).toMatchObject({ status: 200 })
  })

  it('starts a payment with what it was given', async () => {
    const { prepay_id } = await place('T-0006')
    const { paySign, ...params } = tenpay.getPayParamsByPrepay({ prepay_id }, 'MD5')
    const { appId, nonceStr, timeStamp } = params
    const message = `appId=${appId}&nonceStr=${nonceStr}&package=prepay_id=${prepay_id}&signType=MD5&timeStamp=${timeStamp}`
    const digest = createHash('md5')
      .update(`${message}&key=${await simulated.file('apiv2_key.txt')}`)
      .digest('hex')
    expect(paySign).toBe(digest.toUpperCase())
  })
})
