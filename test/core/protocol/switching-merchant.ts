import { importPrivateKey } from '../../../src/core/crypto/keys.ts'
import { sign } from '../../../src/core/crypto/rsa.ts'
import {
  type NotificationError,
  receiveNotification,
  Wechatpay,
  type WechatpayOptions,
} from '../../../src/core/index.ts'
import { createSimulator, type PlatformMode, type Simulator } from '../../../src/simulator/index.ts'
import * as keys from '../../fixtures/keys.ts'
import { crypto } from '../../webcrypto.ts'

/** A merchant that switches from platform certificates to the public key, with WeChat Pay simulated on the same clock. */
export interface SwitchingMerchant {
  readonly simulator: Simulator
  readonly client: Wechatpay
  /** Another process of the same merchant: it knows no certificate. */
  restart(): Wechatpay
  /** Moves the clock of both sides. */
  pass(ms: number): void
  /** How often `GET /v3/certificates` was sent so far. */
  fetches(): number
  /** The `Wechatpay-Serial` of each of these requests. */
  readonly named: (string | null)[]
  /** Breaks the way to `GET /v3/certificates`; `undefined` restores it. */
  breakFetch(answer: (() => Response | Promise<Response>) | undefined): void
  /** Makes a call; returns the serial of the key that verified the response, or the error's code. */
  call(client?: Wechatpay): Promise<string>
  /** Has WeChat Pay notify; returns the serial of the key that verified the notification, or the error's code. */
  notify(client?: Wechatpay): Promise<string>
  /** Sends what an attacker signs, under a serial of its choice. */
  forge(serial: string, client?: Wechatpay): Promise<NotificationError>
}

export async function createSwitchingMerchant(
  platform: PlatformMode = 'both',
  options: Partial<WechatpayOptions> = {},
): Promise<SwitchingMerchant> {
  let clock = Date.now()
  let fetched = 0
  let broken: (() => Response | Promise<Response>) | undefined
  let receiver: Wechatpay
  let outcome = ''
  const named: (string | null)[] = []
  const now = () => clock
  const simulator = await createSimulator({
    platform,
    crypto,
    now,
    seed: 'switch',
    async deliver(input, init) {
      outcome = await receive(receiver, new Request(input, init))
      return new Response(null, { status: 204 })
    },
  })
  const restart = () =>
    new Wechatpay({
      ...simulator.merchant,
      crypto,
      now,
      retry: false,
      async fetch(input, init) {
        const request = new Request(input, init)
        if (!request.url.endsWith('/v3/certificates')) return simulator.fetch(request)
        fetched++
        named.push(request.headers.get('wechatpay-serial'))
        return broken ? broken() : simulator.fetch(request)
      },
      ...options,
    })
  const client = restart()
  const { mchid, appid } = simulator.merchant
  const resource = { mchid, appid, out_trade_no: 'T1', transaction_id: '4200000001', trade_state: 'SUCCESS' }
  const forger = await importPrivateKey(keys.OTHER_PRIVATE_KEY, 'forger', crypto)

  return {
    simulator,
    client,
    restart,
    named,
    pass(ms) {
      clock += ms
    },
    fetches: () => fetched,
    breakFetch(answer) {
      broken = answer
    },
    async call(caller = client) {
      const { business_code } = simulator.examples
      try {
        return (await caller.v3.apply4subject.applyment.get({ params: { business_code } })).verifiedBy!
      } catch (error) {
        return (error as { code: string }).code
      }
    },
    async notify(to = client) {
      receiver = to
      await simulator.notify.send({ url: 'https://shop.example/notify', event: 'TRANSACTION.SUCCESS', resource })
      return outcome
    },
    async forge(serial, to = client) {
      const [timestamp, nonce] = [String(Math.floor(clock / 1000)), 'forged']
      const body = JSON.stringify({
        id: '1',
        event_type: 'TRANSACTION.SUCCESS',
        resource: { ciphertext: '', nonce: '' },
      })
      const headers = {
        'Wechatpay-Timestamp': timestamp,
        'Wechatpay-Nonce': nonce,
        'Wechatpay-Serial': serial,
        'Wechatpay-Signature': await sign(`${timestamp}\n${nonce}\n${body}\n`, forger.sign, crypto),
      }
      return receiveNotification(
        to,
        new Request('https://shop.example/notify', { method: 'POST', headers, body }),
      ).then(
        () => Promise.reject(new Error('A forged notification was accepted.')),
        error => error,
      )
    },
  }
}

async function receive(client: Wechatpay, request: Request): Promise<string> {
  try {
    return String((await receiveNotification(client, request)).verifiedBy)
  } catch (error) {
    return (error as { code: string }).code
  }
}
