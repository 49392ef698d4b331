import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ConnectionCut, createSimulator, type FaultRule, type Simulator } from '../../../src/simulator/index.ts'
import { certificates, fromXml, isSigned, v2, v2Sign, v3, xml } from '../node-client.ts'

const PATH = '/v3/pay/transactions/out-trade-no/none-such'
const QUERY = `${PATH}?mchid=1900000109`

let simulator: Simulator
beforeEach(async () => {
  simulator = await createSimulator({ seed: 'faults' })
})
const publicKey = () => Object.values(simulator.merchant.platformKeys)[0]!
const ask = () => v3(simulator, 'GET', QUERY)
const order = (out_trade_no: string) => ({
  appid: simulator.merchant.appid,
  mchid: simulator.merchant.mchid,
  out_trade_no,
  description: 'd',
  notify_url: 'https://merchant.example/notify',
  amount: { total: 1 },
})
const place = (out_trade_no: string) =>
  v3(simulator, 'POST', '/v3/pay/transactions/native', { body: order(out_trade_no) })
const v2Query = (params: Record<string, string> = {}) =>
  v2(simulator, '/pay/orderquery', { out_trade_no: 'none-such', ...params })
/** Whether a fault struck, for each of so many requests. */
async function struck(count: number, of = simulator): Promise<boolean[]> {
  const list: boolean[] = []
  for (let at = 0; at < count; at++) list.push((await v3(of, 'GET', QUERY)).status === 500)
  return list
}

