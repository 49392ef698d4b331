import { describe, expect, test } from 'vitest'
import { encrypted, receiveNotification, Wechatpay } from '../../../src/core/index.ts'
import { crypto } from '../../webcrypto.ts'
import { createSwitchingMerchant } from './switching-merchant.ts'

// The switch from platform certificates to the public key (平台证书切换微信支付公钥), seen by a merchant that has configured the
// public key and an APIv3 key, and has never heard of a certificate.

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const CERTIFICATE = /^[0-9A-F]{40}$/
const PUBLIC_KEY = /^PUB_KEY_ID_\d+$/
const STOPPED = { stage: 'stopped', share: 0 } as const
const DONE = { stage: 'done', share: 1 } as const

describe('while a merchant switches', () => {
  test.each([0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 1])(
    'notifications of which the public key signs a share of %d are all accepted, for one fetch at most',
    async share => {
      const { simulator, notify, fetches } = await createSwitchingMerchant()
      simulator.setKeySwitch({ stage: 'started', share })
      const accepted: string[] = []
      for (let time = 0; time < 20; time++) accepted.push(await notify())
      expect(accepted.filter(by => PUBLIC_KEY.test(by))).toHaveLength(Math.floor(20 * share))
      expect(accepted.filter(by => CERTIFICATE.test(by))).toHaveLength(20 - Math.floor(20 * share))
      expect(fetches()).toBe(share < 1 ? 1 : 0)
    },
  )

  test('a response to a request that names the public key is accepted from a certificate, before it begins and after it was stopped', async () => {
    const { simulator, call, notify, fetches } = await createSwitchingMerchant()
    simulator.setKeySwitch(STOPPED)
    expect([await call(), await call(), await notify()]).toEqual(Array(3).fill(expect.stringMatching(CERTIFICATE)))
    simulator.setKeySwitch({ stage: 'started', share: 1 })
    expect([await call(), await notify()]).toEqual(Array(2).fill(expect.stringMatching(PUBLIC_KEY)))
    simulator.setKeySwitch(DONE)
    expect([await call(), await notify()]).toEqual(Array(2).fill(expect.stringMatching(PUBLIC_KEY)))
    simulator.setKeySwitch(STOPPED)
    expect([await call(), await notify()]).toEqual(Array(2).fill(expect.stringMatching(CERTIFICATE)))
    expect(fetches()).toBe(1)
  })

  test('messages that arrive at the same time wait for one fetch', async () => {
    const { simulator, client, call, fetches } = await createSwitchingMerchant()
    simulator.setKeySwitch(STOPPED)
    const verified = await Promise.all(Array.from({ length: 20 }, () => call(client)))
    expect(new Set(verified).size).toBe(1)
    expect([verified[0], fetches()]).toEqual([expect.stringMatching(CERTIFICATE), 1])
  })

  test('the fetch itself names the public key, as WeChat Pay counts requests, and its response is verified with either key', async () => {
    const { simulator, restart, notify, call, named } = await createSwitchingMerchant()
    const [id] = Object.keys(simulator.merchant.platformKeys)
    simulator.setKeySwitch({ stage: 'started', share: 0 })
    expect(await notify()).toMatch(CERTIFICATE)
    simulator.setKeySwitch(STOPPED)
    expect(await call(restart())).toMatch(CERTIFICATE)
    expect(named).toEqual([id, id])
  })

  test('a certificate that is rotated meanwhile is fetched, once', async () => {
    const { simulator, notify, fetches } = await createSwitchingMerchant()
    simulator.setKeySwitch(STOPPED)
    await notify()
    const serial = await simulator.rotate()
    expect([await notify(), await notify(), fetches()]).toEqual([serial, serial, 2])
  })

  test('a field is encrypted with the public key, and one that was encrypted for a certificate goes with that', async () => {
    const { simulator, client, fetches } = await createSwitchingMerchant()
    const { appid, platformKeys } = simulator.merchant
    expect((await client.encrypt('张三')).serial).toBe(Object.keys(platformKeys)[0])
    const certified = new Wechatpay({ ...simulator.merchant, platformKeys: {}, fetch: simulator.fetch, crypto })
    const { ciphertext, serial } = await certified.encrypt('张三')
    for (const [at, name] of ['张三', encrypted(ciphertext, serial)].entries()) {
      const out_batch_no = `B700000${at}`
      const detail = (out_detail_no: string, user_name: typeof name) => {
        return { out_detail_no, transfer_amount: 100, transfer_remark: 'r', openid: 'o', user_name }
      }
      const batch = { appid, out_batch_no, batch_name: 'n', batch_remark: 'r', total_amount: 200, total_num: 2 }
      await client.v3.transfer.batches.post({
        ...batch,
        transfer_detail_list: [detail('D0001', name), detail('D0002', '李四')],
      })
      for (const [out_detail_no, user_name] of Object.entries({ D0001: '张三', D0002: '李四' })) {
        const details = client.v3.transfer.batches.outBatchNo._out_batch_no_.details.outDetailNo._out_detail_no_
        expect((await details.get({ out_batch_no, out_detail_no })).data).toMatchObject({ user_name })
      }
    }
    // The second request names the certificate, so that its other field and its response need that.
    expect(fetches()).toBe(1)
  })

  test('certificates are kept in the cache beside a public key, and the next process fetches none', async () => {
    let kept: string | undefined
    const certificateCache = {
      get: async () => kept,
      set: async (text: string) => {
        kept = text
      },
    }
    const { simulator, restart, call, notify, fetches } = await createSwitchingMerchant('both', { certificateCache })
    simulator.setKeySwitch(STOPPED)
    expect(await notify()).toMatch(CERTIFICATE)
    expect([await notify(restart()), await call(restart())]).toEqual(Array(2).fill(expect.stringMatching(CERTIFICATE)))
    expect(fetches()).toBe(1)
    // One that the cache lacks is fetched all the same.
    const serial = await simulator.rotate()
    expect([await notify(restart()), await notify(restart()), fetches()]).toEqual([serial, serial, 2])
  })

  test('a fetch that never ends, as on a Worker whose request was cancelled, holds up no message beyond 15 seconds', async () => {
    const { simulator, breakFetch, notify, forge, pass } = await createSwitchingMerchant()
    simulator.setKeySwitch(STOPPED)
    let hangs = 0
    breakFetch(() => {
      hangs++
      return new Promise(() => {})
    })
    void forge('ABCDEF')
    await expect.poll(() => hangs).toBe(1)
    breakFetch(undefined)
    pass(16_000)
    expect(await notify()).toMatch(CERTIFICATE)
  })
})

