import { base64 } from '../src/core/bytes.ts'
import { Wechatpay } from '../src/core/index.ts'
import { isLocalHost } from '../src/core/local-host.ts'
import { once, settleWithin } from '../src/core/single-flight.ts'
import {
  type ConfigurationProblem,
  createGateway,
  type Endpoint,
  type Gateway,
  GatewayConfigurationError,
} from '../src/gateway/index.ts'
import { problem } from '../src/gateway/problem.ts'
import { createSimulatorMount, isControlPath } from '../src/simulator/control/mount.ts'
import { createSimulator } from '../src/simulator/index.ts'
import { checkBindings } from './binding-checks.ts'
import type { Env } from './bindings.ts'
import { ledgerOf } from './ledger-calls.ts'
import { queueOutbox } from './outbox.ts'

/** Variables whose presence says that this Worker is meant for real money. */
const REAL = /^(?:WECHATPAY|GATEWAY|WEBHOOK)_|^PUBLIC_URL$/
/** `wrangler.toml` binds it for everybody, so it says nothing. */
const ALWAYS_BOUND = 'WECHATPAY_CERTIFICATES'
/** Milliseconds until a job of another merchant's is brought again: the real gateway may be back by then. */
const NOT_OURS = 15 * 60_000

/**
 * Tells whether the demo was asked for. Only `SIMULATE=true` asks for it: `npm start` passes it to `wrangler dev` for one
 * session, and no file that is deployed holds it. Whatever is missing or misspelt beside it never turns a shop into a simulation.
 *
 * @throws {GatewayConfigurationError} it was asked for beside settings that are meant for real money, or not with `true`
 */
export function asksForDemo(env: Env): boolean {
  const wish = textOf(env.SIMULATE)
  if (wish === '' || wish === 'false') return false
  const problems: ConfigurationProblem[] = []
  if (wish !== 'true') problems.push({ option: 'SIMULATE', message: '"true" is expected, or nothing at all' })
  for (const [name, value] of Object.entries(env))
    if (REAL.test(name) && name !== ALWAYS_BOUND && isSet(value))
      problems.push({
        option: name,
        message:
          'set beside SIMULATE, which asks for a simulated WeChat Pay. Remove one of them; `npx wrangler dev` runs without SIMULATE',
      })
  checkBindings(env, (option, message, code) => problems.push({ option, message, ...(code && { code }) }))
  const [first, ...others] = problems
  if (first) throw new GatewayConfigurationError([first, ...others])
  return true
}

const textOf = (value: unknown): string => (value === undefined || value === null ? '' : String(value).trim())
const isSet = (value: unknown): boolean => textOf(value) !== ''

/** Milliseconds that an invocation goes on for the notifications that it has caused. Cloudflare ends it after 30 s. */
const SETTLES_WITHIN = 20_000

/** Anybody may call: there is nothing to lose. */
const ANYONE = { name: 'demo', credential: { tokens: [] }, allow: ['* /**'] }

/** WeChat Pay simulated in this isolate, with keys made for it and thrown away with it, and the gateway before it. */
const simulated = once(async () => {
  const gateways: { current?: Gateway } = {}
  const simulator = await createSimulator({
    // What it notifies at this gateway's own address is handed over here; a Worker cannot call itself everywhere.
    deliver: async (input, init) => {
      const request = new Request(input, init)
      const isOwn = new URL(request.url).pathname.startsWith('/notify')
      return isOwn && gateways.current ? fetchWhole(gateways.current, request) : fetch(request)
    },
  })
  const { fetch: send, mtlsFetch, merchant } = simulator
  const secret = `whsec_${base64(crypto.getRandomValues(new Uint8Array(32)))}`
  // biome-ignore lint/suspicious/noConsole: the terminal of `npm start` has to show what it is
  console.log(
    `WeChat Pay is simulated, with throwaway keys, for the merchant ${merchant.mchid}. Deliveries to SIMULATE_WEBHOOK_URL are signed with ${secret}`,
  )
  const client = new Wechatpay({ ...merchant, fetch: send, mtlsFetch })
  return { simulator, merchant, client, secret, gateways, control: createSimulatorMount(simulator) }
})

/** Returns the gateway before the simulator. It carries out jobs of the simulated merchant only, and leaves all others alone. */
export async function demoGateway(env: Env): Promise<Gateway> {
  const { merchant, client, secret, gateways } = await simulated()
  if (gateways.current) return gateways.current
  const ledger = ledgerOf(env.LEDGER)
  const gateway = createGateway({
    merchants: { [merchant.mchid]: client },
    callers: [ANYONE],
    authenticate: async () => ANYONE,
    endpoints: endpointsOf(env, secret),
    // Simulated events never stand in a ledger of real ones.
    ledgerOf: name => ledger(`simulated/${name}`),
    ledgersPurge: true,
    outbox: queueOutbox(env.DELIVERIES),
  })
  gateways.current = {
    ...gateway,
    deliver: async job => (job.mchid === merchant.mchid ? gateway.deliver(job) : NOT_OURS),
  }
  return gateways.current
}

/** Calls a gateway, and waits for what goes on behind its response as well. Whoever waits for a notification keeps both alive. */
async function fetchWhole(gateway: Gateway, request: Request): Promise<Response> {
  const background: Promise<unknown>[] = []
  const waitUntil = (work: Promise<unknown>): void => void background.push(work)
  const response = await gateway.fetch(request, undefined, { waitUntil, passThroughOnException() {} })
  await Promise.allSettled(background)
  return response
}

/** `SIMULATE_WEBHOOK_URL`, where one wants to see the deliveries; signed with a secret that lives as long as the isolate. */
function endpointsOf({ SIMULATE_WEBHOOK_URL: url }: Env, secret: string): readonly Endpoint[] {
  if (!isSet(url)) return []
  if (URL.canParse(String(url)))
    return [{ name: 'webhook', url: String(url), events: ['*'], secrets: [secret], allowPrivate: true }]
  throw new GatewayConfigurationError([
    { option: 'SIMULATE_WEBHOOK_URL', message: 'a URL is expected, http://127.0.0.1:3000/' },
  ])
}

/**
 * Serves the demo, at local addresses only: it asks nobody for a token. Below `/simulator` one looks into it, and stands in for
 * the shopper and the clock; all else is the gateway's.
 */
export async function serveDemo(
  request: Request,
  env: Env,
  context: { waitUntil(work: Promise<unknown>): void; passThroughOnException(): void },
): Promise<Response> {
  const { hostname, pathname } = new URL(request.url)
  if (!isLocalHost(hostname))
    return problem({
      status: 403,
      code: 'FORBIDDEN',
      detail: `The simulated WeChat Pay is served at local addresses only, 127.0.0.1 or localhost, and not at ${hostname}. A gateway that is deployed needs its keys, and no SIMULATE.`,
    })
  const { simulator, control } = await simulated()
  const gateway = await demoGateway(env)
  const answering = isControlPath(pathname) ? control(request) : gateway.fetch(request, env, context)
  // A Worker does nothing between requests: what is due, as a notification, goes out behind the answer, and if the client
  // disconnects too. What another request has sent out may never end.
  context.waitUntil(answering.then(() => settleWithin(simulator.settled(), SETTLES_WITHIN)).catch(() => {}))
  return answering
}
