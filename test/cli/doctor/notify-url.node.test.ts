import { createDecipheriv, verify } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import express from 'express'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { nodeHandler } from '../../../src/adapters/frameworks/index.ts'
import { Wechatpay } from '../../../src/core/index.ts'
import { createNotificationHandler } from '../../../src/flows/notification/index.ts'
import * as keys from '../../fixtures/keys.ts'
import { serve } from '../../fixtures/server.ts'
import { createRehearsals, doctor, named, type Rehearsals, runDoctor } from './rehearsals.ts'

/** A check that cannot tell a refusal from an error of the shop. */
const BODY_PARSED = {
  ok: null,
  detail: 'refused, but 500 may be an error before the signature was looked at',
  fix: expect.stringContaining('parsed before the handler (express.json())'),
}

let rehearsals: Rehearsals
beforeAll(async () => {
  rehearsals = await createRehearsals()
})
afterAll(() => rehearsals[Symbol.asyncDispose]())

/** Starts a shop that answers 500 to every notification, because `express.json()` parses their bodies before the handler. */
async function openParsingShop(): Promise<string> {
  const { appid, ...options } = rehearsals.simulator.merchant
  const { mchid } = options
  const wxpay = new Wechatpay({ ...options, baseUrl: rehearsals.url })
  const app = express()
  const handler = createNotificationHandler(wxpay, { otherwise: () => {} }, { onError() {} })
  app.post('/notify', express.json(), nodeHandler(handler))
  let placed = 0
  app.post('/orders', async (_, response) => {
    placed += 1
    const order = { appid, mchid, out_trade_no: `P${Date.now()}${placed}`, description: 'd', amount: { total: 100 } }
    await wxpay.v3.pay.transactions.native.post({ ...order, notify_url: `${url}/notify` })
    response.json({ out_trade_no: order.out_trade_no })
  })
  app.get('/orders/:number', (_, response) => void response.json({ payments: 0 }))
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return url
}

