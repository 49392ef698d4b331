/** WeChat Pay itself, in memory: `createSimulator()`. */
import { hex } from '../core/bytes.ts'
import type { Answer } from './answer.ts'
import { createAuthority } from './authority.ts'
import { examples, type SimulatorExamples } from './examples.ts'
import { createJournal, type Exchange, type Trace } from './journal.ts'
import { createMerchant, type SimulatedMerchant } from './merchant.ts'
import type { Order } from './orders.ts'
import { createPlatform, type PlatformMode } from './platform.ts'
import { pathAndQuery } from './request-url.ts'
import { handleV2 } from './v2/handle.ts'
import { handleV3 } from './v3/handle.ts'
import { createWorld } from './world.ts'

export type { SimulatorExamples } from './examples.ts'
export type { Exchange } from './journal.ts'
export type { SimulatedMerchant } from './merchant.ts'
export type { Order, Payer, TradeState, TradeType } from './orders.ts'
export type { PlatformMode } from './platform.ts'
export { Rejection, type RejectionReason } from './rejection.ts'

export interface SimulatorOptions {
  /** Which keys WeChat Pay signs with. Default `public-key`, what a merchant gets who joins today. */
  platform?: PlatformMode
  mchid?: string
  appid?: string
  /** The simulator's clock, ms. Default `Date.now`. */
  now?: () => number
  /** Default `globalThis.crypto`. */
  crypto?: Crypto
}

export interface Simulator {
  /** Exactly what the client is configured with. */
  readonly merchant: SimulatedMerchant
  /** Numbers that a fresh simulator already knows. */
  readonly examples: SimulatorExamples
  /** A request without client certificate. Any host: the path decides. */
  readonly fetch: typeof fetch
  /** A request that presented the merchant's client certificate (mTLS). */
  readonly mtlsFetch: typeof fetch
  /**
   * Stands in for the shopper.
   *
   * @throws {Rejection} no such order, or it is paid or closed
   */
  pay(of: { out_trade_no: string }): Order
  /** An order as WeChat Pay knows it, its sealed fields opened. */
  order(out_trade_no: string): Order | undefined
  /** The last 200 exchanges, the newest last. */
  readonly journal: readonly Exchange[]
  /**
   * Adds a newer platform certificate, which signs from now on; the older ones stay listed.
   *
   * @returns the serial of the new one
   * @throws {TypeError} in public-key mode
   */
  rotate(): Promise<string>
}

/**
 * Makes a WeChat Pay of its own keys, certificates and books, with one merchant. It verifies every request's signature,
 * signs its answers, keeps orders and refunds in memory, and refuses in the documented words.
 *
 * @example
 * ```ts
 * const simulator = await createSimulator()
 * const wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch })
 * ```
 */
export async function createSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { platform: mode = 'public-key', mchid = '1900000109', appid = 'wxd678efh567hg6787' } = options
  const { now = Date.now, crypto = globalThis.crypto } = options
  const authority = createAuthority(crypto)
  const [account, platform] = await Promise.all([
    createMerchant({ mchid, appid, now: now() }, authority, crypto),
    createPlatform({ mode, mchid, now }, authority, crypto),
  ])
  const world = createWorld(account, platform, { now, crypto })
  const journal = createJournal()

  const serve = async (certified: boolean, input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init)
    request.signal.throwIfAborted()
    const url = pathAndQuery(request.url)
    const api = /^\/v3(\/|$)/.test(url) ? 'v3' : 'v2'
    const trace: Trace = { message: '', signature: 'absent', signedBy: undefined }
    const answer = await (api === 'v3'
      ? handleV3(request, url, world, trace)
      : handleV2(request, url, certified, world, trace))
    const { status, code } = answer
    const requestId = `${hex(crypto.getRandomValues(new Uint8Array(20))).toUpperCase()}-0`
    journal.add({ requestId, api, method: request.method, url, ...trace, status, code })
    request.signal.throwIfAborted()
    return response(answer, requestId)
  }

  const { publicKey } = platform
  return {
    merchant: { ...account.merchant, platformKeys: publicKey ? { [publicKey.id]: publicKey.pem } : {} },
    examples,
    fetch: (input, init) => serve(false, input, init),
    mtlsFetch: (input, init) => serve(true, input, init),
    pay: ({ out_trade_no }) => world.orders.pay(out_trade_no),
    order: out_trade_no => world.orders.find(out_trade_no),
    journal: journal.entries,
    rotate: () => platform.rotate(),
  }
}

const response = ({ status, headers, body }: Answer, requestId: string): Response =>
  new Response(body ?? null, { status, headers: { ...headers, 'Request-ID': requestId } })
