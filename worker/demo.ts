import { Wechatpay } from '../src/core/index.ts'
import { once } from '../src/core/once.ts'
import { createGateway, type Gateway, readEndpoints } from '../src/gateway/index.ts'
import { createSimulator } from '../src/simulator/index.ts'
import { createSimulatorMount, isControlPath } from '../src/simulator/mount.ts'
import type { Env } from './bindings.ts'
import { ledgerOf } from './ledger.ts'
import { queueOutbox } from './outbox.ts'

/** Whoever calls: there is nothing to lose. */
const ANYONE = { name: 'demo', credential: { tokens: [] }, allow: ['* /**'] }

/** WeChat Pay simulated in this isolate, with keys made for it and thrown away with it, and the gateway before it. */
const simulated = once(async () => {
  const gateways: { current?: Gateway } = {}
  const simulator = await createSimulator({
    // What it notifies at this gateway's own address is handed over here; a Worker cannot call itself everywhere.
    deliver: async (input, init) => {
      const request = new Request(input, init)
      const isOwn = new URL(request.url).pathname.startsWith('/notify')
      return isOwn && gateways.current ? gateways.current.fetch(request) : fetch(request)
    },
  })
  const { fetch: send, mtlsFetch, merchant } = simulator
  // biome-ignore lint/suspicious/noConsole: whoever starts a Worker without secrets has to see what it is
  console.log(
    `No secrets configured: WeChat Pay is simulated, with throwaway keys, for the merchant ${merchant.mchid}.`,
  )
  const client = new Wechatpay({ ...merchant, fetch: send, mtlsFetch })
  return { simulator, merchant, client, gateways, control: createSimulatorMount(simulator) }
})

/** The gateway before the simulator. */
export async function demoGateway(env: Env): Promise<Gateway> {
  const { merchant, client, gateways } = await simulated()
  gateways.current ??= createGateway({
    merchants: { [merchant.mchid]: client },
    callers: [ANYONE],
    authenticate: async () => ANYONE,
    endpoints: readEndpoints(env),
    ledger: ledgerOf(env.LEDGER),
    ledgersForget: true,
    outbox: queueOutbox(env.DELIVERIES),
  })
  return gateways.current
}

/** Below `/simulator` one looks into it, and stands in for the shopper and the clock; all else is the gateway's. */
export async function serveDemo(
  request: Request,
  env: Env,
  context: { waitUntil(work: Promise<unknown>): void; passThroughOnException(): void },
): Promise<Response> {
  const { simulator, control } = await simulated()
  const gateway = await demoGateway(env)
  const response = await (isControlPath(new URL(request.url).pathname)
    ? control(request)
    : gateway.fetch(request, env, context))
  // A Worker does nothing between requests: what is due, as a notification, goes out behind the answer.
  context.waitUntil(simulator.settled())
  return response
}
