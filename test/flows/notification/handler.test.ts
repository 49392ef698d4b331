import { Hono } from 'hono'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { ConfigurationError, NotificationError, Wechatpay } from '../../../src/core/index.ts'
import {
  createNotificationHandler,
  type NotificationHandler,
  type NotificationHandlerOptions,
  type NotificationHandlers,
  type NotificationSummary,
} from '../../../src/flows/notification/index.ts'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'

const url = 'https://merchant.example/notify'
const never = () => new Promise<void>(() => {})

/** A promise, and what fulfils it. */
function gate<T = void>() {
  let open = (_: T): void => {}
  const opened = new Promise<T>(resolve => {
    open = resolve
  })
  return { open, opened }
}

/** Lets others work until something has happened. */
async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await new Promise(resolve => setTimeout(resolve, 0))
}

/** A merchant with a handler; and the requests that WeChat Pay has made of it, to be made again. */
async function setUp(handlers: NotificationHandlers, options: NotificationHandlerOptions = {}) {
  const errors: { error: { code?: string; message: string }; about: NotificationSummary }[] = []
  const requests: Request[] = []
  const simulator = await createSimulator({
    seed: 'handler',
    deliver(input, init) {
      const request = new Request(input, init)
      requests.push(request.clone())
      return handler(request)
    },
  })
  const wechatpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch })
  const handler: NotificationHandler = createNotificationHandler(wechatpay, handlers, {
    onError: (error, about) => errors.push({ error: error as Error, about }),
    wait: never,
    // The simulator sends notifications of orders that never were.
    trustUnconfirmedV2: true,
    ...options,
  })
  const send = (event: string, api: 'v2' | 'v3' = 'v3') => simulator.notify.send({ api, event, url })
  return { simulator, wechatpay, handler, send, errors, requests }
}

describe('a handler', () => {
  it('of an event goes before that of its family, the longer family before the shorter, all before "otherwise"', async () => {
    const calls: string[] = []
    const note = (name: string) => () => calls.push(name)
    const { send } = await setUp({
      'REFUND.SUCCESS': note('REFUND.SUCCESS'),
      'REFUND.*': note('REFUND.*'),
      'MCHTRANSFER.BILL.*': note('MCHTRANSFER.BILL.*'),
      'MCHTRANSFER.*': note('MCHTRANSFER.*'),
      otherwise: ({ event }) => calls.push(`otherwise ${event}`),
    })
    for (const event of ['REFUND.SUCCESS', 'REFUND.CLOSED', 'MCHTRANSFER.BILL.FINISHED', 'MCHTRANSFER.BATCH.CLOSED'])
      await send(event)
    await send('transaction-success', 'v2')
    expect(calls).toEqual([
      'REFUND.SUCCESS',
      'REFUND.*',
      'MCHTRANSFER.BILL.*',
      'MCHTRANSFER.*',
      'otherwise transaction-success',
    ])
  })

  it('of TRANSACTION.SUCCESS is not called for the rental of APIv2 that has that name', async () => {
    const calls: string[] = []
    const { send } = await setUp({
      'TRANSACTION.SUCCESS': ({ api, resource }) => calls.push(`${api} ${resource.out_trade_no !== ''}`),
      'v2/TRANSACTION.SUCCESS': ({ api }) => calls.push(api),
    })
    await send('TRANSACTION.SUCCESS')
    await send('TRANSACTION.SUCCESS', 'v2')
    expect(calls).toEqual(['v3 true', 'v2'])
  })

  it('is told whose the notification is, and may call on with that client', async () => {
    const { send, simulator, wechatpay } = await setUp({
      'TRANSACTION.SUCCESS': (_, context) => {
        expect(context).toEqual({ mchid: simulator.merchant.mchid, wechatpay })
      },
    })
    expect((await send('TRANSACTION.SUCCESS')).state).toBe('delivered')
  })

  it('that answers with a Response has it sent as it is, and remembered only when it is good', async () => {
    const remembered: string[] = []
    const bodies = [new Response('later', { status: 503 }), Response.json({ code: 'SUCCESS' })]
    const { send, simulator } = await setUp(
      { 'REFUND.SUCCESS': () => bodies.shift() },
      { seen: () => false, remember: id => remembered.push(id) },
    )
    const sent = await send('REFUND.SUCCESS')
    expect([sent.attempts[0]!.status, sent.responseBody, remembered]).toEqual([503, 'later', []])
    await simulator.advance(15_000)
    expect(simulator.notifications[0]).toMatchObject({ state: 'delivered' })
    expect(remembered).toEqual([sent.id])
  })

  it('that throws has the notification sent again, and onError told of what, without what it says', async () => {
    let calls = 0
    const failure = new Error('no room')
    const { send, simulator, errors } = await setUp({
      'TRANSACTION.SUCCESS': () => {
        if (++calls === 1) throw failure
      },
    })
    const { id, attempts } = await send('TRANSACTION.SUCCESS')
    expect(attempts[0]).toMatchObject({ status: 500, responseBody: '{"code":"FAIL","message":"not accepted"}' })
    const { mchid } = simulator.merchant
    expect(errors).toEqual([{ error: failure, about: { mchid, api: 'v3', id, event: 'TRANSACTION.SUCCESS' } }])
    await simulator.advance(15_000)
    expect([calls, simulator.notifications[0]!.state]).toEqual([2, 'delivered'])
  })

  it.each([
    ['transaction-success', '<return_code>FAIL</return_code>'],
    ['CHECK.SUCCESS', '"code":"FAIL"'],
  ])('that throws over an APIv2 %s has it refused in its own words', async (event, words) => {
    const { send } = await setUp({
      otherwise() {
        throw new Error('no')
      },
    })
    const sent = await send(event, 'v2')
    expect([sent.state, sent.responseBody]).toEqual(['pending', expect.stringContaining(words)])
  })

  it('onError that throws changes no answer', async () => {
    const { send } = await setUp(
      {},
      {
        onError() {
          throw new Error('deaf')
        },
      },
    )
    expect((await send('REFUND.SUCCESS')).attempts[0]!.status).toBe(500)
  })
})

