import { writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { killDelivery, payOrder, SHOP } from '../../gateway/test-gateway.ts'
import { ADMIN_TOKEN, CALLER_TOKEN, type ServedGateway, serveTestGateway } from './test-gateway.ts'

let gateway: ServedGateway
beforeAll(async () => {
  gateway = await serveTestGateway()
  for (const number of ['T100001', 'T100002', 'T100003']) await payOrder(gateway.harness, number)
  for (const job of gateway.harness.jobs.splice(0, 2)) await killDelivery(gateway.harness, job)
})
afterAll(() => gateway[Symbol.asyncDispose]())

const transactionOf = (number: string) => gateway.harness.simulator.order(number)!.transaction_id!

describe('wechatpay-edge events', () => {
  it('lists events with their numbers, and nothing personal', async () => {
    const { code, out, errors } = await gateway.run('events')
    expect([code, out.length, errors]).toEqual([0, 3, []])
    expect(out[0]).toMatch(/^3 {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d {2}TRANSACTION\.SUCCESS +\S/)
    expect(out[0]).toContain('out_trade_no T100003')
    expect(out[0]).toContain(`transaction_id ${transactionOf('T100003')}`)
    expect(out.join()).not.toContain('openid')
  })

  it('finds an event by either number', async () => {
    for (const number of ['T100002', transactionOf('T100002')]) {
      const { out } = await gateway.run('events', number, '--json')
      expect(JSON.parse(out[0]!)).toMatchObject({ events: [{ numbers: { out_trade_no: 'T100002' } }], next: null })
    }
    expect(await gateway.run('events', 'T9')).toEqual({
      code: 0,
      out: [],
      errors: ['No event with this number is recorded.'],
    })
  })

  it('continues a list where the last page ended', async () => {
    const first = await gateway.run('events', '--limit', '2')
    expect(first.errors).toEqual(['There may be more: --before 2'])
    const second = await gateway.run('events', '--limit', '2', '--before', '2')
    expect([second.out.length, second.errors]).toEqual([1, []])
  })

  it('passes on what the gateway says about a wrong limit', async () => {
    const { code, errors } = await gateway.run('events', '--limit', '0', '--json')
    expect([code, JSON.parse(errors[0]!)]).toEqual([
      1,
      {
        error: expect.objectContaining({
          code: 'QUERY_INVALID',
          status: 400,
          message: expect.stringContaining('limit'),
        }),
      },
    ])
  })
})

it('replay says that deliveries wait for the probe of an endpoint whose circuit is open', async () => {
  const fetchOf = () => async () => {
    served.harness.clock.now += 2_000
    throw new TypeError('fetch failed')
  }
  const served = await serveTestGateway({ fetchOf })
  try {
    for (let at = 0; at < 8; at++) await payOrder(served.harness, `T${200_000 + at}`)
    await served.harness.drain()
    const { out, errors } = await served.run('replay', '1')
    expect(out).toEqual(['One delivery is on its way.'])
    expect(errors).toEqual([expect.stringMatching(/^The circuit of shop is open, .* the next is due at \d{4}-\d\d-/)])
  } finally {
    await served[Symbol.asyncDispose]()
  }
})

describe('wechatpay-edge dead and replay', () => {
  it('lists dead letters with the reason of the last attempt', async () => {
    const { out } = await gateway.run('dead')
    expect(out).toHaveLength(2)
    expect(out[0]).toMatch(/event 2 {2}to shop {2}transaction_id \d+ {2}1 attempts {2}STATUS$/)
  })

  it('replays one event by its id, by its webhook-id, and none if one of them does not exist', async () => {
    expect((await gateway.run('replay', '3')).out).toEqual(['One delivery is on its way.'])
    const { webhook_id } = (await gateway.harness.ledger.event(gateway.harness.simulator.merchant.mchid, 3))!
    expect((await gateway.run('replay', webhook_id)).code).toBe(0)
    await gateway.harness.drain()
    expect(gateway.harness.shop.received.map(({ id }) => id)).toContain(webhook_id)
    const before = gateway.harness.jobs.length
    const { code, errors } = await gateway.run('replay', '3', '99')
    expect([code, errors]).toEqual([1, [expect.stringContaining('There is no event 99.')]])
    expect(gateway.harness.jobs.length).toBe(before)
  })

  it('says how to find the id for a number', async () => {
    const { code, errors } = await gateway.run('replay', transactionOf('T100001'))
    expect([code, errors[0]]).toEqual([2, expect.stringContaining(`wechatpay-edge events ${transactionOf('T100001')}`)])
  })

  it('replays all dead letters', async () => {
    expect((await gateway.run('replay', '--dead')).out).toEqual(['2 deliveries are on their way.'])
    await gateway.harness.drain()
    expect((await gateway.run('dead')).errors).toEqual(['There are no dead letters.'])
  })

  it('replays the events since a time, the oldest first', async () => {
    const count = gateway.harness.shop.received.length
    expect((await gateway.run('replay', '--since', '1h')).out).toEqual(['3 deliveries are on their way.'])
    await gateway.harness.drain()
    const sent = gateway.harness.shop.received
      .slice(count)
      .map(({ body }) => (body.data.resource as { out_trade_no: string }).out_trade_no)
    expect(sent).toEqual(['T100001', 'T100002', 'T100003'])
    const none = await gateway.run('replay', '--since', '1h', '--event', 'REFUND.SUCCESS')
    expect(none.errors).toEqual([expect.stringContaining('Nothing was to be replayed')])
  })

  it.each([
    [[]],
    [['1', '--dead']],
    [['--dead', '--since', '1h']],
    [['1', '--event', 'X']],
    [['--since', 'yesterday']],
  ])('is a mistake as replay %s', async argv => {
    const { code, errors } = await gateway.run('replay', ...argv)
    expect([code, errors.length]).toEqual([2, 1])
  })
})

describe('wechatpay-edge dead <event>', () => {
  let served: ServedGateway
  beforeAll(async () => {
    served = await serveTestGateway({ endpoints: [SHOP, { ...SHOP, name: 'crm' }] })
    await payOrder(served.harness, 'T300001')
    await payOrder(served.harness, 'T300002')
    const [first, second] = served.harness.jobs.splice(0)
    const { clock, ledger } = served.harness
    const failed = { tries: 0, at: clock.now, ms: 3_000, error: 'TIMEOUT', detail: 'No response within 3 s.\u001b[2J' }
    await ledger.claimDelivery(first!.delivery)
    await ledger.recordAttempt(first!.delivery, { ...failed, result: clock.now })
    await ledger.claimDelivery(first!.delivery)
    const refused = { tries: 1, at: clock.now, ms: 12, status: 400, error: 'STATUS' }
    await ledger.recordAttempt(first!.delivery, { ...refused, result: 'dead' })
    await ledger.claimDelivery(second!.delivery)
    await ledger.recordAttempt(second!.delivery, { tries: 0, at: clock.now, ms: 5, status: 204, result: 'delivered' })
  })
  afterAll(() => served[Symbol.asyncDispose]())

  it('shows the event, the endpoint and every attempt, and how to deliver it again', async () => {
    const { webhook_id } = (await served.harness.ledger.event(served.harness.simulator.merchant.mchid, 1))!
    const { code, out, errors } = await served.run('dead', '1')
    expect([code, errors]).toEqual([0, []])
    const time = '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d[+-]\\d\\d:\\d\\d'
    const lines = [
      `event 1  TRANSACTION\\.SUCCESS  ${time}  ${webhook_id}`,
      '  .*out_trade_no T300001.*',
      `to (?:shop|crm)  given up ${time}`,
      `  1  ${time}  no status  3000 ms  TIMEOUT  No response within 3 s\\.\\\\x1b\\[2J`,
      `  2  ${time}  status 400  12 ms  STATUS`,
      'Fix the endpoint, then deliver the event again: wechatpay-edge replay 1',
      'That delivers it to all endpoints that subscribe to it\\. They recognise it by its webhook-id\\.',
    ]
    expect(out).toEqual(lines.map(line => expect.stringMatching(new RegExp(`^${line}$`))))
    expect(await served.run('dead', webhook_id)).toEqual({ code, out, errors })
  })

  it('shows nothing of the content of an event but its numbers, as JSON too', async () => {
    const { out } = await served.run('dead', '1', '--json')
    const { event, deliveries } = JSON.parse(out[0]!)
    const listed = JSON.parse((await served.run('events', '--json')).out[0]!).events.at(-1)
    expect(event).toEqual(listed)
    expect(deliveries).toEqual([
      expect.objectContaining({
        seq: 1,
        state: 'dead',
        attempts: [
          expect.objectContaining({ status: null, error: 'TIMEOUT' }),
          expect.objectContaining({ status: 400, error: 'STATUS' }),
        ],
      }),
    ])
    expect(out.join()).not.toMatch(/openid|payer_total/)
  })

  it.each([
    [
      ['2'],
      1,
      /^No delivery of event 2 was given up: (?:pending to (?:shop|crm)(?:, |\. )){2}wechatpay-edge dead lists/,
    ],
    [['99'], 1, /There is no event 99\./],
    [['T300001'], 2, /find the id: wechatpay-edge events T300001$/],
    [['1', '2'], 2, /"2" is a second one/],
    [['1', '--limit', '3'], 2, /^--limit and --before are for the list/],
  ])('explains what %j lacks', async (argv, expected, message) => {
    const { code, out, errors } = await served.run('dead', ...argv)
    expect([code, out, errors]).toEqual([expected, [], [expect.stringMatching(message)]])
  })
})

describe('wechatpay-edge tail', () => {
  it('prints events as they are recorded, over a restart of the gateway', async () => {
    const running = gateway.start('tail')
    await expect.poll(() => running.errors.length).toBe(1)
    await payOrder(gateway.harness, 'T200001')
    await expect.poll(() => running.out.length).toBe(1)
    await gateway.stop()
    await expect.poll(() => running.errors.length).toBe(2)
    await gateway.restart()
    await payOrder(gateway.harness, 'T200002')
    await expect.poll(() => running.out.length).toBe(2)
    expect((await running.stop()).code).toBe(0)
    expect(running.out[1]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}TRANSACTION\.SUCCESS +T200002 {2}\d+ {2}#\d+$/)
    expect(running.errors.at(-1)).toBe('Connected again.')
  })

  it('prints what came since a time, as JSON', async () => {
    const running = gateway.start('tail', '--since', '1h', '--event', 'TRANSACTION.*', '--json')
    await expect.poll(() => running.out.length).toBeGreaterThan(3)
    await running.stop()
    expect(JSON.parse(running.out[0]!)).toMatchObject({ numbers: { out_trade_no: 'T100001' } })
  })
})

it.each([['tail'], ['listen', '--forward-to', '9']])(
  'wechatpay-edge %s says that it follows the events once the gateway streams them, so that none is lost before',
  async (...argv) => {
    let stream: ServerResponse | undefined
    const server = createServer((request, response) => {
      if (request.url!.includes('/events/stream')) stream = response
      else response.setHeader('content-type', 'application/json').end('{"merchants":[{"mchid":"1900000109"}]}')
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const state = join(gateway.folder, 'follows.state')
    const options = ['--gateway', `http://127.0.0.1:${(server.address() as AddressInfo).port}`]
    const running = gateway.start(...argv, ...options, ...(argv[0] === 'listen' ? ['--state', state] : []))
    await expect.poll(() => stream).toBeDefined()
    expect([running.out, running.errors]).toEqual([[], []])
    stream!.setHeader('content-type', 'text/event-stream').flushHeaders()
    await expect.poll(() => [...running.out, ...running.errors].join()).toContain('until you press Ctrl-C')
    await running.stop()
    server.closeAllConnections()
    server.close()
  },
)

describe('--event', () => {
  it.each([
    ['tail'],
    ['listen', '--forward-to', 'http://127.0.0.1:9/events'],
    ['listen', '--simulator', 'http://127.0.0.1:9', '--forward-to', 'http://127.0.0.1:9/notify'],
    ['replay', '--since', '1h'],
  ])('%s refuses a name that no event has, and names the one that is meant', async (...argv) => {
    const { code, errors } = await gateway.run(...argv, '--event', 'TRANSACTION.SUCCES')
    expect([code, errors.join()]).toEqual([2, expect.stringContaining('Is TRANSACTION.SUCCESS meant?')])
  })

  it('may be an event that only WeChat Pay or a newer gateway knows', async () => {
    const { code, errors } = await gateway.run('replay', '--since', '1h', '--event', 'NEWPRODUCT.SUCCESS')
    expect([code, errors.join()]).toEqual([0, expect.not.stringContaining('meant?')])
  })

  it('of replay is one event, because a pattern would find none', async () => {
    const { code, errors } = await gateway.run('replay', '--since', '1h', '--event', 'TRANSACTION.*')
    expect([code, errors.join()]).toEqual([2, expect.stringContaining('the name of one event')])
  })
})

describe('the connection', () => {
  const file = async (text: string) => {
    const path = join(gateway.folder, `${Math.random()}`)
    await writeFile(path, text)
    return path
  }
  const error = async (...argv: string[]) => {
    const { code, errors } = await gateway.run(...argv)
    for (const token of [ADMIN_TOKEN, CALLER_TOKEN, 'wxe_wrong']) expect(errors.join()).not.toContain(token)
    return { code, message: errors.join() }
  }
  /** Serves one response to every request, and notes the requests' tokens. */
  async function serving(status: number, headers: Record<string, string>, body: string) {
    const tokens: (string | undefined)[] = []
    const server = createServer((request, response) => {
      tokens.push(request.headers.authorization)
      response.writeHead(status, headers).end(body)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    return { url: `http://127.0.0.1:${port}`, tokens, close: () => new Promise(resolve => server.close(resolve)) }
  }

  it('says what to do about a wrong token, and about the token of a caller', async () => {
    expect((await error('events', '--token-file', await file('wxe_wrong'))).message).toContain('GATEWAY_ADMIN_TOKEN')
    expect((await error('events', '--token-file', await file(CALLER_TOKEN))).message).toContain('Use the admin token')
    expect((await error('tail', '--token-file', await file(CALLER_TOKEN))).message).toContain('Use the admin token')
    expect((await error('events', '--token-file', await file(''))).message).toContain('is empty')
    expect((await error('events', '--token-file', await file('张三'))).message).toContain('is not a token')
  })

  it('says what to do about a gateway that is not there', async () => {
    const { code, message } = await error('events', '--gateway', 'http://127.0.0.1:1')
    expect([code, message]).toEqual([1, expect.stringMatching(/cannot be reached \(bad port\)\. Start it/)])
  })

  it('sends the token to no other server that the gateway redirects to', async () => {
    const other = await serving(200, { 'content-type': 'application/json' }, '{"merchants":[]}')
    const first = await serving(307, { location: `${other.url}/admin/merchants` }, '')
    expect((await error('events', '--gateway', first.url)).message).toContain('Give the final address')
    expect([first.tokens.length, other.tokens]).toEqual([1, []])
    await Promise.all([first.close(), other.close()])
  })

  it('recognises a service that is no gateway', async () => {
    const login = await serving(200, { 'content-type': 'text/html' }, '<h1>Sign in</h1>')
    expect((await error('events', '--gateway', login.url)).message).toContain('not as a gateway does')
    await login.close()
    const broken = await serving(502, { 'content-type': 'text/html' }, '<h1>Bad Gateway</h1>')
    expect((await error('events', '--gateway', broken.url)).message).toContain('status 502')
    await broken.close()
  })

  it.each([
    ['http://pay.example.com', 'without encryption'],
    ['https://user:pass@pay.example.com', 'user name or password'],
    ['https://pay.example.com/admin', 'must be an address'],
    ['pay.example.com', 'must be an address'],
  ])('refuses the address %s', async (url, reason) => {
    expect(await error('events', '--gateway', url)).toEqual({ code: 2, message: expect.stringContaining(reason) })
  })

  it('asks for the merchant only where there are several', async () => {
    const { merchant } = gateway.harness.simulator
    expect((await gateway.run('events', '--mchid', merchant.mchid)).code).toBe(0)
    const { message } = await error('events', '--mchid', '1900000999')
    expect(message).toContain('1900000999')
  })
})