describe('forged notifications', () => {
  const serials = Array.from({ length: 30 }, (_, at) => `5157F09EFDC096DE15EBE81A47057A72${at}`)

  test('under made-up serials lead to one fetch a minute, and do not keep a genuine one from being accepted', async () => {
    const { simulator, forge, notify, call, fetches, pass } = await createSwitchingMerchant()
    simulator.setKeySwitch(STOPPED)
    for (const serial of serials) expect(await forge(serial)).toMatchObject({ code: 'SIGNATURE_UNKNOWN_SERIAL' })
    expect([await notify(), await call()]).toEqual(Array(2).fill(expect.stringMatching(CERTIFICATE)))
    expect(fetches()).toBe(1)
    pass(MINUTE + 1)
    for (const serial of serials) await forge(serial)
    expect(fetches()).toBe(2)
  })

  test('of a merchant wholly in public-key mode lead to one fetch an hour', async () => {
    const { forge, fetches, pass, notify, call } = await createSwitchingMerchant('public-key')
    for (let minute = 0; minute < 59; minute++) {
      for (const serial of serials.slice(0, 3))
        expect(await forge(serial)).toMatchObject({
          code: 'SIGNATURE_UNKNOWN_SERIAL',
          message: expect.stringContaining('signs only with'),
        })
      pass(MINUTE)
    }
    expect([await notify(), await call()]).toEqual(Array(2).fill(expect.stringMatching(PUBLIC_KEY)))
    expect(fetches()).toBe(1)
    pass(2 * MINUTE)
    await forge(serials[0]!)
    expect(fetches()).toBe(2)
  })

  test.each<[string, () => Response]>([
    ['403', () => Response.json({ code: 'NO_AUTH', message: 'x' }, { status: 403 })],
    ['an empty list', () => Response.json({ data: [] })],
  ])('nor more often where WeChat Pay says so by %s', async (_, answer) => {
    const { forge, fetches, pass, breakFetch } = await createSwitchingMerchant('public-key')
    breakFetch(answer)
    for (const serial of serials.slice(0, 5)) {
      await forge(serial)
      pass(10 * MINUTE)
    }
    expect(fetches()).toBe(1)
  })

  test('do not delay the way back: a response that names a certificate disproves that there is none', async () => {
    const { simulator, forge, notify, call, fetches } = await createSwitchingMerchant()
    simulator.setKeySwitch(DONE)
    await forge(serials[0]!)
    simulator.setKeySwitch(STOPPED)
    expect(await notify()).toBe('SIGNATURE_UNKNOWN_SERIAL')
    expect([await call(), await notify()]).toEqual(Array(2).fill(expect.stringMatching(CERTIFICATE)))
    expect(fetches()).toBe(2)
  })

  test('nor the notifications of a merchant that calls nothing, beyond an hour', async () => {
    const { simulator, forge, notify, pass } = await createSwitchingMerchant()
    simulator.setKeySwitch(DONE)
    await forge(serials[0]!)
    simulator.setKeySwitch(STOPPED)
    pass(HOUR + 1)
    expect(await notify()).toMatch(CERTIFICATE)
  })

  test('nor after the clock was set back', async () => {
    const { simulator, forge, notify, pass } = await createSwitchingMerchant()
    pass(12 * HOUR)
    simulator.setKeySwitch(DONE)
    await forge(serials[0]!)
    simulator.setKeySwitch(STOPPED)
    pass(-6 * HOUR)
    expect(await notify()).toMatch(CERTIFICATE)
  })

  test('while the fetch fails lead to one in ten seconds; a genuine one that comes again after 15 is accepted', async () => {
    const { simulator, forge, notify, call, fetches, pass, breakFetch } = await createSwitchingMerchant()
    simulator.setKeySwitch(STOPPED)
    breakFetch(() => Promise.reject(new TypeError('connection reset')))
    for (const serial of serials) await forge(serial)
    expect([await notify(), fetches()]).toEqual(['SIGNATURE_UNKNOWN_SERIAL', 1])
    // The pause of notifications is none of responses.
    expect([await call(), fetches()]).toEqual(['SIGNATURE_UNKNOWN_SERIAL', 2])
    breakFetch(undefined)
    pass(15_000)
    expect(await notify()).toMatch(CERTIFICATE)
  })

  test.each(['', ' ', 'x', '../v3/certificates', 'A'.repeat(65), '0x1F', 'PUB_KEY_ID', 'PUB_KEY_ID_'])(
    'under %j, which is no serial, lead to no fetch at all',
    async serial => {
      for (const platform of ['both', 'certificate'] as const) {
        const { forge, fetches } = await createSwitchingMerchant(platform)
        expect(await forge(serial)).toMatchObject({ name: 'NotificationError' })
        expect(fetches()).toBe(0)
      }
    },
  )

  test("under the id of the merchant's own public key are refused", async () => {
    const { simulator, forge, fetches } = await createSwitchingMerchant()
    const [id] = Object.keys(simulator.merchant.platformKeys) as [string]
    for (const serial of [id, id.toLowerCase()])
      expect(await forge(serial)).toMatchObject({ code: 'SIGNATURE_INVALID' })
    expect(fetches()).toBe(0)
  })
})