describe('a notification that nobody handles', () => {
  it.each(['v3 REFUND.SUCCESS', 'v2 TRANSACTION.FAIL', 'v2 refund-processed'])(
    'is refused, and the error names the handler that is missing: %s',
    async name => {
      const [api, event] = name.split(' ') as ['v2' | 'v3', string]
      const { send, errors } = await setUp({ 'COUPON.*': () => {} })
      expect((await send(event, api)).state).toBe('pending')
      const key = name === 'v2 TRANSACTION.FAIL' ? 'v2/TRANSACTION.FAIL' : event
      expect(errors[0]!.error).toMatchObject({ code: 'OPTION_MISSING', option: `handlers['${key}']` })
      expect(errors[0]!.about).toMatchObject({ api, event: key })
    },
  )

  it('is acknowledged where "otherwise" is given, one that no definition has too', async () => {
    const events: string[] = []
    const { simulator } = await setUp({ otherwise: ({ event }) => events.push(event) })
    for (const event of ['NEW.THING', '__proto__', 'constructor'])
      expect((await simulator.notify.send({ event, url, resource: { a: 1 } })).state).toBe('delivered')
    expect(events).toEqual(['NEW.THING', '__proto__', 'constructor'])
  })
})

/** Returns the lines that console.warn gets during the work. */
async function warnings(work: () => Promise<unknown>): Promise<string[]> {
  const spy = vi.spyOn(console, 'warn').mockImplementation(() => {})
  try {
    await work()
    return spy.mock.calls.map(([line]) => String(line))
  } finally {
    spy.mockRestore()
  }
}

