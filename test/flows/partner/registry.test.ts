import { describe, expect, it } from 'vitest'
import { Wechatpay, type WechatpayOptions } from '../../../src/core/index.ts'
import { createNotificationHandler } from '../../../src/flows/notification/index.ts'
import { createClientRegistry } from '../../../src/flows/partner/index.ts'
import { createSimulator } from '../../../src/simulator/index.ts'

const loaded: string[] = []
const load = async (mchid: string): Promise<WechatpayOptions | undefined> => {
  loaded.push(mchid)
  return mchid.startsWith('19') ? { mchid } : undefined
}

it('creates a client when it is first needed, once for concurrent calls', async () => {
  loaded.length = 0
  const clients = createClientRegistry(load)
  const [first, second] = await Promise.all([clients.client('1900000001'), clients.client('1900000001')])
  expect(first).toBeInstanceOf(Wechatpay)
  expect(second).toBe(first)
  expect(await clients.client('1900000001')).toBe(first)
  expect([loaded, clients.size]).toEqual([['1900000001'], 1])
  clients.delete('1900000001')
  expect(await clients.client('1900000001')).not.toBe(first)
})

it('keeps the clients that were used most recently, and no more than its bound', async () => {
  loaded.length = 0
  const clients = createClientRegistry(load, { max: 2 })
  for (const mchid of ['1900000001', '1900000002', '1900000001', '1900000003', '1900000001', '1900000002'])
    await clients.client(mchid)
  expect(clients.size).toBe(2)
  expect(loaded).toEqual(['1900000001', '1900000002', '1900000003', '1900000002'])
})

it('never returns the client of another merchant', async () => {
  const clients = createClientRegistry(() => ({ mchid: '1900000009' }))
  await expect(clients.client('1900000001')).rejects.toMatchObject({
    code: 'OPTION_INVALID',
    option: '1900000001.mchid',
  })
  expect(clients.size).toBe(0)
})

it('does not keep failures', async () => {
  let attempts = 0
  const clients = createClientRegistry(async mchid => {
    if (++attempts === 1) throw new Error('the store is down')
    return { mchid }
  })
  await expect(clients.client('1900000001')).rejects.toThrow('the store is down')
  expect(await clients.client('1900000001')).toBeInstanceOf(Wechatpay)
  await expect(createClientRegistry(load).client('2000000000')).rejects.toMatchObject({ code: 'OPTION_MISSING' })
})

it('numbers that are no merchant’s do not displace clients, however many are asked for at once', async () => {
  const clients = createClientRegistry(load, { max: 2 })
  const first = await clients.client('1900000001')
  const strangers = Array.from({ length: 50 }, (_, at) => clients.client(`2000000${100 + at}`))
  expect((await Promise.allSettled(strangers)).every(({ status }) => status === 'rejected')).toBe(true)
  expect(await clients.client('1900000001')).toBe(first)
})

it('does not keep a client that was deleted while it was loaded', async () => {
  let keys = 'old'
  const clients = createClientRegistry(async mchid => {
    const apiv2Key = keys.padEnd(32, '0')
    await new Promise(resolve => setTimeout(resolve))
    return { mchid, apiv2Key }
  })
  const old = clients.client('1900000001')
  keys = 'new'
  clients.delete('1900000001')
  expect(await clients.client('1900000001')).not.toBe(await old)
  expect(clients.size).toBe(1)
})

it.each(['../1900000001', '', '1900000001\n', '１９'])('loads nothing for %j, which is no mchid', async mchid => {
  loaded.length = 0
  await expect(createClientRegistry(load).client(mchid)).rejects.toMatchObject({
    code: 'PARAMETER_INVALID',
    field: 'mchid',
  })
  expect(loaded).toEqual([])
})

it('refuses a bound that is none, and unknown options', () => {
  expect(() => createClientRegistry(load, { max: 0 })).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  expect(() => createClientRegistry(load, { ttl: 1 } as never)).toThrow(
    expect.objectContaining({ code: 'OPTION_UNKNOWN' }),
  )
})