describe('a public key', () => {
  test('that is not configured is never fetched, and the error says which one is needed', async () => {
    const { forge, fetches } = await createSwitchingMerchant()
    const error = await forge('pub_key_id_0119000001092026010100000001')
    expect(error).toMatchObject({ code: 'SIGNATURE_UNKNOWN_SERIAL' })
    expect(error.message).toContain('{ PUB_KEY_ID_0119000001092026010100000001: pem }')
    expect(error.message).toContain('微信支付公钥')
    expect(fetches()).toBe(0)
  })

  test('is known by its id in either case, configured or named', async () => {
    const { simulator, call } = await createSwitchingMerchant('public-key')
    const [[id, pem]] = Object.entries(simulator.merchant.platformKeys) as [[string, string]]
    const { merchant, fetch } = simulator
    const lower = new Wechatpay({ ...merchant, platformKeys: { [id.toLowerCase()]: pem }, fetch, crypto })
    expect(await call(lower)).toBe(id)
    expect((await lower.encrypt('x')).serial).toBe(id)
  })

  test.each(['', 'PUB_KEY_ID_', 'wechatpay_ABCD.pem', 'AB:CD', ' '])(
    'or certificate under %j, which is no id, is refused at once',
    async id => {
      const { simulator } = await createSwitchingMerchant('public-key')
      const [pem] = Object.values(simulator.merchant.platformKeys) as [string]
      expect(() => new Wechatpay({ ...simulator.merchant, crypto, platformKeys: { [id]: pem } })).toThrow(
        expect.objectContaining({ name: 'ConfigurationError', code: 'OPTION_INVALID', option: `platformKeys.${id}` }),
      )
    },
  )

  test('or certificate under the serial of another one is refused when it is used, with the name that it must have', async () => {
    const { simulator } = await createSwitchingMerchant()
    const [[serial, pem]] = Object.entries(simulator.certificates) as [[string, string]]
    const client = new Wechatpay({ ...simulator.merchant, crypto, platformKeys: { ABCD: pem } })
    await expect(client.encrypt('x')).rejects.toMatchObject({
      code: 'KEY_MISMATCH',
      message: `platformKeys.ABCD: name it by its serial, ${serial}.`,
    })
  })

  test.each([undefined, null, 1, {}, Object.create(null)])('that is %j and no text is refused at once', async pem => {
    const { simulator } = await createSwitchingMerchant('public-key')
    expect(() => new Wechatpay({ ...simulator.merchant, crypto, platformKeys: { PUB_KEY_ID_1: pem } })).toThrow(
      expect.objectContaining({ code: 'PEM_INVALID', option: 'platformKeys.PUB_KEY_ID_1' }),
    )
  })

  test('without an APIv3 key leaves a message that a certificate signed unproven, and the error says what is needed', async () => {
    const { simulator, restart, call, notify } = await createSwitchingMerchant()
    simulator.setKeySwitch(STOPPED)
    const { apiv3Key: _, ...rest } = simulator.merchant
    const client = new Wechatpay({ ...rest, fetch: simulator.fetch, crypto, retry: false })
    const error = await client
      .request('GET', 'v3/pay/transactions/out-trade-no/none', { params: { mchid: rest.mchid } })
      .catch(error => error)
    expect(error).toMatchObject({ code: 'SIGNATURE_UNKNOWN_SERIAL', message: expect.stringContaining('"apiv3Key"') })
    expect([await notify(restart()), await call()]).toEqual(Array(2).fill(expect.stringMatching(CERTIFICATE)))
  })
})

test('receiveNotification throws nothing untyped, whatever the fetch comes to', async () => {
  const { simulator, client, breakFetch, forge, pass } = await createSwitchingMerchant()
  for (const answer of [
    () => new Response('<html>', { status: 502 }),
    () => new Response('{'),
    () => Response.json({ data: 1 }),
    () => Response.json({ data: [null] }),
    () => Response.json({ data: [{ encrypt_certificate: { ciphertext: 'x', nonce: 'y' } }] }),
    () => Response.json(null),
  ]) {
    breakFetch(answer)
    expect(await forge('ABCDEF')).toMatchObject({ name: 'NotificationError', code: 'SIGNATURE_UNKNOWN_SERIAL' })
    pass(HOUR)
  }
  expect(simulator.journal).toEqual([])
  await expect(receiveNotification(client, new Request('https://a.example', { method: 'POST' }))).rejects.toMatchObject(
    {
      name: 'NotificationError',
    },
  )
})