describe("otherwise: 'acknowledge'", () => {
  it('accepts what has no handler, and says so in one line per event', async () => {
    let refunds = 0
    const { send, errors } = await setUp({ 'REFUND.*': () => refunds++, otherwise: 'acknowledge' })
    const states: string[] = []
    const lines = await warnings(async () => {
      for (const event of ['TRANSACTION.SUCCESS', 'TRANSACTION.SUCCESS', 'COUPON.USE', 'REFUND.SUCCESS', 'COUPON.USE'])
        states.push((await send(event)).state)
    })
    expect([states, refunds, errors]).toEqual([Array(5).fill('delivered'), 1, []])
    expect(lines).toEqual([
      expect.stringMatching(/TRANSACTION\.SUCCESS have no handler and are acknowledged/),
      expect.stringMatching(/COUPON\.USE have no handler and are acknowledged/),
    ])
  })

  it('refuses a question all the same, because an empty answer is none', async () => {
    const { send, errors } = await setUp({ otherwise: 'acknowledge' })
    expect((await send('PARKING_FEE.QUERY_TRANS_INFO')).attempts[0]!.status).toBe(500)
    expect(errors[0]!.error).toMatchObject({ code: 'OPTION_MISSING', message: expect.stringContaining('question') })
  })

  it('is the only word that "otherwise" knows, and no event knows it', async () => {
    const wechatpay = new Wechatpay({ mchid: '1900000109' })
    const all = [{ otherwise: 'ignore' }, { 'REFUND.*': 'acknowledge' }, { otherwise: true }]
    for (const handlers of all)
      expect(() => createNotificationHandler(wechatpay, handlers as never)).toThrow(ConfigurationError)
  })
})

describe('without onError', () => {
  it('a refusal is written once per kind, with what to do, and without what the notification says', async () => {
    const { send, simulator } = await setUp(
      {
        'COUPON.USE': () => {
          throw new Error('no room')
        },
      },
      { onError: undefined },
    )
    const lines = await warnings(async () => {
      const { id } = await send('REFUND.SUCCESS')
      await send('REFUND.SUCCESS')
      await send('REFUND.CLOSED')
      await send('COUPON.USE')
      await simulator.notify.tampered(id)
      await simulator.notify.tampered(id)
    })
    expect(lines).toEqual([
      expect.stringContaining('(event: REFUND.SUCCESS) was refused (OPTION_MISSING)'),
      expect.stringContaining('(event: REFUND.CLOSED) was refused (OPTION_MISSING)'),
      expect.stringContaining('(event: COUPON.USE) was refused (its handler threw)'),
      expect.stringContaining('(event: unknown) was refused (SIGNATURE_INVALID)'),
    ])
  })

  it.each([
    ['DECRYPTION_FAILED', { apiv3Key: '0'.repeat(32) }],
    ['MERCHANT_MISMATCH', { mchid: '1900000999' }],
  ])('a refusal with %s is written with the event that the notification claims', async (code, options) => {
    const { simulator, send, requests } = await setUp({}, { onError: () => {} })
    await send('TRANSACTION.SUCCESS')
    const client = new Wechatpay({ ...simulator.merchant, ...options, fetch: simulator.fetch })
    const handler = createNotificationHandler(client, { otherwise: () => {} })
    const lines = await warnings(() => handler(requests[0]!))
    expect(lines).toEqual([expect.stringContaining(`(claimed: TRANSACTION.SUCCESS) was refused (${code})`)])
  })

  it('made-up notifications fill no log', async () => {
    const { handler } = await setUp({ otherwise: () => {} }, { onError: undefined })
    const lines = await warnings(async () => {
      for (let number = 0; number < 50; number++)
        await handler(
          new Request(url, { method: 'POST', body: `<xml><sign>${number}</sign><event>${number}</event></xml>` }),
        )
    })
    expect(lines).toHaveLength(1)
  })
})

describe('a payment that is not compared with records', () => {
  const payTwice = async (options: NotificationHandlerOptions): Promise<string[]> => {
    const { send } = await setUp({ otherwise: () => {} }, options)
    return warnings(async () => {
      await send('REFUND.SUCCESS')
      await send('TRANSACTION.SUCCESS')
      await send('TRANSACTION.SUCCESS')
    })
  }

  it('without "expect" is handled, and one line says so', async () => {
    expect(await payTwice({})).toEqual([expect.stringMatching(/not compared.*expect: false/)])
  })

  it('is no news to a merchant whose handler compares it: expect: false', async () => {
    expect(await payTwice({ expect: false })).toEqual([])
  })
})

