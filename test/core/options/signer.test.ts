import { describe, expect, test } from 'vitest'
import { importPrivateKey } from '../../../src/core/crypto/keys.ts'
import {
  type ConfigurationError,
  receiveNotification,
  refuse,
  type Signer,
  Wechatpay,
  type WechatpayOptions,
} from '../../../src/core/index.ts'
import { startApp, startJsapi } from '../../../src/flows/payment/index.ts'
import { createSimulator } from '../../../src/simulator/index.ts'
import * as keys from '../../fixtures/keys.ts'
import { crypto } from '../../webcrypto.ts'
import { createTestClient, encryptWithKey, signedV3Response } from '../test-client.ts'

const SERIAL = '4A8B1C2D3E4F5061728394A5B6C7D8E9F0011223'
const SECRET = 'arn:aws:kms:secret'

/** A signer that holds a key, as a key management service does: it hands out signatures, and nothing else. */
async function holderOf(pem: string): Promise<Required<Signer>> {
  const { sign, decrypt } = await importPrivateKey(pem, 'key', crypto)
  return {
    serial: SERIAL,
    sign: message => crypto.subtle.sign('RSASSA-PKCS1-v1_5', sign, message),
    decrypt: ciphertext => crypto.subtle.decrypt({ name: 'RSA-OAEP' }, decrypt!, ciphertext),
  }
}
const holder = await holderOf(keys.PRIVATE_KEY)
const otherHolder = await holderOf(keys.OTHER_PRIVATE_KEY)

/** A client without a key of its own. */
const remote = (
  signer: Partial<Record<keyof Signer, unknown>>,
  steps: Parameters<typeof createTestClient>[0],
  options: Partial<WechatpayOptions> = {},
) => {
  const own = { serial: undefined, privateKey: undefined, signer: { serial: SERIAL, ...signer } }
  return createTestClient(steps, { ...own, ...options } as Partial<WechatpayOptions>)
}
const order = { appid: 'wx1', prepay_id: 'wx2' }
const body = { appid: 'wx1', mchid: '1900000109', out_bill_no: '1' } as never
const queryBill = (wxpay: Wechatpay) =>
  wxpay.v3.fundApp.mchTransfer.transferBills.outBillNo._out_bill_no_.get({ out_bill_no: '1' })
const transfer = (wxpay: Wechatpay, options = {}) => wxpay.v3.fundApp.mchTransfer.transferBills.post(body, options)
const never = () => new Promise<never>(() => {})
const refusing = () => new Response('{"code":"SYSTEM_ERROR","message":"x"}', { status: 500 })

const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: ConfigurationError) => error,
  )

