import { assert } from 'chai'
import { Wechatpay, type WechatpayOptions } from '../../src/core/index.ts'
import { type Case, includes, rejection } from '../conformance/case.ts'
import { CERTIFICATE, OTHER_CERTIFICATE, PRIVATE_KEY } from '../fixtures/keys.ts'
import type { Arrival, Breaking, BreakingServer } from './breaking-process.ts'

/** One way by which a runtime sends. */
export interface Transport {
  readonly name: string
  readonly fetch: typeof fetch
  /** Sends to the server's TLS port. */
  readonly isTls?: boolean
}

/** Milliseconds that an attempt may take that is never answered: long enough for it to arrive. */
const TIMEOUT = 1_000
const MAX_TIMEOUT = 16_000
/** Milliseconds between two looks whether a request has arrived. */
const LOOK = 20
/** Milliseconds in which a runtime that sends again has done so: it does at once. */
const RESENT = 80

/** The code of the error when a connection breaks in this way. */
const CODES: Readonly<Record<Exclude<Breaking, 'answered'>, string>> = {
  reset: 'NETWORK_ERROR',
  closed: 'NETWORK_ERROR',
  'status cut': 'NETWORK_ERROR',
  'headers cut': 'NETWORK_ERROR',
  'body missing': 'RESPONSE_CUT_SHORT',
  'body cut': 'RESPONSE_CUT_SHORT',
  'chunk cut': 'RESPONSE_CUT_SHORT',
  'body reset': 'RESPONSE_CUT_SHORT',
  silent: 'TIMEOUT',
  late: 'ABORTED',
}
const BREAKING = Object.keys(CODES) as (keyof typeof CODES)[]

const ORDER = {
  appid: 'wxd678efh567hg6787',
  mchid: '1900000109',
  out_trade_no: 'T1000001',
  description: '茶',
  notify_url: 'https://example.com/',
  amount: { total: 1 },
}
const PAPER = new File(['file'], 'paper.png', { type: 'image/png' })

/** Calls that change something, by the way in which their body is made. */
const POSTS: Readonly<Record<string, (wxpay: Wechatpay, signal?: AbortSignal) => Promise<unknown>>> = {
  'a POST': (wxpay, signal) => wxpay.v3.pay.transactions.native.post(ORDER, signal && { signal }),
  'a POST without a body': wxpay => wxpay.request('POST', 'v3/pay/transactions/out-trade-no/T1000001/close'),
  'a POST of XML': wxpay => wxpay.v2.pay.closeorder.post({ appid: 'wx1', mch_id: '1900000109', out_trade_no: '1' }),
  'an upload': wxpay => wxpay.request('POST', 'v3/merchant/media/upload', { body: { file: PAPER } }),
  "a request of the caller's own": wxpay =>
    wxpay.fetch(new Request(`${baseUrls.get(wxpay)}v3/refund/domestic/refunds`, { method: 'POST', body: '{}' })),
  'a stream whose length is given': wxpay =>
    wxpay.request('POST', 'v3/merchant/media/upload', {
      raw: { body: streamOf('{"a":1}'), signed: '{"a":1}', type: 'application/json' },
      headers: { 'content-length': '7' },
      retry: false,
    }),
}

/** Workers send a stream's length only where they are told it so; others take it from the header. */
function streamOf(text: string): ReadableStream<Uint8Array> {
  const { FixedLengthStream } = globalThis as {
    FixedLengthStream?: new (length: number) => TransformStream<Uint8Array, Uint8Array>
  }
  const stream = new Blob([text]).stream() as ReadableStream<Uint8Array>
  return FixedLengthStream ? stream.pipeThrough(new FixedLengthStream(text.length)) : stream
}

const baseUrls = new WeakMap<Wechatpay, string>()
let calls = 0

/** Cases that hold for every transport when the connection breaks after a request has arrived. */
export function breakingCases(transports: readonly Transport[], server: BreakingServer): readonly Case[] {
  return transports.flatMap(transport => casesOf(transport, server))
}