describe('a notification that asks', () => {
  it('is answered with what its handler returns, every time', async () => {
    let calls = 0
    const { send, simulator } = await setUp(
      {
        'PARKING_FEE.QUERY_TRANS_INFO': async ({ resource }) => ({ asked: resource.out_serial_number, calls: ++calls }),
      },
      { seen: () => true, remember() {} },
    )
    const sent = await send('PARKING_FEE.QUERY_TRANS_INFO')
    expect(JSON.parse(sent.responseBody!)).toEqual({ asked: expect.any(String), calls: 1 })
    expect(JSON.parse((await simulator.notify.repeat(sent.id)).responseBody!)).toMatchObject({ calls: 2 })
  })

  it('and gets no answer is refused, and the error says what to return', async () => {
    const { send, errors } = await setUp({ otherwise: () => {} })
    expect((await send('CROSS_BORDER_PAY.GET_MCH_INFO')).attempts[0]!.status).toBe(500)
    expect(errors[0]!.error.message).toContain('return an object')
  })
})

describe('once only', () => {
  it('seen before: acknowledged, and not handled', async () => {
    let calls = 0
    const { send } = await setUp({ 'REFUND.*': () => calls++ }, { seen: async () => true, remember() {} })
    expect([(await send('REFUND.SUCCESS')).state, calls]).toEqual(['delivered', 0])
  })

  it('a crash between handling and remembering leads to a repetition, never to a loss', async () => {
    const steps: string[] = []
    let crashes = 1
    const { send, simulator } = await setUp(
      { 'REFUND.*': () => steps.push('handled') },
      {
        seen: () => steps.includes('remembered'),
        remember() {
          if (crashes-- > 0) throw new Error('crash')
          steps.push('remembered')
        },
      },
    )
    expect((await send('REFUND.SUCCESS')).state).toBe('pending')
    await simulator.advance(15_000)
    const { id, state } = simulator.notifications[0]!
    expect([state, steps]).toEqual(['delivered', ['handled', 'handled', 'remembered']])
    await simulator.notify.repeat(id)
    expect(steps).toHaveLength(3)
  })

  it('what cannot be told whether it was seen is neither handled nor acknowledged', async () => {
    const calls: unknown[] = []
    const { send } = await setUp(
      { 'REFUND.*': () => calls.push(1) },
      { seen: () => Promise.reject(new Error('database away')), remember() {} },
    )
    expect([(await send('REFUND.SUCCESS')).attempts[0]!.status, calls]).toEqual([500, []])
  })

  it('arriving twice at the same time it is handled once, and both are acknowledged', async () => {
    const { open, opened } = gate()
    let calls = 0
    let arrivals = 0
    const { send, handler, requests } = await setUp(
      {
        'TRANSACTION.SUCCESS': () => {
          calls++
          return opened
        },
      },
      { now: () => arrivals++ },
    )
    const first = send('TRANSACTION.SUCCESS')
    await until(() => calls === 1)
    const second = handler(requests[0]!.clone())
    await until(() => arrivals === 2)
    open()
    expect([(await first).state, (await second).status, calls]).toEqual(['delivered', 204, 1])
  })

  it('two who wait for one failure are both refused, and the next arrival is handled anew', async () => {
    const { open, opened } = gate()
    let calls = 0
    let arrivals = 0
    const { send, handler, requests } = await setUp(
      {
        'TRANSACTION.SUCCESS': async () => {
          calls++
          await opened
          if (calls === 1) throw new Error('no')
        },
      },
      { now: () => arrivals++ },
    )
    const first = send('TRANSACTION.SUCCESS')
    await until(() => calls === 1)
    const second = handler(requests[0]!.clone())
    await until(() => arrivals === 2)
    open()
    expect([(await first).state, (await second).status, calls]).toEqual(['pending', 500, 1])
    expect([(await handler(requests[0]!.clone())).status, calls]).toEqual([204, 2])
  })

  /** A handler whose first work never settles, a clock, and the timers by which a request renews its lease. */
  async function setUpHanging() {
    const told = { begun: 0, calls: 0, arrivals: 0, time: 1_000_000 }
    const renewals: (() => void)[] = []
    const intervals = vi.spyOn(globalThis, 'setInterval').mockImplementation(((renew: () => void) => {
      renewals.push(renew)
    }) as never)
    onTestFinished(() => intervals.mockRestore())
    const now = () => {
      told.arrivals++
      return told.time
    }
    const handlers = { 'TRANSACTION.SUCCESS': () => (++told.calls === 1 ? never() : undefined) }
    // Work that begins asks this at once, in the same turn in which an arrival reads the clock.
    const seen = () => {
      told.begun++
      return false
    }
    const { send, handler, requests } = await setUp(handlers, { now, seen, remember() {} })
    void send('TRANSACTION.SUCCESS')
    await until(() => told.calls === 1)
    const repeat = () => handler(requests[0]!.clone())
    return { told, renewals, repeat }
  }

  it('work whose request was cancelled, with its timers, does not fail the repetition after 15 seconds', async () => {
    const { told, repeat } = await setUpHanging()
    told.time += 15_000
    expect([(await repeat()).status, told.calls]).toEqual([204, 2])
  })

  it('work that goes on is done once, and one that hangs holds nobody up for more than two minutes', async () => {
    const { told, renewals, repeat } = await setUpHanging()
    for (let seconds = 0; seconds < 118; seconds += 2) {
      told.time += 2_000
      for (const renew of renewals) renew()
    }
    const arrivals = told.arrivals
    void repeat()
    await until(() => told.arrivals > arrivals)
    expect(told.begun).toBe(1)
    told.time += 2_000
    for (const renew of renewals) renew()
    expect([(await repeat()).status, told.calls]).toEqual([204, 2])
  })
})

