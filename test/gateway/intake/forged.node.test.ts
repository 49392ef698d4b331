import { createCipheriv, createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { listenHttp } from '../../../src/server/http.ts'
import { openGateway, type Server } from '../../../src/server/index.ts'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'
import { eventually } from '../../eventually.ts'
import { CALLER, json, SECRET } from '../test-gateway.ts'

// Somebody who reaches the gateway over HTTP, and holds texts that the merchant's APIv2 key has signed, tries to have an event
// recorded and delivered. Everything runs as it is served: HTTP in, the ledger, the outbox, HTTP to the shop.

interface Told {
  type: string
  data: { resource: Record<string, string> }
}

interface Stage {
  simulator: Simulator
  server: Server
  origin: string
  /** The events that the shop has received. */
  told: Told[]
  /** Texts of WeChat Pay's responses to the gateway, and of its notifications. */
  responses: string[]
  notifications: string[]
  /** The bodies of the queries that the gateway sent. */
  queries: string[]
  logged: string[]
  /** The wire between the gateway and WeChat Pay. */
  wire: { tamper?: (path: string, response: Response) => Response | Promise<Response> }
  close(): Promise<void>
}

async function open(options: { trustUnconfirmedV2?: boolean } = {}): Promise<Stage> {
  const told: Told[] = []
  const responses: string[] = []
  const notifications: string[] = []
  const queries: string[] = []
  const logged: string[] = []
  const wire: Stage['wire'] = {}
  const shop = createServer(async (incoming, outgoing) => {
    told.push(JSON.parse(await text(incoming)))
    outgoing.writeHead(204).end()
  })
  await new Promise<void>(resolve => shop.listen(0, '127.0.0.1', resolve))
  const simulator = await createSimulator({
    seed: 'gateway',
    deliver: async (input, init) => {
      const request = new Request(input, init)
      notifications.push(await request.clone().text())
      return fetch(request)
    },
  })
  const { merchant } = simulator
  const send: typeof fetch = async (input, init) => {
    const { pathname } = new URL(String(input))
    if (pathname.endsWith('query')) queries.push(String(init?.body))
    const response = await simulator.fetch(input, init)
    responses.push(await response.clone().text())
    return wire.tamper ? wire.tamper(pathname, response) : response
  }
  const note = (event: string, members: object = {}) =>
    void logged.push(
      JSON.stringify({ event, ...members }, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
    )
  const client = (mchid: string) =>
    new Wechatpay({ ...merchant, mchid, fetch: send, mtlsFetch: simulator.mtlsFetch, retry: false })
  const server = await openGateway({
    merchants: { [merchant.mchid]: client(merchant.mchid), '1900000999': client('1900000999') },
    callers: [CALLER],
    authenticate: async () => CALLER,
    endpoints: [
      {
        name: 'shop',
        url: `http://127.0.0.1:${(shop.address() as AddressInfo).port}/`,
        events: ['*'],
        secrets: [SECRET],
        allowPrivate: true,
      },
    ],
    log: { level: 'debug', debug: note, info: note, warn: note, error: note },
    data: ':memory:',
    ...options,
  })
  const http = await listenHttp({ fetch: request => server.fetch(request), hostname: '127.0.0.1', port: 0 })
  return {
    simulator,
    server,
    told,
    responses,
    notifications,
    queries,
    logged,
    wire,
    origin: `http://127.0.0.1:${http.port}`,
    async close() {
      await http.close()
      await server.close()
      await new Promise(resolve => shop.close(resolve))
    },
  }
}

let stage: Stage
beforeEach(async () => {
  stage = await open()
})
afterEach(() => stage.close())

const call = async (path: string, body: object, headers: Record<string, string> = {}) => {
  const { mchid } = stage.simulator.merchant
  const response = await fetch(`${stage.origin}/v2${path}`, json(body, { 'wechatpay-edge-mchid': mchid, ...headers }))
  return { status: response.status, text: await response.text(), headers: response.headers }
}
const names = () => ({ appid: stage.simulator.merchant.appid, mch_id: stage.simulator.merchant.mchid })
const place = (out_trade_no: string, headers = {}) => {
  const notify_url = `${stage.origin}/notify/${stage.simulator.merchant.mchid}`
  const order = { ...names(), body: '茶', out_trade_no, total_fee: '100', notify_url, trade_type: 'NATIVE' }
  return call('/pay/unifiedorder', { ...order, spbill_create_ip: '127.0.0.1' }, headers)
}
const notify = async (body: string, mchid = stage.simulator.merchant.mchid, headers = {}) => {
  const response = await fetch(`${stage.origin}/notify/${mchid}`, { method: 'POST', body, headers })
  return response.text()
}
const events = async (): Promise<{ event: string }[]> => {
  const { mchid } = stage.simulator.merchant
  const response = await fetch(`${stage.origin}/admin/merchants/${mchid}/events`)
  return ((await response.json()) as { events: { event: string }[] }).events
}
const outcomes = async () => {
  const metrics = await (await fetch(`${stage.origin}/metrics`)).text()
  const counted = metrics.matchAll(/notifications_total\{[^}]*outcome="(\w+)"[^}]*\} (\d+)/g)
  return Object.fromEntries(Array.from(counted, ([, outcome, count]) => [outcome, Number(count)]))
}

