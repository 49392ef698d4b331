import { describe, expect, test, vi } from 'vitest'
import { md5 } from '../../../src/core/crypto/digest.ts'
import { ConfigurationError, type RetryOptions, Wechatpay, type WechatpayOptions } from '../../../src/core/index.ts'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'
import { crypto } from '../../webcrypto.ts'

type Step = 'answer' | 'down' | 'hang' | 'forbidden' | Response | ((apiv2Key: string) => Response)

/** A client whose requests meet one step after the other; the last goes on. */
async function scripted(steps: Step[], options: Partial<WechatpayOptions> = {}) {
  const simulator = await createSimulator({ seed: 'core', crypto })
  const requests: Request[] = []
  const wxpay = new Wechatpay({
    ...simulator.merchant,
    crypto,
    retry: { delay: () => 0 },
    fetch: async (input, init) => {
      const request = new Request(input, init)
      const step = steps[Math.min(requests.length, steps.length - 1)]!
      requests.push(request)
      if (step === 'down')
        throw new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) })
      if (step === 'hang')
        return new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal?.reason)))
      // As the adapter of Deno does where `--allow-net` leaves out the standby.
      if (step === 'forbidden')
        throw new ConfigurationError('PERMISSION_DENIED', 'api2.mch.weixin.qq.com', 'run Deno with --allow-net')
      if (typeof step === 'function') return step(simulator.merchant.apiv2Key)
      return step === 'answer' ? simulator.fetch(input, init) : step.clone()
    },
    ...options,
  })
  return { wxpay, requests, simulator }
}
const query = (
  wxpay: Wechatpay,
  { examples }: Simulator,
  options: { retry?: RetryOptions | number | false; signal?: AbortSignal; timeout?: number } = {},
) =>
  wxpay.request('GET', 'v3/apply4subject/applyment', { params: { business_code: examples.business_code }, ...options })
const place = (
  wxpay: Wechatpay,
  { merchant: { appid, mchid } }: Simulator,
  options: { retry?: RetryOptions | number | false; signal?: AbortSignal; timeout?: number } = {},
) =>
  wxpay.request('POST', 'v3/pay/transactions/native', {
    body: {
      appid,
      mchid,
      description: 'x',
      out_trade_no: 'T1000001',
      notify_url: 'https://example.com/',
      amount: { total: 1 },
    },
    ...options,
  })
const reply = (wxpay: Wechatpay, options: { retry?: RetryOptions } = {}) =>
  wxpay.v3.merchantService.complaintsV2._complaint_id_.response.post(
    { complainted_mchid: '1900000109', response_content: '您好' },
    { complaint_id: '200201820200101080076610000', ...options },
  )
const placeV2 = (wxpay: Wechatpay, { merchant: { appid, mchid } }: Simulator, name: string) =>
  wxpay.request('POST', `v2/pay/${name}`, { body: { appid, mch_id: mchid, out_trade_no: 'T1000001', total_fee: 1 } })
/** An APIv2 failure, signed with the simulator's APIv2 key. */
const v2Failure = (err_code: string) => (apiv2Key: string) => {
  const fields = { return_code: 'SUCCESS', result_code: 'FAIL', err_code }
  const text = `err_code=${err_code}&result_code=FAIL&return_code=SUCCESS&key=${apiv2Key}`
  const all = Object.entries({ ...fields, sign: md5(text).toUpperCase() })
  return new Response(`<xml>${all.map(([name, value]) => `<${name}>${value}</${name}>`).join('')}</xml>`)
}
const hosts = (requests: Request[]) => requests.map(({ url }) => new URL(url).host)
const refusal = (status: number, code: string, headers = {}) =>
  new Response(JSON.stringify({ code, message: 'x' }), { status, headers })