describe('interrupted', () => {
  /** Starts a shop that gives this answer to its first requests, and none to the next, at which it calls a function. */
  async function openSilentShop(status: number, answered: number, onSilence: () => void): Promise<string> {
    const server = createServer((_, response) => {
      if (answered-- > 0) response.writeHead(status).end()
      else onSilence()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/notify`
  }

  it('shows the forgeries that the shop has answered, and which one it had not', async () => {
    const stop = new AbortController()
    const url = await openSilentShop(401, 1, () => stop.abort())
    const report = await runDoctor(['--notify-url', url], stop.signal)
    expect(report).toMatchObject({
      code: 1,
      ok: false,
      unfinished: 'unknown-serial',
      checks: [
        { name: 'url', ok: null },
        { name: 'tls', ok: null },
        { name: 'probe', ok: true, detail: 'refused, 401' },
        { name: 'unknown-serial', ok: null, detail: 'did not end' },
      ],
    })
    expect(JSON.parse(report.errors).error.message).toBe(
      'Stopped before all checks were made: unknown-serial was interrupted.',
    )
  })

  it.each([
    [404, 'answers'],
    [302, 'redirect'],
  ])('does not praise a server that answers %d, as no shop does', async (status, failed) => {
    const stop = new AbortController()
    const url = await openSilentShop(status, 2, () => stop.abort())
    const report = await runDoctor(['--notify-url', url], stop.signal)
    expect([named(report, true), named(report, false)]).toEqual([[], [failed]])
  })

  it('names what has failed until then', async () => {
    const stop = new AbortController()
    const url = await openSilentShop(204, 2, () => stop.abort())
    const report = await runDoctor(['--notify-url', url], stop.signal)
    expect(named(report, false)).toEqual(['probe', 'unknown-serial'])
    expect(report.errors).toContain('unsigned was interrupted. Failed: probe, unknown-serial.')
  })

  it('shows the forgeries of a rehearsal before the shop has answered the payment', async () => {
    const stop = new AbortController()
    const shop = await rehearsals.openShop({ mistake: 'answer-time' })
    const report = runDoctor(rehearsals.rehearsal(shop), stop.signal)
    const sent = () => rehearsals.simulator.notifications.filter(({ url }) => url.startsWith(shop)).length
    const forgeries = ['probe', 'tampered-body', 'stale-timestamp', 'unknown-serial', 'unsigned']
    await vi.waitFor(() => expect(sent()).toBeGreaterThan(forgeries.length), { timeout: 60_000, interval: 10 })
    stop.abort()
    const { code, checks, unfinished } = await report
    expect([code, named({ checks }, true)]).toEqual([1, expect.arrayContaining(['order', 'answers', ...forgeries])])
    expect(checks.at(-1)).toEqual({ name: unfinished, ok: null, detail: 'did not end' })
  })
})

it('shows what it has found when the simulator goes away', async () => {
  let requests = 0
  const server = createServer((_, response) => {
    if (requests++ === 0) response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    else response.destroy()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const simulator = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const report = await doctor('--notify-url', 'http://127.0.0.1:1/notify', '--simulator', simulator, '--order', 'T1')
  expect(report).toMatchObject({ code: 1, ok: false, unfinished: 'order' })
  expect(report.checks.map(({ name, ok }) => [name, ok])).toEqual([
    ['url', null],
    ['tls', null],
    ['order', null],
  ])
  expect(report.errors).toContain(simulator)
})

describe('with the simulator', () => {
  it.each(['express', 'hono'] as const)('finds nothing wrong with a shop of %s', async framework => {
    const report = await doctor(...rehearsals.rehearsal(await rehearsals.openShop({ framework })))
    expect(report.checks.filter(({ ok }) => ok === false)).toEqual([])
    expect(named(report, true).join(' ')).toBe(
      'order answers redirect page probe tampered-body stale-timestamp unknown-serial unsigned success-answer recorded duplicate-answer duplicate-once amount currency query query-recorded answer-time refusal-form',
    )
    expect([report.code, named(report, null)]).toEqual([0, ['url', 'tls']])
  })

  it('finds nothing wrong with a shop of APIv2, which has neither timestamps nor serials', async () => {
    const report = await doctor(...rehearsals.rehearsal(await rehearsals.openShop({ api: 'v2' })))
    expect(report.checks.filter(({ ok }) => ok === false)).toEqual([])
    expect(named(report, true).join(' ')).toBe(
      'order answers redirect page tampered-body unsigned success-answer recorded duplicate-answer duplicate-once amount currency query query-recorded answer-time refusal-form',
    )
  })

  it('without --check-url says what the answers do not show', async () => {
    const shop = await rehearsals.openShop({ mistake: 'duplicate-once' })
    const argv = rehearsals.rehearsal(shop)
    argv.splice(argv.indexOf('--check-url'), 2)
    const report = await doctor(...argv)
    expect([report.code, named(report, null)]).toEqual([0, ['url', 'tls', 'recorded', 'duplicate-once']])
  })

  it.each(['with', 'without'])(
    '%s --check-url counts no 5xx of a shop that refuses a genuine notification too',
    async how => {
      const argv = rehearsals.rehearsal(await openParsingShop(), 3)
      if (how === 'without') argv.splice(argv.indexOf('--check-url'), 2)
      const report = await doctor(...argv)
      expect(named(report, false)).toEqual(['success-answer', 'query'])
      for (const name of ['tampered-body', 'amount', 'currency'])
        expect(report.checks).toContainEqual({ name, ...BODY_PARSED })
    },
  )

  it('takes orders that were placed beforehand, and does not check what they are too few for', async () => {
    const shop = await rehearsals.openShop()
    const { out_trade_no } = (await (await fetch(`${shop}/orders`, { method: 'POST' })).json()) as never
    const argv = ['--notify-url', `${shop}/notify`, '--simulator', rehearsals.url, '--order', out_trade_no]
    const report = await doctor(...argv)
    expect([report.code, named(report, null)]).toEqual([
      0,
      ['url', 'tls', 'recorded', 'duplicate-once', 'amount', 'currency', 'query'],
    ])
    const again = await doctor(...argv)
    expect([again.code, named(again, false)]).toEqual([1, ['order']])
  })

  it('rehearses in the namespace in which the shop has placed its order', async () => {
    const shop = await rehearsals.openShop({ prefix: '/ns/doctor' })
    const { out_trade_no } = (await (await fetch(`${shop}/orders`, { method: 'POST' })).json()) as never
    const argv = (path: string) => ['--notify-url', `${shop}/notify`, '--simulator', path, '--order', out_trade_no]
    const { code, errors } = await doctor(...argv(rehearsals.url))
    expect([code, errors]).toEqual([1, expect.stringContaining(`refused GET /orders/${out_trade_no}`)])
    const report = await doctor(...argv(`${rehearsals.url}/ns/doctor/`))
    expect([report.code, named(report, false)]).toEqual([0, []])
  })

  it('with --paid does not mistake a note on an order for its payment', async () => {
    const shop = await rehearsals.openShop()
    const report = await doctor(...rehearsals.rehearsal(shop), '--paid', '"payments":1')
    expect(named(report, false)).toEqual([])
  })

  it.each([
    ['at once', 0],
    ['while it waits', 1],
  ])('stopped %s when notifications are held back, lets the simulator send them again', async (_, expected) => {
    const shop = await rehearsals.openShop({ mistake: 'query' })
    const stop = new AbortController()
    const { simulator } = rehearsals
    const pending = () =>
      simulator.notifications.filter(({ url, state }) => url.startsWith(shop) && state === 'pending').length
    const report = runDoctor([...rehearsals.rehearsal(shop), '--wait', '600'], stop.signal)
    // Asked in each turn of the event loop: "at once" is before doctor has the answer to its request.
    let hasEnded = false
    void report.finally(() => {
      hasEnded = true
    })
    while (!hasEnded && (!simulator.notify.isHolding() || pending() < expected)) await setImmediate()
    stop.abort()
    const interrupted = await report
    expect(interrupted).toMatchObject({ code: 1, ok: false, unfinished: 'query' })
    expect(interrupted.errors).toContain('Stopped before all checks were made: query was interrupted.')
    expect(named(interrupted, true).join(' ')).toBe(
      'order answers redirect page probe tampered-body stale-timestamp unknown-serial unsigned success-answer recorded duplicate-answer duplicate-once amount currency',
    )
    expect(interrupted.checks.at(-1)).toEqual({ name: 'query', ok: null, detail: 'did not end' })
    expect(simulator.notify.isHolding()).toBe(false)
    expect(pending()).toBe(0)
  })

  it('fails if the simulator holds notifications back, as a rehearsal that was killed leaves it', async () => {
    rehearsals.simulator.notify.hold()
    const report = await doctor(...rehearsals.rehearsal(await rehearsals.openShop({})))
    expect([report.code, report.checks.find(({ name }) => name === 'success-answer')]).toEqual([
      1,
      {
        name: 'success-answer',
        ok: false,
        detail: 'the simulator holds notifications back',
        fix: 'POST /simulator/notifications/release',
      },
    ])
  })

  it('leaves the simulator as it was: nothing held back, nothing to repeat', async () => {
    const shop = await rehearsals.openShop({ mistake: 'query' })
    await doctor(...rehearsals.rehearsal(shop, 3))
    const sent = rehearsals.simulator.notifications.filter(({ url }) => url.startsWith(shop))
    expect(sent.map(({ state }) => state)).not.toContain('pending')
    expect(sent.filter(({ state }) => state === 'delivered')).toHaveLength(2)
  })

  it.each([
    ['a simulator that does not run', ['--simulator', 'http://127.0.0.1:9'], 'wechatpay-edge simulator'],
    ['no order to rehearse with', [], '--place-url'],
    ['a place that places nothing', ['--place-url', 'SHOP/nowhere'], 'placed no order'],
    [
      'a page of orders that is not there',
      ['--place-url', 'SHOP/orders', '--check-url', 'SHOP/x/{out_trade_no}'],
      '404',
    ],
  ])('names %s', async (_, argv, text) => {
    const shop = await rehearsals.openShop()
    const common = ['--notify-url', `${shop}/notify`, '--simulator', rehearsals.url]
    const { code, errors } = await doctor(...common, ...argv.map(one => one.replace('SHOP', shop)))
    expect([code, errors]).toEqual([1, expect.stringContaining(text)])
  })
})

/** Starts a server, and returns the address that it is notified at. */
async function openServer(...given: Parameters<typeof serve>): Promise<string> {
  const started = await serve(...given)
  onTestFinished(() => started[Symbol.asyncDispose]())
  return `${started.url}notify`
}

describe('without a simulator', () => {
  it.each(['express', 'hono'] as const)('sends only forgeries, all of which a shop of %s refuses', async framework => {
    const report = await doctor('--notify-url', `${await rehearsals.openShop({ framework })}/notify`)
    expect([report.code, named(report, false)]).toEqual([0, []])
    expect(named(report, true)).toEqual(expect.arrayContaining(['probe', 'unknown-serial', 'unsigned', 'answer-time']))
    expect(named(report, null)).toEqual(expect.arrayContaining(['tampered-body', 'stale-timestamp', 'amount', 'query']))
  })

  it('finds a shop that accepts everything', async () => {
    const url = await openServer(async () => new Response(null, { status: 200 }))
    vi.stubEnv('WECHATPAY_PUBLIC_KEY_ID', 'PUB_KEY_ID_1')
    onTestFinished(() => void vi.unstubAllEnvs())
    const report = await doctor('--notify-url', url)
    expect([report.code, named(report, false)]).toEqual([
      1,
      ['probe', 'forged-signature', 'unknown-serial', 'unsigned'],
    ])
  })

  it('does not count an error of the shop as a refusal: the body was parsed before the handler', async () => {
    const url = await openParsingShop()
    vi.stubEnv('WECHATPAY_PUBLIC_KEY_ID', Object.keys(rehearsals.simulator.merchant.platformKeys)[0]!)
    onTestFinished(() => void vi.unstubAllEnvs())
    const report = await doctor('--notify-url', `${url}/notify`)
    for (const name of ['forged-signature', 'unsigned']) expect(report.checks).toContainEqual({ name, ...BODY_PARSED })
  })

  it('sends nothing that is signed by WeChat Pay, that the merchant can decrypt, or that names the merchant', async () => {
    const received: { headers: Headers; body: string }[] = []
    const url = await openServer(async request => {
      received.push({ headers: request.headers, body: await request.text() })
      return Response.json({ code: 'FAIL', message: 'no' }, { status: 401 })
    })
    await doctor('--notify-url', url)
    const report = await doctor('--notify-url', url, '--api', 'v2')
    expect(named(report, null)).not.toContain('stale-timestamp')
    expect(received.length).toBe(5)
    const { apiv3Key, mchid, appid, platformKeys } = rehearsals.simulator.merchant
    for (const { headers, body } of received) {
      expect(body).not.toContain(mchid)
      expect(body).not.toContain(appid)
      for (const key of Object.values(platformKeys)) {
        const text = `${headers.get('wechatpay-timestamp')}\n${headers.get('wechatpay-nonce')}\n${body}\n`
        const signature = Buffer.from(headers.get('wechatpay-signature') ?? '', 'base64')
        expect(verify('RSA-SHA256', Buffer.from(text), key, signature)).toBe(false)
      }
      if (!body.startsWith('{')) continue
      const { ciphertext, nonce, associated_data } = JSON.parse(body).resource
      const encrypted = Buffer.from(ciphertext, 'base64')
      const decipher = createDecipheriv('aes-256-gcm', apiv3Key, nonce).setAAD(Buffer.from(associated_data))
      decipher.setAuthTag(encrypted.subarray(-16)).update(encrypted.subarray(0, -16))
      expect(() => decipher.final()).toThrow()
    }
  })

  it('finds a certificate that clients do not trust, and sends nothing then', async () => {
    let requests = 0
    const tls = { key: keys.SERVER_KEY, cert: keys.SERVER_CERTIFICATE }
    const url = await openServer(async () => {
      requests++
      return new Response(null, { status: 401 })
    }, tls)
    const report = await doctor('--notify-url', url)
    expect([report.code, named(report, false), requests]).toEqual([1, ['tls'], 0])
  })

  it('finds nobody listening', async () => {
    const report = await doctor('--notify-url', 'http://127.0.0.1:9/notify')
    expect([report.code, named(report, false)]).toEqual([1, ['answers']])
  })

  it.each([
    ['a query', '/notify?shop=1'],
    ['no path', '/'],
    ['a fragment', '/notify#a'],
  ])('finds an address with %s', async (_, path) => {
    const report = await doctor('--notify-url', new URL(path, await rehearsals.openShop()).href)
    expect(named(report, false)).toContain('url')
  })

  it.each([
    ['https://shop.example.com/notify', 'add --yes'],
    ['ftp://127.0.0.1/notify', 'must be an address'],
    ['http://127.0.0.1:1/notify --api v4', 'v3 or v2'],
    ['http://127.0.0.1:1/notify --place-url http://127.0.0.1:1/', 'requires --simulator'],
    ['http://127.0.0.1:1/notify --simulator http://127.0.0.1:1/console/', 'or of a namespace'],
    ['http://127.0.0.1:1/notify --offline', '--offline sends nothing'],
  ])('refuses the command line of %s', async (line, text) => {
    const { code, errors } = await doctor('--notify-url', ...line.split(' '))
    expect([code, errors]).toEqual([2, expect.stringContaining(text)])
  })

  it('refuses options of a shop without its address', async () => {
    expect(await doctor('--simulator', 'http://127.0.0.1:1')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('--simulator requires --notify-url'),
    })
  })
})