describe('a response', () => {
  it.each([
    [429, 'FREQUENCY_LIMITED'],
    [500, 'SYSTEM_ERROR'],
  ] as const)('%i %s, signed, without the request taking effect', async (status, code) => {
    simulator.faults.add({ kind: 'status', status, count: 1 })
    const refused = await place('order-1')
    expect(refused.status).toBe(status)
    expect(refused.json).toMatchObject({ code, message: expect.any(String) })
    expect(isSigned(refused, publicKey())).toBe(true)
    expect(simulator.order('order-1')).toBeUndefined()
    expect(simulator.journal.at(-1)).toMatchObject({ status, code, faults: ['status'] })
    expect((await place('order-1')).status).toBe(200)
  })

  it.each([
    [429, 'FREQUENCY_LIMITED'],
    [500, 'SYSTEMERROR'],
  ] as const)('APIv2: %i is %s, signed as the request was', async (status, err_code) => {
    simulator.faults.add({ kind: 'status', status })
    for (const sign_type of ['MD5', 'HMAC-SHA256']) {
      const body = xml({ sign_type, out_trade_no: '1' })
      const response = await simulator.fetch('https://x.example/pay/orderquery', { method: 'POST', body })
      const answer = fromXml(await response.text())
      expect(response.status).toBe(200)
      expect(answer).toMatchObject({ return_code: 'SUCCESS', result_code: 'FAIL', err_code })
      expect(answer.sign).toBe(v2Sign(answer, simulator.merchant.apiv2Key, sign_type))
    }
  })

  it('is the HTML of a proxy with HTTP 502', async () => {
    simulator.faults.add({ kind: 'status', status: 502 })
    for (const path of [QUERY, '/pay/orderquery']) {
      const answer = await v3(simulator, 'GET', path)
      expect(answer.status).toBe(502)
      expect(answer.headers.get('content-type')).toBe('text/html')
      expect(answer.text).toContain('<h1>502 Bad Gateway</h1>')
      expect(answer.headers.get('wechatpay-signature')).toBeNull()
      expect(answer.headers.get('request-id')).toBeTruthy()
    }
  })

  it('has a wrong signature of the right form', async () => {
    simulator.faults.add({ kind: 'wrong-signature', count: 1 })
    const wrong = await ask()
    expect(wrong.status).toBe(404)
    expect(isSigned(wrong, publicKey())).toBe(false)
    expect(Buffer.from(wrong.headers.get('wechatpay-signature')!, 'base64')).toHaveLength(256)
    expect(isSigned(await ask(), publicKey())).toBe(true)
  })

  it('of APIv2 has a wrong signature', async () => {
    simulator.faults.add({ kind: 'wrong-signature', count: 2 })
    await expect(v2Query()).rejects.toThrow('badly signed')
    await expect(v2Query({ sign_type: 'HMAC-SHA256' })).rejects.toThrow('badly signed')
    expect(await v2Query()).toMatchObject({ err_code: 'ORDERNOTEXIST' })
  })

  it('names an unknown serial of the right form', async () => {
    const of = await createSimulator({ platform: 'both' })
    const [id] = Object.keys(of.merchant.platformKeys) as [string]
    const [certificate] = (await certificates(of)).list
    of.faults.add({ kind: 'unknown-serial' })
    const byCertificate = await v3(of, 'GET', QUERY)
    const byPublicKey = await v3(of, 'GET', QUERY, { headers: { 'Wechatpay-Serial': id } })
    expect(byCertificate.headers.get('wechatpay-serial')).toMatch(/^[0-9A-F]{40}$/)
    expect(byCertificate.headers.get('wechatpay-serial')).not.toBe(certificate!.serial_no)
    expect(byPublicKey.headers.get('wechatpay-serial')).toMatch(/^PUB_KEY_ID_0\d{27}$/)
    expect(byPublicKey.headers.get('wechatpay-serial')).not.toBe(id)
    expect(isSigned(byCertificate, certificate!.pem)).toBe(true)
  })

  it.each([600_000, -600_000])('is validly signed with a clock that is %i ms off', async ms => {
    simulator.faults.add({ kind: 'clock-skew', ms })
    const before = Math.floor(Date.now() / 1000)
    const answer = await ask()
    const signedAt = Number(answer.headers.get('wechatpay-timestamp')) - ms / 1000
    expect(signedAt).toBeGreaterThanOrEqual(before)
    expect(signedAt).toBeLessThanOrEqual(Date.now() / 1000)
    expect(isSigned(answer, publicKey())).toBe(true)
  })

  it('is validly signed by a certificate that was just rotated in', async () => {
    const of = await createSimulator({ platform: 'certificate' })
    const [before] = (await certificates(of)).list
    of.faults.add({ kind: 'rotate', path: PATH, count: 1 })
    const answer = await v3(of, 'GET', QUERY)
    const { list } = await certificates(of)
    expect(list).toHaveLength(2)
    expect(answer.headers.get('wechatpay-serial')).toBe(list[1]!.serial_no)
    expect(isSigned(answer, list[1]!.pem)).toBe(true)
    expect(isSigned(answer, before!.pem)).toBe(false)
    expect((await v3(of, 'GET', QUERY)).headers.get('wechatpay-serial')).toBe(list[1]!.serial_no)
  })

  it('breaks off within the body, after announcing all of it', async () => {
    const whole = await ask()
    simulator.faults.add({ kind: 'cut-body' })
    const { merchant } = simulator
    const response = await simulator.fetch('https://x.example/pay/orderquery', {
      method: 'POST',
      body: xml({ appid: merchant.appid, mch_id: merchant.mchid }),
    })
    expect(response.status).toBe(200)
    const announced = Number(response.headers.get('content-length'))
    const chunks: Uint8Array[] = []
    const read = async () => {
      for await (const chunk of response.body!) chunks.push(chunk)
    }
    await expect(read()).rejects.toThrow(TypeError)
    expect(Buffer.concat(chunks).length).toBe(announced >> 1)
    expect(Buffer.concat(chunks).toString()).toMatch(/^<xml>/)
    await expect(ask()).rejects.toThrow(TypeError)
    expect(simulator.journal.at(-1)).toMatchObject({ status: 404, faults: ['cut-body'] })
    simulator.faults.clear()
    expect((await ask()).text).toBe(whole.text)
  })
})

describe('a connection', () => {
  it('is cut before the request takes effect, as fetch fails', async () => {
    simulator.faults.add({ kind: 'cut-connection', count: 1 })
    const error = await place('order-1').catch((error: unknown) => error)
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toBeInstanceOf(ConnectionCut)
    expect(error).toMatchObject({ message: 'fetch failed', cause: { code: 'ECONNRESET' } })
    expect(simulator.order('order-1')).toBeUndefined()
    expect(simulator.journal.at(-1)).toMatchObject({ status: 0, faults: ['cut-connection'] })
  })

  it('is cut after the request has taken effect', async () => {
    simulator.faults.add({ kind: 'lost-response', method: 'post', count: 1 })
    await expect(place('order-1')).rejects.toThrow(ConnectionCut)
    expect(simulator.order('order-1')).toMatchObject({ trade_state: 'NOTPAY' })
    expect(simulator.journal.at(-1)).toMatchObject({ status: 200, mchid: '1900000109', faults: ['lost-response'] })
    expect((await place('order-1')).status).toBe(200)
  })

  it('is cut before and after the effect, in APIv2', async () => {
    simulator.faults.add({ kind: 'cut-connection', count: 1 })
    simulator.faults.add({ kind: 'lost-response', count: 1 })
    await expect(v2Query()).rejects.toThrow(ConnectionCut)
    await expect(v2Query()).rejects.toThrow(ConnectionCut)
    expect(simulator.journal.map(({ faults }) => faults)).toEqual([['cut-connection'], ['lost-response']])
    expect(await v2Query()).toMatchObject({ err_code: 'ORDERNOTEXIST' })
  })
})