describe('a signer signs in place of the private key', () => {
  /** The same request with the key itself: RSASSA-PKCS1-v1_5 gives a message one signature. */
  const fixed = {
    crypto: { subtle: crypto.subtle, randomUUID: () => 'nonce' } as unknown as Crypto,
    now: () => 1_700_000_000_000,
  }

  test('calls, Requests and payments, as the key would', async () => {
    const held = remote({ ...holder }, [refusing], fixed)
    const own = createTestClient([refusing], { serial: SERIAL, ...fixed })
    const requestsOf = async ({ wxpay, requests }: typeof own) => {
      await errorOf(transfer(wxpay))
      await wxpay.fetch('https://api.mch.weixin.qq.com/v3/certificates?a=1')
      return requests.map(({ headers }) => headers.get('authorization'))
    }
    const signed = await requestsOf(held)
    expect(signed).toEqual(await requestsOf(own))
    expect(signed[0]).toContain(`serial_no="${SERIAL}"`)
    expect(await startJsapi(held.wxpay, order)).toEqual(await startJsapi(own.wxpay, order))
    expect(await startApp(held.wxpay, order)).toEqual(await startApp(own.wxpay, order))
  })

  test('and is given the message itself, anew for each attempt', async () => {
    const messages: string[] = []
    const sign = (message: Uint8Array<ArrayBuffer>) => {
      messages.push(new TextDecoder().decode(message))
      return holder.sign(message)
    }
    const { wxpay, requests } = remote({ sign }, [refusing], { retry: { attempts: 3, delay: () => 0 } })
    await errorOf(wxpay.v3.certificates.get())
    const nonces = messages.map(message => /^GET\n\/v3\/certificates\n\d{10}\n(\w+)\n\n$/.exec(message)?.[1])
    expect(new Set(nonces).size).toBe(3)
    expect(requests.map(({ headers }) => /nonce_str="(\w+)"/.exec(headers.get('authorization')!)![1])).toEqual(nonces)
  })

  test.each<[string, (signature: ArrayBuffer) => unknown]>([
    ['an ArrayBuffer', signature => signature],
    ['a Uint8Array', signature => new Uint8Array(signature)],
    ['a part of a longer buffer, as a Buffer of Node is', signature => partOfLonger(new Uint8Array(signature))],
  ])('with %s', async (_, form) => {
    const sign = async (message: Uint8Array<ArrayBuffer>) => form((await holder.sign(message)) as ArrayBuffer)
    const { wxpay } = remote({ sign }, [refusing], { certificate: keys.CERTIFICATE })
    expect((await startJsapi(wxpay, order)).paySign).toMatch(/^[\w+/]{342}==$/)
  })

  test('with the serial of "certificate" or of "serial", where it has none, and of "serial" before its own', async () => {
    for (const option of [{ serial: 'ABCD' }, { certificate: keys.CERTIFICATE }]) {
      const { wxpay, requests } = remote({ ...holder, serial: undefined }, [refusing], option)
      await errorOf(wxpay.v3.certificates.get())
      expect(requests[0]!.headers.get('authorization')).toContain(`serial_no="${option.serial ?? SERIAL}"`)
    }
    const { wxpay: other, requests } = remote({ ...holder }, [refusing], { serial: 'ABCD' })
    await errorOf(other.v3.certificates.get())
    expect(requests[0]!.headers.get('authorization')).toContain('serial_no="ABCD"')
    const { wxpay } = remote({ ...holder, serial: undefined }, [refusing])
    await expect(wxpay.v3.certificates.get()).rejects.toMatchObject({ code: 'OPTION_MISSING', option: 'serial' })
  })

  test('keeps its `this`', async () => {
    class Held implements Signer {
      readonly serial = SERIAL
      readonly #holder = holder
      sign(message: Uint8Array<ArrayBuffer>) {
        return this.#holder.sign(message)
      }
    }
    const { wxpay } = createTestClient([refusing], {
      serial: undefined,
      privateKey: undefined,
      signer: new Held(),
    } as never)
    expect((await startJsapi(wxpay, order)).signType).toBe('RSA')
  })
})

function partOfLonger(bytes: Uint8Array): Uint8Array {
  const longer = new Uint8Array(bytes.length + 16).fill(7)
  longer.set(bytes, 8)
  return longer.subarray(8, 8 + bytes.length)
}

test('beside a signer, the keys that it replaces are refused', async () => {
  const { sign, decrypt } = await importPrivateKey(keys.PRIVATE_KEY, 'key', crypto)
  for (const own of [{ privateKey: keys.PRIVATE_KEY }, { privateKey: sign }, { decryptionKey: decrypt! }])
    expect(() => remote({ ...holder }, [], own)).toThrow(
      expect.objectContaining({
        code: 'OPTION_INVALID',
        option: 'signer',
        message: expect.stringMatching(/"privateKey" and "decryptionKey"/),
      }),
    )
})