describe('in time', () => {
  it('what takes longer than the limit is answered 500; its late end is awaited, remembered, and ends the repetitions', async () => {
    const { open, opened } = gate()
    const limits: number[] = []
    const remembered = new Set<string>()
    const time = gate()
    let calls = 0
    const { send, errors, simulator, requests, handler } = await setUp(
      {
        'TRANSACTION.SUCCESS': () => {
          calls++
          time.open()
          return opened
        },
      },
      {
        seen: id => remembered.has(id),
        remember: id => remembered.add(id),
        wait: ms => (limits.push(ms) <= 2 ? time.opened : never()),
      },
    )
    const sent = await send('TRANSACTION.SUCCESS')
    expect([sent.attempts[0]!.status, limits, remembered.size]).toEqual([500, [4000], 0])
    expect(errors[0]).toMatchObject({ error: { code: 'TIMEOUT' }, about: { id: sent.id } })
    expect(errors[0]!.error.message).toMatch(/continues.*enqueue.*waitUntil.*run twice/)

    const late: Promise<unknown>[] = []
    const again = handler(requests[0]!.clone(), { waitUntil: work => late.push(work) })
    expect((await again).status).toBe(500)
    open()
    expect(((await late[0]) as Response).status).toBe(204)
    expect([calls, [...remembered]]).toEqual([1, [sent.id]])
    await simulator.advance(15_000)
    expect([simulator.notifications[0]!.state, calls]).toEqual(['delivered', 1])
  })

  it('the timer ends with the answer', async () => {
    const signals: AbortSignal[] = []
    const { send } = await setUp(
      { otherwise: () => {} },
      {
        wait: (_, signal) => {
          signals.push(signal!)
          return never()
        },
      },
    )
    await send('REFUND.SUCCESS')
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
  })

  it.each([0, -1, 5000, Number.NaN])('a limit of %s ms is none', limit => {
    const wechatpay = new Wechatpay({ mchid: '1900000109' })
    expect(() => createNotificationHandler(wechatpay, {}, { limit })).toThrow(ConfigurationError)
  })
})