/** The signature of APIv2 by the documents: MD5, upper-case hex. */
function signed(fields: Record<string, string>): string {
  const pairs = Object.keys(fields)
    .filter(name => fields[name] !== '')
    .sort()
    .map(name => `${name}=${fields[name]}`)
  const message = [...pairs, `key=${stage.simulator.merchant.apiv2Key}`].join('&')
  const sign = createHash('md5').update(message).digest('hex').toUpperCase()
  const elements = Object.entries({ ...fields, sign }).map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`)
  return `<xml>${elements.join('')}</xml>`
}
const paymentOf = (more: Record<string, string> = {}) => ({
  return_code: 'SUCCESS',
  result_code: 'SUCCESS',
  ...names(),
  nonce_str: 'n',
  openid: 'o',
  trade_type: 'NATIVE',
  bank_type: 'OTHERS',
  total_fee: '100',
  transaction_id: '4200000000202611210000000001',
  out_trade_no: 'T1',
  ...more,
})

describe('whoever holds a signed text of APIv2', () => {
  test.each([
    ['transaction-success', '<transaction_id><x>1</x></transaction_id>'],
    ['transaction-success', '<transaction_id>1</transaction_id><transaction_id>2</transaction_id>'],
    ['transactions-risk-occurred', '<risk_level><x>HIGH</x></risk_level><event_code><x>1</x></event_code>'],
    ['pap-contract-state-changed', '<change_type><x>ADD</x></change_type><contract_id><x>1</x></contract_id>'],
  ])('adds elements to the response to a query, and no %s comes of it: %s', async (_, more) => {
    await place('T1')
    await call('/pay/orderquery', { ...names(), out_trade_no: 'T1' })
    const response = stage.responses.at(-1)!
    expect(response).toMatch(/<sign>/)
    expect(await notify(response.replace('</xml>', `${more}</xml>`))).toContain('<return_code>FAIL</return_code>')
    expect([await events(), stage.told, await outcomes()]).toEqual([[], [], { forged: 1 }])
  })

  test('sends the response to a query for a paid order as a notification, and is refused', async () => {
    await place('T1')
    stage.simulator.pay({ out_trade_no: 'T1' })
    await stage.simulator.settled()
    await call('/pay/orderquery', { ...names(), out_trade_no: 'T1' })
    expect(await notify(stage.responses.at(-1)!)).toContain('NOTIFICATION_UNKNOWN')
    expect(await outcomes()).toEqual({ recorded: 1, forged: 1 })
  })

  test('does not get one from a call, not from its error, and not from its repetition', async () => {
    const key = { 'Idempotency-Key': 'one' }
    const answers = [
      await place('T1', key),
      await place('T1', key),
      await call('/pay/orderquery', { ...names(), out_trade_no: 'T1' }),
      await call('/pay/orderquery', { ...names(), out_trade_no: 'NONE' }),
      await call('/pay/closeorder', { ...names(), out_trade_no: 'T1' }),
    ]
    expect(answers[1]!.headers.get('idempotency-replayed')).toBe('true')
    const texts = [...answers.map(({ text }) => text), ...stage.logged]
    const secrets = stage.responses.flatMap(response => {
      const [, sign] = /<sign>(?:<!\[CDATA\[)?(\w+)/.exec(response) ?? []
      const [, nonce] = /<nonce_str>(?:<!\[CDATA\[)?(\w+)/.exec(response) ?? []
      return [sign!, nonce!]
    })
    expect(secrets.length).toBeGreaterThanOrEqual(8)
    for (const secret of secrets) for (const text of texts) expect(text).not.toContain(secret)
    for (const { text } of answers) expect(text).not.toMatch(/"(?:sign|nonce_str)"/)
    expect(JSON.parse(answers[2]!.text)).toMatchObject({ trade_state: 'NOTPAY', out_trade_no: 'T1' })
    expect(JSON.parse(answers[3]!.text)).toMatchObject({ err_code: 'ORDERNOTEXIST' })
  })
})

describe('an APIv2 payment', () => {
  test('that never happened is not recorded, however well it is signed, and is counted', async () => {
    await place('T1')
    expect(await notify(signed(paymentOf()))).toContain('UNCONFIRMED')
    expect([await events(), stage.told, await outcomes()]).toEqual([[], [], { unconfirmed: 1 }])
  })

  test('of which WeChat Pay, when queried, says that it is not paid, is not recorded', async () => {
    await place('T1')
    await place('T2')
    stage.simulator.notify.hold()
    const { transaction_id } = stage.simulator.pay({ out_trade_no: 'T2' })
    // A number that there is, of another order.
    expect(await notify(signed(paymentOf({ transaction_id: transaction_id! })))).toContain('UNCONFIRMED')
    await stage.simulator.notify.release()
    expect(await events()).toMatchObject([{ event: 'transaction-success' }])
    expect(await outcomes()).toEqual({ recorded: 1, unconfirmed: 1 })
  })

  test('that is recorded is acknowledged when it is replayed, and WeChat Pay is not queried again', async () => {
    await place('T1')
    const { transaction_id } = stage.simulator.pay({ out_trade_no: 'T1' })
    await stage.simulator.settled()
    const queries = stage.queries.length
    for (let time = 0; time < 20; time++) expect(await notify(stage.notifications[0]!)).toContain('SUCCESS')
    // Not even what says something else of the same payment.
    expect(await notify(signed(paymentOf({ transaction_id: transaction_id!, total_fee: '9999' })))).toContain('SUCCESS')
    expect([stage.queries.length, await outcomes()]).toEqual([queries, { recorded: 1, duplicate: 21 }])
    expect(await events()).toMatchObject([{ repeats: 21 }])
    await expect.poll(() => stage.told.map(({ data }) => data.resource.total_fee)).toEqual(['100'])
  })

  test('that was not confirmed is looked for once, with each query that may know it, however often and however many times at once it is replayed', async () => {
    const message = signed(paymentOf())
    const before = stage.queries.length
    const answers = await Promise.all(Array.from({ length: 20 }, () => notify(message)))
    for (let time = 0; time < 20; time++) answers.push(await notify(message))
    expect(new Set(answers.map(answer => answer.includes('UNCONFIRMED')))).toEqual(new Set([true]))
    // As a payment, and as a deposit, of which the simulator answers with another.
    expect([stage.queries.length - before, await outcomes()]).toEqual([2, { unconfirmed: 40 }])
  })

  test('is confirmed while somebody sends one refund after the other that never was', async () => {
    const { apiv2Key } = stage.simulator.merchant
    const key = createHash('md5').update(apiv2Key).digest('hex')
    const made = (number: number) => {
      const cipher = createCipheriv('aes-256-ecb', key, null)
      const text = `<root><out_refund_no>R${number}</out_refund_no><refund_id>5${number}</refund_id><refund_status>SUCCESS</refund_status></root>`
      const info = Buffer.concat([cipher.update(text), cipher.final()]).toString('base64')
      const { appid, mch_id } = names()
      return `<xml><return_code>SUCCESS</return_code><appid>${appid}</appid><mch_id>${mch_id}</mch_id><nonce_str>n</nonce_str><req_info>${info}</req_info></xml>`
    }
    for (let number = 0; number < 60; number++) expect(await notify(made(number))).toContain('UNCONFIRMED')
    // Two paths each: 30 at once, and one more every two seconds.
    expect(stage.queries.length).toBeGreaterThanOrEqual(60)
    expect(stage.queries.length).toBeLessThan(80)
    await place('T1')
    stage.simulator.pay({ out_trade_no: 'T1' })
    await stage.simulator.settled()
    expect(await outcomes()).toEqual({ unconfirmed: 60, recorded: 1 })
  })

  test('is recorded with what the query says where the two differ', async () => {
    await place('T1')
    stage.simulator.notify.hold()
    const { transaction_id } = stage.simulator.pay({ out_trade_no: 'T1' })
    expect(await notify(signed(paymentOf({ transaction_id: transaction_id!, total_fee: '999900' })))).toContain(
      'SUCCESS',
    )
    await expect.poll(() => stage.told.length).toBe(1)
    expect(stage.told[0]).toMatchObject({ type: 'transaction-success', data: { resource: { total_fee: '100' } } })
    expect(stage.told[0]!.data.resource).not.toHaveProperty('sign')
  })

  test('whose query fails is left to WeChat Pay to send again, and then recorded once', async () => {
    await place('T1')
    stage.wire.tamper = path => {
      if (path.endsWith('orderquery')) throw new TypeError('fetch failed')
      return Response.error()
    }
    stage.simulator.pay({ out_trade_no: 'T1' })
    await stage.simulator.settled()
    expect(stage.simulator.notifications).toMatchObject([
      { state: 'pending', attempts: [{ responseBody: expect.stringContaining('FAIL') }] },
    ])
    expect([await events(), await outcomes()]).toEqual([[], { failed: 1 }])
    stage.wire.tamper = undefined as never
    await stage.simulator.advance(60_000)
    await stage.simulator.settled()
    expect(stage.simulator.notifications).toMatchObject([{ state: 'delivered' }])
    expect(await outcomes()).toEqual({ failed: 1, recorded: 1 })
  })

  test('whose query hangs is answered within the five seconds that WeChat Pay waits', async () => {
    await place('T1')
    stage.wire.tamper = (path, response) => (path.endsWith('orderquery') ? new Promise(() => {}) : response)
    const before = stage.queries.length
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const responding = notify(signed(paymentOf()))
    await eventually(() => expect(stage.queries.length).toBeGreaterThan(before))
    await vi.advanceTimersByTimeAsync(4_500)
    expect(await responding).toContain('<return_code>FAIL</return_code>')
    expect([await events(), await outcomes()]).toEqual([[], { failed: 1 }])
  })

  test('of a sub-merchant (特约商户) is confirmed with the numbers of both', async () => {
    const notify_url = `${stage.origin}/notify/${stage.simulator.merchant.mchid}`
    await call('/pay/unifiedorder', {
      ...names(),
      sub_mch_id: '1900000110',
      sub_appid: 'wxsub',
      body: '茶',
      out_trade_no: 'S1',
      total_fee: '100',
      notify_url,
      trade_type: 'NATIVE',
      spbill_create_ip: '127.0.0.1',
    })
    stage.simulator.pay({ out_trade_no: 'S1' })
    await stage.simulator.settled()
    expect(await outcomes()).toEqual({ recorded: 1 })
    const { appid, mch_id } = names()
    for (const [name, value] of Object.entries({ appid, mch_id, sub_mch_id: '1900000110', sub_appid: 'wxsub' }))
      expect(stage.queries.at(-1)).toContain(`<${name}>${value}</${name}>`)
  })

  test('is recorded unconfirmed where the configuration gives that up', async () => {
    await stage.close()
    stage = await open({ trustUnconfirmedV2: true })
    expect(await notify(signed(paymentOf()))).toContain('SUCCESS')
    expect([await outcomes(), stage.queries]).toEqual([{ recorded: 1 }, []])
  })
})

describe('an APIv2 refund', () => {
  const BLOCK = 16
  const infoOf = (message: string) => Buffer.from(/<req_info><!\[CDATA\[([^\]]+)/.exec(message)![1]!, 'base64')

  /** Two refunds of two orders, as they were notified. */
  async function refunds(): Promise<[string, string]> {
    const notify_url = `${stage.origin}/notify/${stage.simulator.merchant.mchid}`
    for (const [at, fee] of [
      ['1', '30'],
      ['2', '90'],
    ] as const) {
      await place(`T${at}`)
      stage.simulator.pay({ out_trade_no: `T${at}` })
      await stage.simulator.settled()
      const refund = { ...names(), out_trade_no: `T${at}`, out_refund_no: `R${at}`, total_fee: '100', refund_fee: fee }
      await call('/secapi/pay/refund', { ...refund, notify_url })
    }
    await stage.simulator.advance(60_000)
    await stage.simulator.settled()
    const sent = stage.notifications.filter(message => message.includes('<req_info>'))
    expect(sent).toHaveLength(2)
    return sent as [string, string]
  }

  test('is recorded with what the query says', async () => {
    await refunds()
    await expect.poll(() => stage.told.filter(({ type }) => type === 'refund-processed').length).toBe(2)
    expect(await outcomes()).toEqual({ recorded: 4 })
    const fees = stage.told
      .filter(({ type }) => type === 'refund-processed')
      .map(({ data: { resource } }) => [resource.out_refund_no, resource.refund_fee, resource.refund_status])
    expect(fees.sort()).toEqual([
      ['R1', '30', 'SUCCESS'],
      ['R2', '90', 'SUCCESS'],
    ])
  })

  test('put together from the blocks of two others tells nobody anything that is not so', async () => {
    const [one, two] = await refunds()
    const [first, second] = [infoOf(one), infoOf(two)]
    const before = (await events()).length
    let opened = 0
    for (let from = 0; from < first.length; from += BLOCK)
      for (let to = from + BLOCK; to <= Math.min(first.length, from + 4 * BLOCK); to += BLOCK) {
        const spliced = Buffer.concat([first.subarray(0, from), second.subarray(from, to), first.subarray(to)])
        const answer = await notify(
          one.replace(/<req_info>.*<\/req_info>/, `<req_info>${spliced.toString('base64')}</req_info>`),
        )
        if (!/DECRYPTION_FAILED|NOT_XML/.test(answer)) opened++
      }
    expect(opened).toBeGreaterThan(10)
    expect(await events()).toHaveLength(before)
    for (const { type, data } of stage.told) {
      if (type !== 'refund-processed') continue
      const { out_refund_no, refund_fee, transaction_id } = data.resource
      expect(refund_fee).toBe(out_refund_no === 'R1' ? '30' : '90')
      expect(transaction_id).toBe(stage.simulator.order(out_refund_no === 'R1' ? 'T1' : 'T2')!.transaction_id)
    }
  })
})

test('neither a number plate nor what an unauthenticated sender writes is logged', async () => {
  await stage.close()
  stage = await open()
  const plate = '粤B12345'
  const entry = { ...names(), nonce_str: 'n', sign_type: 'MD5', plate_number: plate }
  expect(await notify(signed({ ...entry, vehicle_event_createtime: '20260101100000' }))).toContain('SUCCESS')
  await expect.poll(() => stage.told.length).toBe(1)
  const apiv3 = { 'wechatpay-nonce': 'n', 'wechatpay-signature': 'YQ==' }
  const now = String(Math.floor(Date.now() / 1000))
  const personal = 'zhangsan@example.com'
  const { mchid } = stage.simulator.merchant
  await notify('{}', mchid, { ...apiv3, 'wechatpay-timestamp': personal, 'wechatpay-serial': 'A' })
  await notify('{}', mchid, { ...apiv3, 'wechatpay-timestamp': now, 'wechatpay-serial': personal })
  await notify(JSON.stringify({ [plate]: { a: 1 }, sign: 'A' }))
  await notify(`<xml><${plate}>1</${plate}></xml>`)
  expect(await outcomes()).toEqual({ recorded: 1, stale: 1, unknown_serial: 1, forged: 1, unreadable: 1 })
  const lines = stage.logged.filter(line => /"event":"notification/.test(line))
  expect(lines).toHaveLength(5)
  expect(lines.some(line => /"seq":\d+/.test(line))).toBe(true)
  for (const line of stage.logged) for (const text of [plate, personal]) expect(line).not.toContain(text)
})

test('a notification of one merchant, sent to the address of another with the same keys, is refused', async () => {
  await place('T1')
  stage.simulator.pay({ out_trade_no: 'T1' })
  await stage.simulator.settled()
  expect(await notify(stage.notifications.at(-1)!, '1900000999')).toContain('MERCHANT_MISMATCH')
  const { simulator, origin } = stage
  const sent = await simulator.notify.send({ event: 'REFUND.SUCCESS', url: `${origin}/notify/1900000999` })
  expect([sent.attempts[0]!.status, JSON.parse(sent.responseBody!)]).toEqual([
    403,
    { code: 'FAIL', message: 'MERCHANT_MISMATCH' },
  ])
  expect(await outcomes()).toEqual({ recorded: 1, other_merchant: 2 })
})

describe('a notification that nothing speaks for', () => {
  /** Sends bytes over a socket, and gives the status line. The rest of the body is never sent. */
  const statusOf = (lines: string[], body = '') =>
    new Promise<string>((resolve, reject) => {
      const { port } = new URL(stage.origin)
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write([...lines, '', body].join('\r\n'))
      })
      socket.setTimeout(4_000, () => reject(new Error('no response')))
      socket.once('data', data => {
        resolve(String(data).split('\r\n')[0]!)
        socket.destroy()
      })
      socket.once('error', reject)
    })
  const head = (more: string[]) => [
    `POST /notify/${stage.simulator.merchant.mchid} HTTP/1.1`,
    'Host: gateway',
    'Content-Type: application/json',
    'Content-Length: 60000',
    ...more,
  ]
  const now = () => String(Math.floor(Date.now() / 1000))

  test.each<[string, () => string[]]>([
    [
      'an old timestamp',
      () => [
        'Wechatpay-Timestamp: 1700000000',
        'Wechatpay-Nonce: n',
        'Wechatpay-Signature: YQ==',
        'Wechatpay-Serial: A',
      ],
    ],
    [
      'an unknown key',
      () => [`Wechatpay-Timestamp: ${now()}`, 'Wechatpay-Nonce: n', 'Wechatpay-Signature: YQ==', 'Wechatpay-Serial: A'],
    ],
    ['a header missing', () => [`Wechatpay-Timestamp: ${now()}`, 'Wechatpay-Signature: YQ==', 'Wechatpay-Serial: A']],
  ])('is answered before its body has come: %s', async (_, headers) => {
    expect(await statusOf(head(headers()))).toBe('HTTP/1.1 401 Unauthorized')
  })

  test('takes no more memory than its share, and keeps out nobody who sends at once, by the same API or the other', async () => {
    const { port } = new URL(stage.origin)
    // No sender is cut off for its silence while the others connect.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const statuses: string[] = []
    const flood = await Promise.all(
      Array.from(
        { length: 400 },
        () =>
          new Promise<Socket>(resolve => {
            const socket = connect(Number(port), '127.0.0.1', () => {
              socket.write([...head([]), '', '<xml>'].join('\r\n'))
              socket.write('<a>1</a>'.repeat(5_000), () => resolve(socket))
            })
            socket.on('data', data => statuses.push(String(data).split(' ')[1]!))
            socket.on('error', () => {})
          }),
      ),
    )
    // 400 times 40 KB and what a request takes besides, of which 16 MiB are held.
    await eventually(() => expect(statuses.length).toBeGreaterThan(50))
    expect(new Set(statuses)).toEqual(new Set(['503']))
    const { mchid } = stage.simulator.merchant
    const sent = await stage.simulator.notify.send({ event: 'COUPON.USE', url: `${stage.origin}/notify/${mchid}` })
    expect(sent.state).toBe('delivered')
    expect(await notify(signed(paymentOf()))).toContain('UNCONFIRMED')
    // A sender that is silent for 5 seconds is cut off, and its bytes are released.
    await vi.advanceTimersByTimeAsync(5_000)
    await eventually(() => expect(statuses.length).toBe(400))
    expect(new Set(statuses)).toEqual(new Set(['503', '408']))
    for (const socket of flood) socket.destroy()
    expect(await notify(signed(paymentOf()))).toContain('UNCONFIRMED')
  })
})