describe('a call that the signer does not sign is not sent, and says so', () => {
  const failing: [string, () => unknown][] = [
    ['rejects', async () => Promise.reject(new Error(SECRET))],
    [
      'throws',
      () => {
        throw new Error(SECRET)
      },
    ],
    ['rejects with no error', () => Promise.reject(SECRET)],
  ]
  test.each(failing)('when it %s; what it says is the cause only', async (_, sign) => {
    const { wxpay, requests } = remote({ sign }, [refusing])
    const error = await errorOf(transfer(wxpay))
    expect(error).toMatchObject({ name: 'TransportError', code: 'SIGNER_FAILED', mayHaveTakenEffect: false })
    expect(error!.message).toContain('signer.sign')
    expect(error!.message).not.toContain(SECRET)
    expect(String((error!.cause as Error).message ?? error!.cause)).toBe(SECRET)
    expect(requests).toEqual([])
    await expect(startJsapi(wxpay, order)).rejects.toMatchObject({ code: 'SIGNER_FAILED' })
  })

  test('and a query is asked for again, as when the network fails', async () => {
    let asked = 0
    const sign = async (message: Uint8Array<ArrayBuffer>) => {
      if (++asked < 3) throw new Error('busy')
      return holder.sign(message)
    }
    const { wxpay, requests } = remote({ sign }, [await signedV3Response({ state: 'SUCCESS' })], {
      retry: { attempts: 3, delay: () => 0 },
    })
    expect((await queryBill(wxpay)).data.state).toBe('SUCCESS')
    expect([asked, requests.length]).toEqual([3, 1])
  })

  test('when it does not answer within the time of the call, nor when it answers later', async () => {
    let answer = (_: ArrayBuffer): void => {}
    const late = new Promise<ArrayBuffer>(resolve => {
      answer = resolve
    })
    const { wxpay, requests } = remote({ sign: () => late }, [refusing])
    const error = await errorOf(transfer(wxpay, { timeout: 20 }))
    expect(error).toMatchObject({ code: 'TIMEOUT', mayHaveTakenEffect: false })
    expect(error!.message).toBe('No answer of signer.sign within 20 ms.')
    answer(new ArrayBuffer(256))
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(requests).toEqual([])
  })

  test('when the caller aborts meanwhile', async () => {
    const controller = new AbortController()
    const sign = () => {
      queueMicrotask(() => controller.abort())
      return never()
    }
    const { wxpay, requests } = remote({ sign }, [refusing])
    const error = await errorOf(transfer(wxpay, { signal: controller.signal }))
    expect(error).toMatchObject({ code: 'ABORTED', mayHaveTakenEffect: false })
    expect(requests).toEqual([])
  })

  test('a payment that is started waits for the timeout of the client', async () => {
    const { wxpay } = remote({ sign: never }, [], { timeout: 20 })
    await expect(startJsapi(wxpay, order)).rejects.toMatchObject({ code: 'TIMEOUT', mayHaveTakenEffect: false })
  })

  test('but an earlier attempt that may have taken effect stays in doubt', async () => {
    let asked = 0
    const sign = async (message: Uint8Array<ArrayBuffer>) => {
      if (++asked > 1) throw new Error(SECRET)
      return holder.sign(message)
    }
    const lost = () => {
      throw new TypeError('reset')
    }
    const { wxpay, requests } = remote({ sign }, [lost])
    const error = await errorOf(transfer(wxpay, { retry: { attempts: 2, repeatable: true, delay: () => 0 } }))
    expect(error).toMatchObject({ code: 'SIGNER_FAILED', mayHaveTakenEffect: true })
    expect(requests).toHaveLength(1)
  })
})

describe('what is no signature is refused before anything is sent', () => {
  const text = 'A'.repeat(344)
  test.each<[string, unknown]>([
    ['base64', text],
    ['the bytes of base64', new TextEncoder().encode(text)],
    ['hex of digits', '1'.repeat(512)],
    ['nothing', undefined],
    ['null', null],
    ['a number', 256],
    ['a digest', new Uint8Array(32)],
    ['a byte too few', new Uint8Array(255)],
    ['a list of numbers', new Array(256).fill(1)],
    ['an object', { signature: new Uint8Array(256) }],
    ['a symbol', Symbol('x')],
    ['a view of other numbers', new Uint16Array(128)],
  ])('%s throws OPTION_INVALID, and names the length that it expects', async (_, result) => {
    const { wxpay, requests } = remote({ sign: async () => result }, [refusing])
    const error = await errorOf(transfer(wxpay, { retry: { attempts: 3, repeatable: true } }))
    expect(error).toMatchObject({ name: 'ConfigurationError', code: 'OPTION_INVALID', option: 'signer' })
    expect(error!.message).toContain('256')
    expect(requests).toEqual([])
  })

  test('a signature by another key than that of "certificate", from the first or replaced later', async () => {
    let current = otherHolder
    const sign = (message: Uint8Array<ArrayBuffer>) => current.sign(message)
    const { wxpay, requests } = remote({ sign }, [refusing], { certificate: keys.CERTIFICATE })
    const mismatch = { name: 'ConfigurationError', code: 'KEY_MISMATCH', option: 'signer' }
    await expect(transfer(wxpay)).rejects.toMatchObject(mismatch)
    await expect(transfer(wxpay)).rejects.toThrow('or does not sign with RSASSA-PKCS1-v1_5 and SHA-256')
    await expect(startJsapi(wxpay, order)).rejects.toMatchObject(mismatch)
    expect(requests).toEqual([])
    current = holder
    await expect(transfer(wxpay)).rejects.toMatchObject({ code: 'SERVICE_ERROR' })
    current = otherHolder
    await expect(transfer(wxpay)).rejects.toMatchObject(mismatch)
    expect(requests).toHaveLength(1)
  })
})

