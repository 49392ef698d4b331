import { Wechatpay } from '../../core/index.ts'
import { targetOf } from '../../simulator/http/request-url.ts'
import { createSimulator, type Simulator } from '../../simulator/index.ts'
import { createRandom, type Random } from '../../simulator/state/random.ts'
import type { Exchange } from '../record/record-exchange.ts'
import { createVocabulary, type Vocabulary } from '../record/vocabulary.ts'

/** A simulator in this process, the client that calls it, and what the calls so far have shown. */
export interface ReplaySession {
  readonly simulator: Simulator
  readonly client: Wechatpay
  readonly random: Random
  /** The words that may be sent as the recording has them. */
  readonly vocabulary: Vocabulary
  /** Texts of this replay by their numbers in the recording. */
  readonly texts: Map<number, string>
  /** Returns the last exchange with the simulator, once. */
  takeExchange(): Exchange | undefined
}

/**
 * Starts a simulator that sends nothing: a recording may come from somebody else, and may name any address as its `notify_url`.
 *
 * @param allowed words that the user has allowed, besides those of the definitions
 */
export async function createReplaySession(allowed: readonly string[]): Promise<ReplaySession> {
  const deliver = async () => new Response(null, { status: 204 })
  const simulator = await createSimulator({ seed: 'replay', brandId: '40000101', deliver })
  let last: Exchange | undefined
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    const requestBody = new Uint8Array(await request.clone().arrayBuffer())
    const response = await simulator.fetch(request)
    last = {
      method: request.method,
      target: targetOf(request),
      requestBody,
      status: response.status,
      responseHeaders: Object.fromEntries(response.headers),
      responseBody: new Uint8Array(await response.clone().arrayBuffer()),
    }
    return response
  }
  const { merchant, brand, mtlsFetch } = simulator
  return {
    simulator,
    client: new Wechatpay({ ...merchant, ...(brand && { brand }), fetch, mtlsFetch, retry: false }),
    random: createRandom('replay'),
    vocabulary: createVocabulary(allowed),
    texts: new Map(),
    takeExchange() {
      const exchange = last
      last = undefined
      return exchange
    },
  }
}