function casesOf(
  { name, fetch: send, isTls }: Transport,
  { url, tlsUrl, controlUrl }: BreakingServer,
): readonly Case[] {
  const origin = isTls ? tlsUrl : url
  const client = (way: Breaking, id: string, options: Partial<WechatpayOptions> = {}) => {
    const baseUrl = `${origin}/${encodeURIComponent(way)}/${id}/`
    const wxpay = new Wechatpay({
      mchid: '1900000109',
      privateKey: PRIVATE_KEY,
      certificate: CERTIFICATE,
      platformKeys: { FF: OTHER_CERTIFICATE },
      apiv2Key: '192006250b4c09247ec02edce69f6a2d',
      baseUrl,
      fetch: send,
      ...options,
    })
    baseUrls.set(wxpay, baseUrl)
    return wxpay
  }
  const arrivalsOf = async (id: string, wait: number): Promise<readonly Arrival[]> => {
    await new Promise(resolve => setTimeout(resolve, wait))
    return (await send(`${controlUrl}/arrivals/${id}`)).json() as Promise<readonly Arrival[]>
  }
  /** @returns the signal of a caller that gives up as soon as its request has arrived */
  const givingUp = (id: string): AbortSignal => {
    const controller = new AbortController()
    const look = async (): Promise<void> => {
      const { length } = await arrivalsOf(id, LOOK)
      return length > 0 ? controller.abort() : look()
    }
    void look()
    return controller.signal
  }
  const query = (wxpay: Wechatpay, signal?: AbortSignal) => {
    const order = wxpay.v3.pay.transactions.outTradeNo._out_trade_no_
    return order.get({ out_trade_no: '1', params: { mchid: '1900000109' }, ...(signal && { signal }) })
  }

  /** @returns what the call rejected with, and what arrived of it */
  async function broken(
    way: Breaking,
    call: (wxpay: Wechatpay, signal?: AbortSignal) => Promise<unknown>,
    { isReused, ...options }: Partial<WechatpayOptions> & { isReused: boolean },
  ) {
    // On a busy machine the time limit of a silent answer can end a call before its request has arrived, and a runtime closes a connection
    // that was idle for too long between two calls.
    for (let timeout = TIMEOUT; ; timeout *= 2) {
      const id = `${Date.now()}-${calls++}`
      if (isReused) await rejection(query(client('answered', `${id}-before`)))
      const wxpay = client(way, id, { ...(way === 'silent' && { timeout }), ...options })
      const error = await rejection(call(wxpay, way === 'late' ? givingUp(id) : undefined))
      const arrivals = await arrivalsOf(id, RESENT)
      const isEarly = way === 'silent' && arrivals.length === 0
      const isClosed = isReused && arrivals[0]?.isReused === false
      if (!(isEarly || isClosed) || timeout > MAX_TIMEOUT) return { error, arrivals }
    }
  }

  return [
    ...[false, true].map(isReused => ({
      name: `${name}: a POST whose answer breaks arrives once, with its length, and leaves a doubt (${isReused ? 'over a connection used before' : 'many at once'})`,
      async run() {
        const check = async (way: keyof typeof CODES) => {
          const { error, arrivals } = await broken(way, POSTS['a POST']!, { isReused })
          includes(error, { name: 'TransportError', code: CODES[way], mayHaveTakenEffect: true })
          assert.lengthOf(arrivals, 1, way)
          includes(arrivals[0], { method: 'POST', transferEncoding: null })
          assert.isAbove(Number(arrivals[0]!.contentLength), 100, way)
          if (isReused) assert.isTrue(arrivals[0]!.isReused, `${way}: the connection was to be used again`)
        }
        // A call that is to use a connection again has it for itself.
        if (isReused) for (const way of BREAKING) await check(way)
        else await Promise.all(BREAKING.map(check))
      },
    })),
    {
      name: `${name}: no POST arrives twice, however its body is made`,
      async run() {
        for (const [kind, call] of Object.entries(POSTS))
          for (const way of ['closed', 'reset', 'status cut'] as const) {
            const { error, arrivals } = await broken(way, call, { isReused: true })
            includes(error, { code: 'NETWORK_ERROR', mayHaveTakenEffect: true })
            assert.lengthOf(arrivals, 1, `${kind}, ${way}`)
            assert.match(arrivals[0]!.contentLength!, /^\d+$/, `${kind}: the length`)
            if (kind === 'a POST without a body') assert.equal(arrivals[0]!.contentLength, '0')
          }
      },
    },
    {
      name: `${name}: a query whose answer breaks is repeated, signed anew each time`,
      async run() {
        const retry = { attempts: 2, delay: () => 1 }
        const check = async (way: keyof typeof CODES) => {
          const { error, arrivals } = await broken(way, query, { isReused: false, retry })
          includes(error, { name: 'TransportError', code: CODES[way], mayHaveTakenEffect: false })
          // A runtime may send a GET again by itself, as Bun does.
          assert.equal(new Set(arrivals.map(({ nonce }) => nonce)).size, way === 'late' ? 1 : 2, way)
        }
        await Promise.all(BREAKING.map(check))
      },
    },
  ]
}

/**
 * That a runtime's own `fetch` sends a POST again, which the documentation says of it. Where it no longer does, the
 * documentation and the adapter's `fetch` have to be looked at again.
 */
export const sentTwiceCases = (send: typeof fetch, { url, controlUrl }: BreakingServer): readonly Case[] => [
  {
    name: "the runtime's own fetch sends a POST again, whether or not it has a body",
    async run() {
      for (const body of ['{}', null]) {
        const id = `own-${calls++}`
        await (await send(`${url}/answered/${id}-before`, { method: 'POST', body })).text()
        await rejection(send(`${url}/closed/${id}`, { method: 'POST', body }))
        await new Promise(resolve => setTimeout(resolve, RESENT))
        const arrivals = (await (await send(`${controlUrl}/arrivals/${id}`)).json()) as readonly Arrival[]
        assert.lengthOf(arrivals, 2)
      }
    },
  },
]