describe('encrypted fields of a response', () => {
  const answer = async () =>
    signedV3Response({ user_name: await encryptWithKey('李四', keys.PUBLIC_KEY), state: 'SUCCESS' })

  test('are decrypted by the signer', async () => {
    const { wxpay } = remote({ ...holder }, [await answer()])
    expect((await queryBill(wxpay)).data).toMatchObject({ user_name: '李四', state: 'SUCCESS' })
  })

  test.each<[string, unknown, string]>([
    ['that cannot decrypt', undefined, '"signer.decrypt"'],
    ['that fails', () => Promise.reject(new Error(SECRET)), 'signer.decrypt failed'],
    ['that returns text', async () => '李四', 'signer.decrypt'],
    ['whose decrypt is no function', 'x', 'signer.decrypt failed'],
    ['that returns nothing', async () => undefined, 'signer.decrypt'],
    ['that returns what is no text', async () => Uint8Array.of(0xff, 0xfe), 'signer.decrypt'],
  ])('name a signer %s', async (_, decrypt, words) => {
    const { wxpay } = remote({ ...holder, decrypt }, [await answer()])
    const error = await errorOf(queryBill(wxpay))
    expect(error).toMatchObject({ name: 'ResponseDecryptionError', code: 'DECRYPTION_FAILED', status: 200 })
    expect(error!.message).toContain(words)
    expect(error!.message).not.toContain(SECRET)
  })

  test('that are not decrypted in time end the call', async () => {
    const { wxpay } = remote({ ...holder, decrypt: never }, [await answer()], { timeout: 200 })
    await expect(queryBill(wxpay)).rejects.toMatchObject({ name: 'TransportError', code: 'TIMEOUT' })
  })
})

describe('with the simulator', async () => {
  const url = 'https://shop.example/notify'
  const received: Promise<unknown>[] = []
  const answers: number[] = []
  let receive: (request: Request) => Promise<unknown> = async () => undefined
  const simulator = await createSimulator({
    crypto,
    deliver: async (input, init) => {
      const outcome = receive(new Request(input, init))
      received.push(outcome)
      const response = await outcome.then(
        () => new Response(null, { status: 204 }),
        error => refuse(error, 'v3'),
      )
      answers.push(response.status)
      return response
    },
  })
  const { privateKey, serial, certificate, ...merchant } = simulator.merchant
  const own = await holderOf(privateKey)
  const clientOf = (signer: Signer, options: Partial<WechatpayOptions> = {}) =>
    new Wechatpay({ ...merchant, signer, fetch: simulator.fetch, crypto, ...options })

  test('an order is placed and paid, and its notification read', async () => {
    const wxpay = clientOf({ ...own, serial })
    const { data } = await wxpay.v3.pay.transactions.native.post({
      appid: merchant.appid,
      mchid: merchant.mchid,
      description: '茶',
      out_trade_no: 'SIGNER1',
      notify_url: url,
      amount: { total: 1 },
    })
    expect(data.code_url).toMatch(/^weixin:/)
    expect(simulator.journal.at(-1)).toMatchObject({ signature: 'valid', signedBy: serial, status: 200 })
    receive = request => receiveNotification(wxpay, request)
    simulator.pay({ out_trade_no: 'SIGNER1' })
    await simulator.advance(1_000)
    await simulator.settled()
    expect(await received.at(-1)).toMatchObject({ event: 'TRANSACTION.SUCCESS' })
  })

  test('the fields of a notification are decrypted; if the signer fails, WeChat Pay repeats it', async () => {
    const event = 'MCHTRANSFER.QQWALLETBILL.FINISHED'
    const wxpay = clientOf({ ...own, serial })
    receive = request => receiveNotification(wxpay, request)
    await simulator.notify.send({ event, url })
    expect(await received.at(-1)).toMatchObject({ event, resource: { user_name: expect.stringMatching(/^.{1,20}$/) } })
    const broken = clientOf({ ...own, serial, decrypt: () => Promise.reject(new Error(SECRET)) })
    receive = request => receiveNotification(broken, request)
    await simulator.notify.send({ event, url })
    await expect(received.at(-1)).rejects.toMatchObject({ name: 'TransportError', code: 'SIGNER_FAILED' })
    expect(answers.at(-1)).toBe(500)
    const cannot = clientOf({ serial, sign: own.sign })
    receive = request => receiveNotification(cannot, request)
    await simulator.notify.send({ event, url })
    await expect(received.at(-1)).rejects.toThrow(/signer\.decrypt/)
  })

  test('the certificate names the serial, and keeps another key out', async () => {
    const { serial: _, ...unnamed } = own
    const wxpay = clientOf(unnamed, { certificate })
    await queryBill(wxpay).catch(() => undefined)
    expect(simulator.journal.at(-1)).toMatchObject({ signature: 'valid', signedBy: serial })
    const strange = clientOf({ sign: otherHolder.sign }, { certificate })
    await expect(queryBill(strange)).rejects.toMatchObject({ code: 'KEY_MISMATCH', option: 'signer' })
  })
})
