import type { Exchange } from '../../../simulator/index.ts'
import { CommandError } from '../../command.ts'
import { describeResponse, sendToShop } from './shop-response.ts'
import type { SimulatorControl } from './simulator-control.ts'

/** Unpaid orders of the shop to rehearse with. */
export interface OrderSource {
  /** Returns the number of an order that was not used yet; undefined if there is none. */
  next(): Promise<string | undefined>
}

/** Returns the orders that were placed beforehand, one after another. */
export function givenOrders(numbers: readonly string[]): OrderSource {
  const rest = [...numbers]
  return { next: async () => rest.shift() }
}

const PLACING = /^\/v3\/pay\/(?:partner\/)?transactions\/(?:jsapi|app|h5|native)$|^\/pay\/unifiedorder$/

/**
 * Has the shop place an order for each call: sends a POST to the shop as its own page does, and reads in the simulator's journal
 * which order it placed.
 *
 * @param placement.body JSON
 */
export function placedOrders(
  placement: { readonly url: URL; readonly body: string },
  simulator: SimulatorControl,
  stopped: AbortSignal,
): OrderSource {
  const { url, body } = placement
  return {
    async next() {
      const known = new Set((await simulator.journal()).map(({ requestId }) => requestId))
      const headers = { 'Content-Type': 'application/json' }
      const response = await sendToShop(url, { headers, body }, stopped)
      const placed = (await simulator.journal()).findLast(
        exchange => !known.has(exchange.requestId) && isPlacing(exchange),
      )
      const number = placed && numberIn(placed)
      if (number !== undefined) return number
      throw new CommandError(
        `--place-url ${url.origin}${url.pathname} placed no order at the simulator: ${describeResponse(response)}. It must place one with each POST; give --place-body if it needs one.`,
      )
    },
  }
}

const isPlacing = ({ path, signature, status }: Exchange): boolean =>
  signature === 'valid' && status === 200 && PLACING.test(path)

/** Reads the order's number in the text that the shop signed. */
function numberIn({ api, signedText }: Exchange): string | undefined {
  if (api === 'v2') return /(?:^|&)out_trade_no=([^&]*)/.exec(signedText)?.[1]
  const body = signedText.split('\n').slice(4, -1).join('\n')
  try {
    return Object(JSON.parse(body)).out_trade_no
  } catch {
    return undefined
  }
}