describe('what is no notification', () => {
  it.each(['GET', 'PUT', 'HEAD'])('%s is answered 405', async method => {
    const { handler } = await setUp({ otherwise: () => {} })
    const response = await handler(new Request(url, { method }))
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  })

  it('a body that says it is too long is not read', async () => {
    const { handler, errors } = await setUp({ otherwise: () => {} })
    const request = new Request(url, { method: 'POST', body: 'x', headers: { 'content-length': String(2 ** 20 + 1) } })
    expect((await handler(request)).status).toBe(413)
    expect(request.bodyUsed).toBe(false)
    expect(errors[0]!.error).toBeInstanceOf(NotificationError)
  })

  it('a body that is too long is read no further than the bound', async () => {
    const { handler } = await setUp({ otherwise: () => {} })
    let pulled = 0
    let cancelled = false
    const body = new ReadableStream({
      pull(controller) {
        pulled++
        controller.enqueue(new Uint8Array(2 ** 16))
      },
      cancel() {
        cancelled = true
      },
    })
    const request = new Request(url, { method: 'POST', body, duplex: 'half' } as RequestInit)
    expect((await handler(request)).status).toBe(413)
    expect(cancelled).toBe(true)
    expect(pulled).toBeLessThan(20)
  })

  it('a body that was read before is told of', async () => {
    const { handler, errors } = await setUp({ otherwise: () => {} })
    const request = new Request(url, { method: 'POST', body: 'x' })
    await request.text()
    expect((await handler(request)).status).toBe(500)
    expect(errors[0]!.error).toMatchObject({ code: 'OPTION_INVALID', option: 'request' })
  })

  const jsonRefusal = (message: string) => JSON.stringify({ code: 'FAIL', message })
  const XML_REFUSAL = '<xml><return_code>FAIL</return_code><return_msg>SIGNATURE_MISSING</return_msg></xml>'

  it.each([
    ['{}', 'application/json', 401, jsonRefusal('SIGNATURE_MISSING')],
    ['<xml></xml>', 'text/xml', 200, XML_REFUSAL],
    ['', 'text/plain', 400, jsonRefusal('NOT_XML')],
    ['﻿<xml/>', 'text/xml', 200, XML_REFUSAL],
  ])(
    'a forged %j of type %s is refused with %i in the form of its API, and no handler is called',
    async (body, type, status, refusal) => {
      const calls: unknown[] = []
      const { handler, errors } = await setUp({ otherwise: () => calls.push(1) })
      const response = await handler(new Request(url, { method: 'POST', body, headers: { 'content-type': type } }))
      expect([response.status, await response.text()]).toEqual([status, refusal])
      expect([calls, errors.length]).toEqual([[], 1])
    },
  )

  it('an error tells nothing of a secret', async () => {
    const { send, simulator, errors } = await setUp({ 'REFUND.*': () => {} })
    const { id } = await send('REFUND.SUCCESS')
    await simulator.notify.tampered(id)
    await send('TRANSACTION.SUCCESS')
    const told = JSON.stringify(errors.map(({ error, about }) => [{ ...error }, error.message, about]))
    const { apiv3Key, apiv2Key, privateKey } = simulator.merchant
    for (const secret of [apiv3Key, apiv2Key, privateKey.slice(60, 120)]) expect(told).not.toContain(secret)
    expect(told).not.toContain('ciphertext')
  })
})