describe('what is safe is sent again', () => {
  test('a query that found nobody goes to the standby, and back', async () => {
    const { wxpay, requests, simulator } = await scripted(['down', 'down', 'answer'])
    expect((await query(wxpay, simulator)).status).toBe(200)
    expect(hosts(requests)).toEqual(['api.mch.weixin.qq.com', 'api2.mch.weixin.qq.com', 'api.mch.weixin.qq.com'])
  })

  test('each attempt is signed afresh, of the same body', async () => {
    const { wxpay, requests, simulator } = await scripted([refusal(500, 'SYSTEM_ERROR'), 'answer'])
    await place(wxpay, simulator)
    const [one, other] = requests.map(({ headers }) => headers.get('authorization')!)
    const nonce = /nonce_str="(\w{32})"/
    expect(nonce.exec(one!)![1]).not.toBe(nonce.exec(other!)![1])
    const bodies = await Promise.all(requests.map(request => request.text()))
    expect(bodies[0]).toBe(bodies[1])
    expect(simulator.journal.at(-1)?.signature).toBe('valid')
  })

  test.each([
    ['SYSTEM_ERROR', refusal(500, 'SYSTEM_ERROR')],
    ['FREQUENCY_LIMIT_EXCEED', refusal(429, 'FREQUENCY_LIMIT_EXCEED')],
    ['FREQUENCY_LIMITED', refusal(429, 'FREQUENCY_LIMITED')],
    ['any 429', refusal(429, 'RATELIMIT_EXCEEDED')],
  ])('a call that moves money, when WeChat Pay asks for it: %s', async (_, response) => {
    const { wxpay, requests, simulator } = await scripted([response, response, 'answer'])
    expect((await place(wxpay, simulator)).status).toBe(200)
    expect(hosts(requests)).toEqual(Array(3).fill('api.mch.weixin.qq.com'))
  })

  test.each([
    ['SYSTEM_ERROR', refusal(500, 'SYSTEM_ERROR')],
    ['FREQUENCY_LIMITED', refusal(429, 'FREQUENCY_LIMITED')],
  ])('a call without a number of its own, when the caller says that it may be: %s', async (_, response) => {
    const { wxpay, requests } = await scripted([response])
    await reply(wxpay, { retry: { repeatable: true, delay: () => 0 } }).catch(() => {})
    expect(requests).toHaveLength(3)
  })

  test('an APIv2 call with a number of its own, when WeChat Pay says SYSTEMERROR', async () => {
    const { wxpay, requests, simulator } = await scripted([v2Failure('SYSTEMERROR'), 'answer'])
    await placeV2(wxpay, simulator, 'unifiedorder').catch(() => {})
    expect(requests).toHaveLength(2)
  })

  test('a call that moves money, when the caller says that it may be', async () => {
    const { wxpay, requests, simulator } = await scripted(['down', 'answer'])
    expect((await place(wxpay, simulator, { retry: { repeatable: true, delay: () => 0 } })).status).toBe(200)
    expect(hosts(requests)).toEqual(['api.mch.weixin.qq.com', 'api2.mch.weixin.qq.com'])
  })

  test('after the pause that Retry-After asks for', async () => {
    const { wxpay, simulator } = await scripted([refusal(429, 'FREQUENCY_LIMITED', { 'retry-after': '1' }), 'answer'])
    const start = Date.now()
    await query(wxpay, simulator)
    expect(Date.now() - start).toBeGreaterThan(900)
  })

  test('no more often than asked, and the last error is the one thrown', async () => {
    for (const [retry, times] of [
      [undefined, 3],
      [5, 5],
      [false, 1],
      [{ attempts: 2, delay: () => 0 }, 2],
    ] as const) {
      const { wxpay, requests, simulator } = await scripted([refusal(429, 'FREQUENCY_LIMITED', { 'retry-after': '0' })])
      await expect(query(wxpay, simulator, retry === undefined ? {} : { retry })).rejects.toMatchObject({
        serviceCode: 'FREQUENCY_LIMITED',
      })
      expect(requests).toHaveLength(times)
    }
  })

  test('to one host only, where the access point is not the usual one', async () => {
    const { wxpay, requests, simulator } = await scripted(['down', 'answer'], { baseUrl: 'https://pay.example/wx' })
    await query(wxpay, simulator).catch(() => {})
    expect(new Set(hosts(requests))).toEqual(new Set(['pay.example']))
  })
})