describe('a delay', () => {
  /** Until the answer is: the journal has it. */
  const decided = () =>
    new Promise<void>(resolve => {
      const watch = () => (simulator.journal.length > 0 ? resolve() : setImmediate(watch))
      watch()
    })
  afterEach(() => void vi.useRealTimers())

  it('delays the response, not the effect', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    simulator.faults.add({ kind: 'delay', ms: 60_000 })
    let answered = false
    const placing = place('order-1').then(answer => {
      answered = true
      return answer
    })
    await decided()
    expect(simulator.order('order-1')).toBeDefined()
    await vi.advanceTimersByTimeAsync(59_999)
    expect(answered).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect((await placing).status).toBe(200)
  })

  it('ends when the merchant aborts', async () => {
    simulator.faults.add({ kind: 'delay', ms: 2 ** 31 - 1 })
    const controller = new AbortController()
    const asking = simulator.fetch(`https://x.example${QUERY}`, {
      signal: controller.signal,
      headers: { Accept: '*/*', 'User-Agent': 'x' },
    })
    await decided()
    controller.abort()
    await expect(asking).rejects.toThrow(/abort/i)
  })
})

describe('a rule applies', () => {
  it.each([
    ['no path', {}, true],
    ['the path', { path: PATH }, true],
    ['another path', { path: '/v3/pay/transactions' }, false],
    ['a segment', { path: '/v3/pay/transactions/*/none-such' }, true],
    ['part of a segment', { path: '/v3/pay/transactions/out-*-no/none-such' }, true],
    ['no two segments', { path: '/v3/pay/transactions/*' }, false],
    ['any rest', { path: '/v3/pay/**' }, true],
    ['a name with what a pattern would read otherwise', { path: '/v3/pay.transactions/**' }, false],
    ['the method', { method: 'GET' }, true],
    ['another method', { method: 'POST' }, false],
    ['the API', { api: 'v3' }, true],
    ['the other API', { api: 'v2' }, false],
  ] as const)('by %s', async (_, scope, strikes) => {
    simulator.faults.add({ kind: 'status', status: 500, ...scope })
    expect(await struck(1)).toEqual([strikes])
    expect(simulator.faults.list()).toMatchObject([{ matched: strikes ? 1 : 0, hits: strikes ? 1 : 0 }])
  })

  it('after a number of requests, and a number of times', async () => {
    simulator.faults.add({ kind: 'status', status: 500, after: 2, count: 2 })
    expect(await struck(6)).toEqual([false, false, true, true, false, false])
    expect(simulator.faults.list()).toMatchObject([{ matched: 6, hits: 2 }])
  })

  it('with its probability, in the same way for the same seed', async () => {
    const rule: FaultRule = { kind: 'status', status: 500, probability: 0.5 }
    simulator.faults.add(rule)
    const first = await struck(100)
    const other = await createSimulator({ seed: 'faults' })
    other.faults.add(rule)
    expect(await struck(100, other)).toEqual(first)
    const hits = first.filter(Boolean).length
    expect(hits).toBeGreaterThan(25)
    expect(hits).toBeLessThan(75)
    expect(simulator.faults.list()).toMatchObject([{ matched: 100, hits }])
  })

  it('by its own seed, whatever that of the simulator is', async () => {
    const rule: FaultRule = { kind: 'status', status: 500, probability: 0.5, seed: 'mine' }
    const other = await createSimulator()
    for (const of of [simulator, other]) of.faults.add(rule)
    expect(await struck(50, other)).toEqual(await struck(50))
  })

  it('whatever other rules do meanwhile', async () => {
    const rule: FaultRule = { kind: 'status', status: 500, probability: 0.5, seed: 'mine' }
    simulator.faults.add(rule)
    const alone = await struck(30)
    simulator.faults.clear()
    simulator.faults.add({ kind: 'wrong-signature', probability: 0.3 })
    simulator.faults.add(rule)
    expect(await struck(30)).toEqual(alone)
  })

  it('never with probability 0 or count 0', async () => {
    simulator.faults.add({ kind: 'status', status: 500, probability: 0 })
    simulator.faults.add({ kind: 'status', status: 500, count: 0 })
    expect(await struck(5)).toEqual([false, false, false, false, false])
  })

  it('together with other rules, in their order', async () => {
    simulator.faults.add({ kind: 'wrong-signature' })
    simulator.faults.add({ kind: 'clock-skew', ms: 600_000 })
    simulator.faults.add({ kind: 'lost-response' })
    await expect(ask()).rejects.toThrow(ConnectionCut)
    expect(simulator.journal.at(-1)!.faults).toEqual(['wrong-signature', 'clock-skew', 'lost-response'])
  })

  it('to no request that an earlier rule has ended', async () => {
    const of = await createSimulator({ platform: 'certificate' })
    for (const kind of ['cut-connection', 'rotate', 'delay'] as const)
      of.faults.add(kind === 'delay' ? { kind, ms: 2 ** 31 - 1 } : { kind })
    await expect(v3(of, 'GET', QUERY)).rejects.toThrow(ConnectionCut)
    expect(of.journal.at(-1)!.faults).toEqual(['cut-connection'])
    expect(of.faults.list().map(({ matched }) => matched)).toEqual([1, 0, 0])
  })

  it('to nothing once it is removed', async () => {
    const [one] = [
      simulator.faults.add({ kind: 'status', status: 500 }),
      simulator.faults.add({ kind: 'delay', ms: 0 }),
    ]
    simulator.faults.clear(one)
    expect(simulator.faults.list().map(({ rule }) => rule.kind)).toEqual(['delay'])
    expect(await struck(1)).toEqual([false])
    simulator.faults.clear()
    expect(simulator.faults.list()).toEqual([])
  })

  it('to no response without a signature to corrupt or a body to cut', async () => {
    for (const kind of ['wrong-signature', 'unknown-serial', 'cut-body'] as const) simulator.faults.add({ kind })
    const unsigned = await simulator.fetch(`https://x.example${QUERY}`, { method: 'HEAD' })
    expect(unsigned.headers.get('request-id')).toBeTruthy()
    const hits = Object.fromEntries(simulator.faults.list().map(({ rule, hits }) => [rule.kind, hits]))
    expect(hits).toMatchObject({ 'wrong-signature': 0, 'unknown-serial': 0 })
  })

  it('continues to count after a restart', async () => {
    simulator.faults.add({ kind: 'status', status: 500, after: 1, count: 2 })
    expect(await struck(2)).toEqual([false, true])
    const again = await createSimulator({ state: simulator.snapshot() })
    expect(await struck(2, again)).toEqual([true, false])
  })
})