describe('for messages that are not verified', () => {
  const url = 'https://merchant.example/notify/'
  const mchidOf = (request: Request) => request.url.slice(url.length)

  /** Sends what anybody can send: headers of APIv3, with a key that there is not. */
  const forge = (mchid: string) =>
    new Request(`${url}${mchid}`, {
      method: 'POST',
      body: '{}',
      headers: {
        'Wechatpay-Timestamp': String(Math.floor(Date.now() / 1000)),
        'Wechatpay-Nonce': 'nonce',
        'Wechatpay-Signature': 'AAAA',
        'Wechatpay-Serial': '0123ABCD',
      },
    })

  it('loads a number that is no merchant’s once a minute, and no more than its budget of any', async () => {
    loaded.length = 0
    const clock = { now: 0 }
    const clients = createClientRegistry(load, { now: () => clock.now })
    const ask = (mchid: string) => clients.candidate(mchid).catch(({ code }) => code)
    for (const code of [await ask('2000000000'), await ask('2000000000')]) expect(code).toBe('OPTION_MISSING')
    expect(loaded).toHaveLength(1)
    clock.now += 60_000
    await ask('2000000000')
    expect(loaded).toHaveLength(2)
    const codes: string[] = []
    for (let at = 1; at <= 500; at++) codes.push(await ask(`2000000${100 + at}`))
    expect([loaded.length, codes.at(-1)]).toEqual([101, 'ABORTED'])
    // A merchant's own calls are not held up by strangers.
    expect(await clients.client('1900000001')).toBeInstanceOf(Wechatpay)
    clock.now += 1_000
    expect(await ask('2000000999')).toBe('OPTION_MISSING')
  })

  it('finds a merchant that was added after a message had named it', async () => {
    const merchants = new Set<string>()
    const clients = createClientRegistry(mchid => (merchants.has(mchid) ? { mchid } : undefined))
    await expect(clients.candidate('1900000001')).rejects.toMatchObject({ code: 'OPTION_MISSING' })
    merchants.add('1900000001')
    clients.delete('1900000001')
    expect(await clients.candidate('1900000001')).toBe(await clients.client('1900000001'))
  })

  it('displaces no client in use, and loads and asks for certificates once of each that it keeps', async () => {
    const downloads: string[] = []
    const { merchant } = await createSimulator()
    loaded.length = 0
    const clients = createClientRegistry(
      mchid => {
        loaded.push(mchid)
        const fetch = async () => {
          downloads.push(mchid)
          return new Response(null, { status: 503 })
        }
        const { platformKeys, ...keys } = merchant
        return { ...keys, mchid, fetch, retry: false }
      },
      { max: 5 },
    )
    const used = await clients.client('1900000000')
    const codes: unknown[] = []
    const handler = createNotificationHandler(
      request => clients.candidate(mchidOf(request)),
      { otherwise: () => {} },
      { onError: error => codes.push((error as { code: string }).code) },
    )
    for (let at = 0; at < 100; at++) await handler(forge(`190000000${at % 10}`))
    expect(await clients.client('1900000000')).toBe(used)
    expect(new Set(codes)).toEqual(new Set(['SIGNATURE_UNKNOWN_SERIAL', 'ABORTED']))
    expect([loaded.length, new Set(loaded).size]).toEqual([6, 6])
    expect([downloads.length, new Set(downloads).size]).toEqual([6, 6])
    expect(clients.size).toBe(6)
  })

  it('is not asked for a client by a message that lacks a header', async () => {
    const asked: string[] = []
    const handler = createNotificationHandler(
      request => {
        asked.push(mchidOf(request))
        throw new Error('there is none')
      },
      { otherwise: () => {} },
      { onError: () => {} },
    )
    const request = forge('1900000001')
    request.headers.delete('Wechatpay-Nonce')
    const { status } = await handler(request)
    expect([status, asked]).toEqual([401, []])
    await handler(forge('1900000001'))
    expect(asked).toEqual(['1900000001'])
  })

  it('counts a client as used when it has verified a message', async () => {
    const simulator = await createSimulator({ deliver: (input, init) => handler(new Request(input, init)) })
    const { merchant } = simulator
    loaded.length = 0
    const clients = createClientRegistry(
      mchid => {
        loaded.push(mchid)
        return mchid === merchant.mchid ? { ...merchant, fetch: simulator.fetch } : { mchid }
      },
      { max: 2 },
    )
    const handled: string[] = []
    const handler = createNotificationHandler(request => clients.candidate(mchidOf(request)), {
      otherwise: ({ event }) => handled.push(event),
    })
    const notify = () => simulator.notify.send({ event: 'REFUND.SUCCESS', url: `${url}${merchant.mchid}` })
    for (const mchid of ['1900000001', '1900000002']) await clients.client(mchid)
    await notify()
    await clients.client('1900000003')
    await notify()
    await clients.client('1900000004')
    expect(handled).toHaveLength(2)
    const before = loaded.length
    await notify()
    expect([loaded.length, handled.length]).toEqual([before, 3])
  })
})
