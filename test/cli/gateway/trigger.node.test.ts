import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../../src/cli/commands.ts'
import { run } from '../../../src/cli/run.ts'
import { receiveNotification, Wechatpay } from '../../../src/core/index.ts'
import { eventNames } from '../../../src/definitions/generated/event-names.ts'
import { serveTestGateway } from './test-gateway.ts'
import { createTestSimulator, type TestSimulator } from './test-simulator.ts'

let simulated: TestSimulator
let shop: Server
let url: string
let respond: (notification: { event: string; resource: unknown }) => { status: number; body: string }
const received: { event: string; resource: Record<string, unknown> }[] = []
beforeAll(async () => {
  simulated = await createTestSimulator()
  const wxpay = new Wechatpay({ ...simulated.simulator.merchant })
  shop = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const headers = incoming.headers as Record<string, string>
    const request = new Request(url, { method: 'POST', headers, body: Buffer.concat(chunks) })
    const notification = (await receiveNotification(wxpay, request)) as (typeof received)[number]
    received.push(notification)
    const { status, body } = respond(notification)
    outgoing.writeHead(status).end(body)
  })
  await new Promise<void>(resolve => shop.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/notify`
})
beforeEach(() => {
  received.length = 0
  respond = ({ event }) => ({
    status: 200,
    body: event.includes('.') ? '' : '<xml><return_code>SUCCESS</return_code></xml>',
  })
})
afterAll(async () => {
  await simulated[Symbol.asyncDispose]()
  await new Promise(resolve => shop.close(resolve))
})

function start(...argv: string[]) {
  const [out, errors]: [string[], string[]] = [[], []]
  const stopped = new AbortController()
  const terminal = {
    print: (line: string) => void out.push(line),
    warn: (line: string) => void errors.push(line),
    stopped: stopped.signal,
  }
  const ended = run(COMMANDS, argv, terminal).then(code => ({ code, out, errors }))
  return { out, errors, ended, stop: () => stopped.abort() }
}
const trigger = (...argv: string[]) => start('trigger', ...argv, '--simulator', simulated.url).ended

describe('wechatpay-edge trigger', () => {
  it('sends a notification that the library verifies and decrypts, with the fields that are given', async () => {
    const { code, out } = await trigger(
      'TRANSACTION.SUCCESS',
      '--to',
      url,
      '-d',
      'out_trade_no=20260131',
      '-d',
      'amount:={"total":7}',
    )
    expect([code, out]).toEqual([0, [expect.stringMatching(/TRANSACTION\.SUCCESS +http:\S+ {2}200 {2}delivered$/)]])
    expect(received).toMatchObject([
      {
        event: 'TRANSACTION.SUCCESS',
        resource: { out_trade_no: '20260131', amount: { total: 7 }, transaction_id: expect.any(String) },
      },
    ])
  })

  it('sends each field with the type of its definition, and refuses text for a number', async () => {
    const fields = ['-d', 'amount.total=1800', '-d', 'out_trade_no=20260131']
    expect((await trigger('TRANSACTION.SUCCESS', '--to', url, ...fields)).code).toBe(0)
    expect(received[0]!.resource).toMatchObject({ amount: { total: 1800 }, out_trade_no: '20260131' })
    const { code, errors } = await trigger('TRANSACTION.SUCCESS', '--to', url, '-d', 'amount.total=0.01')
    expect([code, errors]).toEqual([2, [expect.stringMatching(/^amount\.total must be an integer by its definition/)]])
  })

  it('names a field that the notification does not have, and sends it only if it is given as JSON', async () => {
    for (const [field, meant] of [
      ['amount.totl=1', 'Is amount.total meant?'],
      ['out_trade_nr=1', 'Is out_trade_no meant?'],
      ['shop=1', 'There are: appid, mchid, '],
    ] as const) {
      const { code, errors } = await trigger('TRANSACTION.SUCCESS', '--to', url, '-d', field)
      const [name] = field.split('=')
      expect([code, errors]).toEqual([
        2,
        [expect.stringContaining(`${name} is not a field of this notification. ${meant}`)],
      ])
    }
    const given = ['-d', 'new_field:=1', '-d', 'combine_out_trade_no=C1']
    expect((await trigger('TRANSACTION.SUCCESS', '--to', url, ...given)).code).toBe(0)
    expect(received).toMatchObject([{ resource: { new_field: 1, combine_out_trade_no: 'C1' } }])
  })

  it('sends events of both APIs', async () => {
    for (const name of ['REFUND.SUCCESS', 'refund-processed', 'v2/transaction-success', 'PAYSCORE.USER_PAID'])
      expect((await trigger(name, '--to', url)).code).toBe(0)
    expect(received.map(({ event }) => event)).toEqual([
      'REFUND.SUCCESS',
      'refund-processed',
      'transaction-success',
      'PAYSCORE.USER_PAID',
    ])
  })

  it('sends from the namespace of the address, and from no other', async () => {
    const sentFrom = async (prefix: string): Promise<{ event: string }[]> =>
      (await fetch(`${simulated.url}${prefix}/simulator/notifications`)).json()
    const before = await sentFrom('')
    const address = `${simulated.url}/ns/Shop-1/`
    expect(await start('trigger', 'REFUND.SUCCESS', '--to', url, '--simulator', address).ended).toMatchObject({
      code: 0,
      errors: [],
    })
    expect(await sentFrom('/ns/shop-1')).toMatchObject([{ event: 'REFUND.SUCCESS', url }])
    expect([await sentFrom(''), received.length]).toEqual([before, 1])
  })

  it.each(['/console/', '/ns', '/ns/', '/ns/a/simulator', '/ns/a.b', '/ns/%61', '/ns/a?of=1', '?ns=a', '#/ns/a'])(
    'refuses an address that is not of a simulator or a namespace: %s',
    async path => {
      for (const command of ['trigger', 'listen']) {
        const argv = command === 'trigger' ? ['REFUND.SUCCESS', '--to', url] : ['--forward-to', url]
        const { code, errors } = await start(command, ...argv, '--simulator', simulated.url + path).ended
        expect([code, errors]).toEqual([2, [expect.stringContaining(`or of a namespace (${simulated.url}/ns/{name})`)]])
      }
    },
  )

  it('fails if the notification is not accepted', async () => {
    respond = () => ({ status: 500, body: '' })
    const { code, errors } = await trigger('REFUND.SUCCESS', '--to', url)
    expect([code, errors]).toEqual([1, [expect.stringContaining('has not accepted the notification (500)')]])
  })

  it('shows the beginning of the response that refuses, on one line', async () => {
    respond = () => ({ status: 401, body: `{"message":"no\n\u001b[31m signature"}${'x'.repeat(500)}` })
    const { errors } = await trigger('REFUND.SUCCESS', '--to', url)
    expect(errors[0]).toContain('(401: {"message":"no \\x1b[31m signature"}xxx')
    expect(errors[0]).toContain('x…). WeChat Pay')
    expect(errors[0]!.length).toBeLessThan(450)
  })

  it('lists the documented events, and suggests one for a misspelt name', async () => {
    expect((await trigger('--list')).out[0]!.split('\n')).toEqual(eventNames)
    const { code, errors } = await trigger('TRANSACTIONS.SUCCESS', '--to', url)
    expect([code, errors]).toEqual([2, [expect.stringContaining('Is TRANSACTION.SUCCESS meant?')]])
  })

  it('refuses a real gateway with the reason, and sends it nothing', async () => {
    await using gateway = await serveTestGateway()
    const { code, errors } = await start('trigger', 'TRANSACTION.SUCCESS', '--simulator', gateway.url, '--to', url)
      .ended
    expect([code, errors]).toEqual([1, [expect.stringContaining('only WeChat Pay can sign notifications for it')]])
    expect(received).toEqual([])
  })

  it('says what to do where no simulator is', async () => {
    const { errors } = await start('trigger', 'REFUND.SUCCESS', '--simulator', 'http://127.0.0.1:1', '--to', url).ended
    expect(errors).toEqual([expect.stringContaining('Start it with wechatpay-edge simulator')])
    const shopInstead = await start('trigger', 'REFUND.SUCCESS', '--simulator', 'http://127.0.0.1:1').ended
    expect(shopInstead.code).toBe(1)
    expect((await trigger('REFUND.SUCCESS')).errors).toEqual([expect.stringContaining('--to is missing')])
  })
})

describe('wechatpay-edge listen --simulator', () => {
  it('forwards notifications wherever they point, as WeChat Pay signs them, until they are accepted', async () => {
    const listener = start('listen', '--simulator', simulated.url, '--forward-to', url)
    await expect.poll(() => listener.out.length).toBeGreaterThan(0)
    const { notify } = simulated.simulator
    let attempts = 0
    respond = () => ({ status: ++attempts === 1 ? 500 : 200, body: '' })
    await notify.send({
      url: 'http://127.0.0.1:1/production',
      event: 'REFUND.SUCCESS',
      fields: { out_refund_no: 'R1' },
      once: true,
    })
    await expect.poll(() => attempts).toBe(2)
    await expect.poll(() => listener.out.at(-1)).toMatch(/REFUND\.SUCCESS .* 200 {2}\d+ ms$/)
    expect(received.map(({ resource }) => resource.out_refund_no)).toEqual(['R1', 'R1'])
    listener.stop()
    expect((await listener.ended).code).toBe(0)
  })

  it('reads the last of the notifications, and more of them only while all that it has read are new', async () => {
    const number = (at: number) => `MANY${at}`
    const numbers = (count: number) => Array.from({ length: count }, (_, at) => number(at)).sort()
    const send = (at: number) =>
      simulated.simulator.notify.send({
        url: 'http://127.0.0.1:1/production',
        event: 'REFUND.SUCCESS',
        fields: { out_refund_no: number(at) },
        reference: number(at),
        once: true,
      })
    await Promise.all(Array.from({ length: 30 }, (_, at) => send(1000 + at)))
    const listener = start('listen', '--simulator', simulated.url, '--forward-to', url)
    await expect.poll(() => listener.out.length).toBeGreaterThan(0)
    simulated.asked.length = 0
    await Promise.all(Array.from({ length: 60 }, (_, at) => send(at)))
    const arrived = () => received.map(({ resource }) => resource.out_refund_no).sort()
    await expect.poll(arrived).toEqual(numbers(60))
    listener.stop()
    await listener.ended
    const reads = simulated.asked.filter(path => /\/notifications(\?|$)/.test(path))
    expect(reads).toContain('/simulator/notifications?max=20')
    expect(reads).not.toContain('/simulator/notifications')
  })

  it('says once that the simulator itself notifies the target, whatever has sent such a notification', async () => {
    const listener = start('listen', '--simulator', simulated.url, '--forward-to', url)
    await expect.poll(() => listener.out.length).toBeGreaterThan(0)
    const sendTo = (notifyUrl: string) =>
      simulated.simulator.notify.send({ url: notifyUrl, event: 'REFUND.SUCCESS', once: true })
    for (const notifyUrl of [url, url, 'http://127.0.0.1:1/production']) await sendTo(notifyUrl)
    await expect.poll(() => received.length).toBe(3)
    listener.stop()
    const { errors } = await listener.ended
    expect(errors).toEqual([
      `The simulator itself sends a notification to ${url}, so it is not forwarded. Only those to other addresses are.`,
    ])
  })

  it('forwards those of a namespace, and none of the simulator itself', async () => {
    const address = `${simulated.url}/ns/listened`
    const listener = start('listen', '--simulator', address, '--forward-to', url)
    await expect.poll(() => listener.out.length).toBeGreaterThan(0)
    const elsewhere = { url: 'http://127.0.0.1:1/production', event: 'REFUND.SUCCESS', once: true }
    await simulated.simulator.notify.send({ ...elsewhere, fields: { out_refund_no: 'BASE' } })
    await fetch(`${address}/simulator/notifications`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...elsewhere, fields: { out_refund_no: 'NAMESPACE' } }),
    })
    await expect.poll(() => received.length).toBe(1)
    listener.stop()
    await listener.ended
    expect(received.map(({ resource }) => resource.out_refund_no)).toEqual(['NAMESPACE'])
  })

  it('is a mistake together with the options of a gateway', async () => {
    const { code, errors } = await start('listen', '--simulator', simulated.url, '--forward-to', url, '--since', '1h')
      .ended
    expect([code, errors]).toEqual([2, ['--since is for the events of a gateway; omit it with --simulator.']])
  })
})