describe('a malformed rule is refused with the reason', () => {
  it.each([
    [{ kind: 'explode' }, /"explode" is unknown; use one of rotate, /],
    [{}, /kind/],
    [null, /kind/],
    [{ kind: 'constructor' }, /kind/],
    [{ kind: 'delay' }, /"ms" of a fault is undefined; it must be a whole number/],
    [{ kind: 'delay', ms: -1 }, /"ms"/],
    [{ kind: 'delay', ms: 2 ** 31 }, /"ms"/],
    [{ kind: 'clock-skew', ms: '1' }, /"ms"/],
    [{ kind: 'status', status: 404 }, /429, 500 or 502/],
    [{ kind: 'cut-body', path: 'v3' }, /"path"/],
    [{ kind: 'cut-body', path: /v3/ }, /"path"/],
    [{ kind: 'cut-body', probability: 2 }, /"probability" of a fault is 2; it must be 0 to 1/],
    [{ kind: 'cut-body', count: 1.5 }, /"count"/],
    [{ kind: 'cut-body', after: -1 }, /"after"/],
    [{ kind: 'cut-body', seed: 1 }, /"seed"/],
    [{ kind: 'cut-body', paht: '/v3' }, /no field "paht"; use kind, path, /],
    [{ kind: 'clock-skew', ms: 1, api: 'v2' }, /does not apply to v2; remove api, or set it to v3 or brand/],
    [{ kind: 'rotate', api: 'brand' }, /does not apply to brand; remove api, or set it to v3/],
    [{ kind: 'rotate' }, /public-key mode/],
  ])('%j', (rule, why) => {
    expect(() => simulator.faults.add(rule as unknown as FaultRule)).toThrow(TypeError)
    expect(() => simulator.faults.add(rule as unknown as FaultRule)).toThrow(why)
    expect(simulator.faults.list()).toEqual([])
  })

  it('keeps a rule completely or not at all, whatever is given', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom('kind', 'path', 'ms', 'count'), fc.jsonValue())),
        rule => {
          simulator.faults.clear()
          try {
            simulator.faults.add(rule as unknown as FaultRule)
          } catch (error) {
            expect(error).toBeInstanceOf(TypeError)
            expect(simulator.faults.list()).toEqual([])
          }
        },
      ),
    )
  })
})