describe('what is not safe is not sent again', () => {
  test.each<[string, Step, object]>([
    ['a connection that broke', 'down', { name: 'TransportError', code: 'NETWORK_ERROR', mayHaveTakenEffect: true }],
    ["a proxy's 502", new Response('<html>', { status: 502 }), { serviceCode: 'HTTP_502', mayHaveTakenEffect: true }],
    ['another 5xx', refusal(503, 'BANK_ERROR'), { serviceCode: 'BANK_ERROR', mayHaveTakenEffect: true }],
    ['a refusal', refusal(403, 'NO_AUTH'), { serviceCode: 'NO_AUTH', mayHaveTakenEffect: false }],
    ['an answer that is not proven', new Response('{}'), { code: 'SIGNATURE_MISSING', mayHaveTakenEffect: true }],
  ])('a call that moves money, after %s', async (_, step, expected) => {
    const { wxpay, requests, simulator } = await scripted([step])
    await expect(place(wxpay, simulator)).rejects.toMatchObject(expected)
    expect(requests).toHaveLength(1)
  })

  test.each([
    ['SYSTEM_ERROR', refusal(500, 'SYSTEM_ERROR')],
    ['FREQUENCY_LIMITED', refusal(429, 'FREQUENCY_LIMITED')],
    ['any 429', refusal(429, 'RATELIMIT_EXCEEDED')],
  ])('a complaint reply, which has no number of its own, after %s', async (_, response) => {
    const { wxpay, requests } = await scripted([response])
    await expect(reply(wxpay)).rejects.toMatchObject({ name: 'ServiceError' })
    expect(requests).toHaveLength(1)
  })

  test('an APIv2 payment by code, which is to be queried, after SYSTEMERROR', async () => {
    const { wxpay, requests, simulator } = await scripted([v2Failure('SYSTEMERROR')])
    await expect(placeV2(wxpay, simulator, 'micropay')).rejects.toMatchObject({
      serviceCode: 'SYSTEMERROR',
      mayHaveTakenEffect: true,
    })
    expect(requests).toHaveLength(1)
  })

  test('a refusal that follows an attempt in doubt is in doubt too: the first may have placed the order', async () => {
    const steps = [refusal(500, 'SYSTEM_ERROR'), refusal(403, 'OUT_TRADE_NO_USED')]
    const { wxpay, requests, simulator } = await scripted(steps)
    await expect(place(wxpay, simulator)).rejects.toMatchObject({
      serviceCode: 'OUT_TRADE_NO_USED',
      mayHaveTakenEffect: true,
      message: expect.stringMatching(/OUT_TRADE_NO_USED.*query before you repeat it\.$/),
    })
    expect(requests).toHaveLength(2)
  })

  test('a refusal that follows one for the number of calls is sure', async () => {
    const steps = [refusal(429, 'FREQUENCY_LIMITED'), refusal(403, 'NO_AUTH')]
    const { wxpay, simulator } = await scripted(steps)
    await expect(place(wxpay, simulator)).rejects.toMatchObject({ serviceCode: 'NO_AUTH', mayHaveTakenEffect: false })
  })

  test('an attempt in doubt, and a configuration that stops the next, end in an error that tells of the doubt', async () => {
    const { wxpay, requests, simulator } = await scripted(['down', 'forbidden'])
    await expect(place(wxpay, simulator, { retry: { repeatable: true, delay: () => 0 } })).rejects.toMatchObject({
      name: 'TransportError',
      code: 'NETWORK_ERROR',
      mayHaveTakenEffect: true,
      message: expect.stringMatching(/could not be repeated \(api2.*--allow-net.*query before you repeat it\.$/),
      cause: { name: 'ConfigurationError', code: 'PERMISSION_DENIED' },
    })
    expect(requests).toHaveLength(2)
  })

  test('an attempt in doubt, and a delay of the caller that throws, end in an error that tells of the doubt', async () => {
    const delay = () => {
      throw new RangeError('no delay')
    }
    const { wxpay, simulator } = await scripted([refusal(500, 'SYSTEM_ERROR')])
    await expect(place(wxpay, simulator, { retry: { delay } })).rejects.toMatchObject({
      code: 'NETWORK_ERROR',
      mayHaveTakenEffect: true,
      cause: { message: 'no delay' },
    })
  })

  test.each<[string, Step, boolean]>([
    ['in doubt', refusal(500, 'SYSTEM_ERROR'), true],
    ['refused for the number of calls', refusal(429, 'FREQUENCY_LIMITED'), false],
  ])(
    'a call that is aborted in the pause after an attempt that was %s says whether it may have taken effect',
    async (_, step, mayHaveTakenEffect) => {
      for (const early of [true, false]) {
        const { wxpay, requests, simulator } = await scripted([step])
        const stop = new AbortController()
        const delay = () => {
          if (early) stop.abort()
          else setTimeout(() => stop.abort(), 5)
          return 60_000
        }
        const error = await place(wxpay, simulator, { retry: { delay }, signal: stop.signal }).catch(error => error)
        expect(error).toMatchObject({ code: 'ABORTED', mayHaveTakenEffect })
        expect(error.message).not.toContain('before it was sent.')
        expect(requests).toHaveLength(1)
      }
    },
  )

  test('a fetch that has run and returned nothing leaves a doubt', async () => {
    const { wxpay, simulator } = await scripted([], { fetch: async () => undefined as never })
    await expect(place(wxpay, simulator)).rejects.toMatchObject({
      code: 'NETWORK_ERROR',
      mayHaveTakenEffect: true,
      message: expect.stringContaining('the option "fetch" returned no Response'),
    })
  })

  test('a query that was refused', async () => {
    const { wxpay, requests, simulator } = await scripted([refusal(404, 'NOT_FOUND')])
    await expect(query(wxpay, simulator)).rejects.toMatchObject({ serviceCode: 'NOT_FOUND' })
    expect(requests).toHaveLength(1)
  })
})

describe('a call ends', () => {
  test("when its time is up, with the host's doubt in the error", async () => {
    const { wxpay, simulator } = await scripted(['answer', 'hang'], { retry: false })
    // Imports the keys, which is part of the time of a call, and happens before it is sent.
    await query(wxpay, simulator)
    await expect(place(wxpay, simulator, { timeout: 30 })).rejects.toMatchObject({
      name: 'TransportError',
      code: 'TIMEOUT',
      mayHaveTakenEffect: true,
      message: expect.stringContaining('30 ms'),
    })
    await expect(query(wxpay, simulator, { timeout: 30 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      mayHaveTakenEffect: false,
    })
  })

  test('when its time is up while the body is still coming', async () => {
    const slow = new Response(new ReadableStream({ pull: () => new Promise(() => {}) }))
    const { wxpay, simulator } = await scripted(['answer'], { timeout: 30, retry: false, fetch: async () => slow })
    await expect(query(wxpay, simulator)).rejects.toMatchObject({ code: 'TIMEOUT' })
  })

  test('and is tried again when only the time was up', async () => {
    const { wxpay, requests, simulator } = await scripted(['hang', 'answer'])
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const delay = () => {
      vi.useRealTimers()
      return 0
    }
    try {
      const call = query(wxpay, simulator, { timeout: 60_000, retry: { delay } })
      await expect.poll(() => requests.length).toBe(1)
      vi.advanceTimersByTime(60_000)
      expect((await call).status).toBe(200)
      expect(requests).toHaveLength(2)
    } finally {
      vi.useRealTimers()
    }
  })

  test('when its caller aborts: before it is sent, under way, and between attempts', async () => {
    const { wxpay, requests, simulator } = await scripted(['hang'])
    const reason = new Error('the shopper left')
    await expect(query(wxpay, simulator, { signal: AbortSignal.abort(reason) })).rejects.toMatchObject({
      code: 'ABORTED',
      cause: reason,
      mayHaveTakenEffect: false,
    })
    expect(requests).toHaveLength(0)

    const underWay = new AbortController()
    const underWayCall = query(wxpay, simulator, { signal: underWay.signal }).catch(error => error)
    await expect.poll(() => requests.length).toBe(1)
    underWay.abort(reason)
    expect(await underWayCall).toMatchObject({ code: 'ABORTED', cause: reason })
    expect(requests).toHaveLength(1)

    const between = new AbortController()
    const waiting = await scripted(['down'], { retry: { delay: () => 60_000 } })
    const waitingCall = query(waiting.wxpay, waiting.simulator, { signal: between.signal }).catch(error => error)
    await expect.poll(() => waiting.requests.length).toBe(1)
    between.abort(reason)
    expect(await waitingCall).toMatchObject({ code: 'ABORTED' })
    expect(waiting.requests).toHaveLength(1)
  })

  test("with the runtime's reason, where nobody answers", async () => {
    const { wxpay, simulator } = await scripted(['down'], { retry: false })
    await expect(query(wxpay, simulator)).rejects.toMatchObject({
      code: 'NETWORK_ERROR',
      message: expect.stringMatching(/api\.mch\.weixin\.qq\.com: fetch failed \(ECONNREFUSED\)/),
      cause: expect.any(TypeError),
    })
  })
})