describe('of several merchants', () => {
  async function two() {
    const handled: string[] = []
    const ids: string[] = []
    const simulators: Record<string, Simulator> = {}
    const requests: Request[] = []
    for (const mchid of ['1900000001', '1900000002'])
      simulators[mchid] = await createSimulator({
        mchid,
        deliver(input, init) {
          const request = new Request(input, init)
          requests.push(request.clone())
          return handler(request)
        },
      })
    const clients = Object.fromEntries(
      Object.entries(simulators).map(([mchid, { merchant, fetch }]) => [mchid, new Wechatpay({ ...merchant, fetch })]),
    )
    const errors: unknown[] = []
    const handler: NotificationHandler = createNotificationHandler(
      clients,
      { otherwise: ({ event }, { mchid }) => handled.push(`${mchid} ${event}`) },
      {
        seen: () => false,
        remember: id => ids.push(id),
        onError: error => errors.push(error),
        wait: never,
        trustUnconfirmedV2: true,
      },
    )
    return { simulators, clients, handler, handled, ids, errors, requests }
  }

  it.each([
    ['v3', 'TRANSACTION.SUCCESS'],
    ['v2', 'transaction-success'],
    ['v2', 'refund-processed'],
    ['v2', 'CHECK.SUCCESS'],
  ] as const)('the right client takes it: %s %s', async (api, event) => {
    const { simulators, handled, ids } = await two()
    for (const simulator of Object.values(simulators))
      for (const _ of [1, 2]) expect((await simulator.notify.send({ api, event, url })).state).toBe('delivered')
    const [one, other] = Object.keys(simulators)
    expect(handled).toEqual([one, one, other, other].map(mchid => `${mchid} ${event}`))
    expect(ids.map(id => id.split('/')[0])).toEqual([one, one, other, other])
  })

  it('one of a stranger is refused', async () => {
    const { handler, handled } = await two()
    const stranger = await createSimulator({
      mchid: '1900000003',
      deliver: (input, init) => handler(new Request(input, init)),
    })
    const v3 = await stranger.notify.send({ event: 'REFUND.SUCCESS', url })
    const v2 = await stranger.notify.send({ api: 'v2', event: 'transaction-success', url })
    expect([v3.attempts[0]!.status, v2.state, v2.responseBody]).toEqual([
      401,
      'pending',
      expect.stringContaining('FAIL'),
    ])
    expect(handled).toEqual([])
  })

  it('a merchant that signs for itself cannot sign for another', async () => {
    const { simulators, handled, errors } = await two()
    const [one, other] = Object.values(simulators) as [Simulator, Simulator]
    const { mchid } = one.merchant
    const forged = { mch_id: mchid, transaction_id: '1', out_trade_no: '1', result_code: 'SUCCESS', total_fee: '1' }
    const { mch_id: _, ...combined } = { ...forged, combine_mch_id: mchid, combine_out_trade_no: '1' }
    for (const resource of [forged, combined, { ...combined, mch_id: other.merchant.mchid }])
      expect((await other.notify.send({ api: 'v2', event: 'transaction-success', resource, url })).state).toBe(
        'pending',
      )
    expect([handled, errors.length]).toEqual([[], 3])
  })

  it('a function chooses the client by the URL', async () => {
    const { clients, requests, simulators } = await two()
    await simulators['1900000001']!.notify.send({ event: 'REFUND.SUCCESS', url: `${url}/1900000001` })
    const handler = createNotificationHandler(
      ({ url }) => clients[new URL(url).pathname.split('/').at(-1)!]!,
      { 'REFUND.*': () => {} },
      { wait: never },
    )
    expect((await handler(requests[0]!.clone())).status).toBe(204)
  })

  it('a client under the number of another is a ConfigurationError, and so are none', () => {
    const wechatpay = new Wechatpay({ mchid: '1900000109' })
    expect(() => createNotificationHandler({ '1900000110': wechatpay }, {})).toThrow(/clients.1900000110/)
    expect(() => createNotificationHandler({}, {})).toThrow(ConfigurationError)
    const notFunction = { 'REFUND.*': 'note' } as unknown as NotificationHandlers
    expect(() => createNotificationHandler(wechatpay, notFunction)).toThrow(/REFUND/)
  })
})

it('answers the raw request of a Hono route: 204 to a genuine notification, 401 to a forged one', async () => {
  const { handler, send, requests } = await setUp({ otherwise: () => {} })
  const app = new Hono()
  app.post('/notify', c => handler(c.req.raw))
  await send('TRANSACTION.SUCCESS')
  expect((await app.request(requests[0]!.clone())).status).toBe(204)
  expect((await app.request(url, { method: 'POST', body: '{}' })).status).toBe(401)
})
