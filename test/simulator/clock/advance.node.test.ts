import { createHash, createSign, createVerify, randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { downloadTradeBill, downloadTradeBillV2 } from '../../../src/flows/bill/index.ts'
import { openGateway } from '../../../src/server/index.ts'
import { createSimulator } from '../../../src/simulator/index.ts'
import { type SimulatorServer, startSimulatorServer } from '../../peers/simulator-server.ts'

// `wechatpay-edge simulator` over HTTP: its clients have the real clock, and no other.
describe('a day that POST /simulator/advance has passed', () => {
  let simulated: SimulatorServer
  let billDate: string
  let wxpay: Wechatpay
  beforeAll(async () => {
    simulated = await startSimulatorServer({ platform: 'public-key' })
    const { mchid, appid, serial, url: baseUrl, file } = simulated
    wxpay = new Wechatpay({
      mchid,
      serial,
      baseUrl,
      privateKey: await file('apiclient_key.pem'),
      apiv2Key: await file('apiv2_key.txt'),
      platformKeys: { [await file('pub_key_id.txt')]: await file('pub_key.pem') },
    })
    await wxpay.v3.pay.transactions.native.post({
      appid,
      mchid,
      out_trade_no: 'A1000001',
      description: '茶',
      notify_url: 'https://example.com/notify',
      amount: { total: 100 },
    })
    await simulated.control('/pay', { out_trade_no: 'A1000001' })
    const order = { out_trade_no: 'A1000001', params: { mchid } }
    const { data } = await wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.get(order)
    billDate = data.success_time!.slice(0, 10)
    await simulated.control('/advance', { ms: 5 * 86_400_000 })
    return () => simulated[Symbol.asyncDispose]()
  })

  test('has a bill for the bundled client', async () => {
    const bills = [
      await downloadTradeBill(wxpay, { bill_date: billDate, tar_type: 'GZIP' }),
      await downloadTradeBillV2(wxpay, { appid: simulated.appid, bill_date: billDate.replaceAll('-', '') }),
    ]
    for (const bill of bills) {
      const numbers: unknown[] = []
      for await (const { 商户订单号 } of bill.rows) numbers.push(商户订单号)
      expect(numbers).toEqual(['A1000001'])
    }
  })

  test('has a bill for a client that signs and verifies with node:crypto', async () => {
    const { mchid, serial, url, file } = simulated
    const key = await file('apiclient_key.pem')
    const get = (path: string) => {
      const [timestamp, nonce] = [Math.floor(Date.now() / 1000), randomUUID()]
      const signature = createSign('sha256').update(`GET\n${path}\n${timestamp}\n${nonce}\n\n`).sign(key, 'base64')
      const authorization = `WECHATPAY2-SHA256-RSA2048 mchid="${mchid}",nonce_str="${nonce}",timestamp="${timestamp}",serial_no="${serial}",signature="${signature}"`
      return fetch(url + path, { headers: { authorization, accept: 'application/json', 'user-agent': 'stranger' } })
    }
    const response = await get(`/v3/bill/tradebill?bill_date=${billDate}`)
    const [text, header] = [await response.text(), (name: string) => response.headers.get(`wechatpay-${name}`)!]
    expect(Math.abs(Number(header('timestamp')) - Date.now() / 1000)).toBeLessThan(60)
    const signed = `${header('timestamp')}\n${header('nonce')}\n${text}\n`
    const isSigned = createVerify('sha256')
      .update(signed)
      .verify(await file('pub_key.pem'), header('signature'), 'base64')
    expect([response.status, isSigned]).toEqual([200, true])
    const { download_url, hash_value } = JSON.parse(text)
    const { pathname, search } = new URL(download_url)
    const bill = Buffer.from(await (await get(pathname + search)).arrayBuffer())
    expect(createHash('sha1').update(bill).digest('hex')).toBe(hash_value)
    expect(bill.toString()).toContain('`A1000001')
  })
})

test('a gateway that shares the simulated clock accepts notifications after days', async () => {
  const statuses: number[] = []
  const simulator = await createSimulator({
    signatureClock: 'simulated',
    deliver: async (input, init) => {
      const response = await gateway.fetch(new Request(input, init))
      statuses.push(response.status)
      return response
    },
  })
  const { merchant, fetch, now } = simulator
  const { appid, mchid } = merchant
  const wxpay = new Wechatpay({ ...merchant, fetch, now })
  const gateway = await openGateway({ merchants: { [mchid]: wxpay }, callers: [], now, data: ':memory:' })
  try {
    await simulator.advance(3 * 86_400_000)
    await wxpay.v3.pay.transactions.native.post({
      appid,
      mchid,
      out_trade_no: 'A1000002',
      description: '茶',
      notify_url: `https://gateway.example/notify/${mchid}`,
      amount: { total: 100 },
    })
    simulator.pay({ out_trade_no: 'A1000002' })
    await simulator.settled()
    expect(statuses).toEqual([204])
  } finally {
    await gateway.close()
  }
})
