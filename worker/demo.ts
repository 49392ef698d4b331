import { base64 } from '../src/core/base/bytes.ts'
import { isLocalHost } from '../src/core/base/local-host.ts'
import { once, settleWithin } from '../src/core/base/single-flight.ts'
import { Wechatpay } from '../src/core/index.ts'
import {
  type ConfigurationProblem,
  createGateway,
  type Endpoint,
  type Gateway,
  GatewayConfigurationError,
} from '../src/gateway/index.ts'
import { problemResponse } from '../src/gateway/problem.ts'
import { createSimulatorMount, isControlPath } from '../src/simulator/control/mount.ts'
import { createSimulator } from '../src/simulator/index.ts'
import { checkBindings } from './binding-checks.ts'
import type { Env } from './bindings.ts'
import { ledgerOf } from './ledger-calls.ts'
import { queueOutbox } from './outbox.ts'

/** Matches the variables of a production gateway. */
const PRODUCTION_VARIABLE = /^(?:WECHATPAY|GATEWAY|WEBHOOK)_|^PUBLIC_URL$/
/** `wrangler.toml` always binds it, so it does not tell a production gateway from a demo. */
const ALWAYS_BOUND = 'WECHATPAY_CERTIFICATES'
/** Milliseconds until a job of another merchant is retried: the production gateway may run again by then. */
const FOREIGN_JOB_DELAY = 15 * 60_000

/**
 * Returns whether the demo is requested. Only `SIMULATE=true` requests it: `npm start` passes it to `wrangler dev` for one
 * session, and no deployed file contains it. A missing or misspelt variable therefore never turns a production gateway into a
 * simulation.
 *
 * @throws {GatewayConfigurationError} variables of a production gateway are set as well, or `SIMULATE` is neither `true` nor `false`
 */
export function isDemoRequested(env: Env): boolean {
  const simulate = textOf(env.SIMULATE)
  if (simulate === '' || simulate === 'false') return false
  const problems: ConfigurationProblem[] = []
  if (simulate !== 'true') problems.push({ option: 'SIMULATE', message: 'must be "true" or not set' })
  for (const [name, value] of Object.entries(env))
    if (PRODUCTION_VARIABLE.test(name) && name !== ALWAYS_BOUND && isSet(value))
      problems.push({
        option: name,
        message:
          'set together with SIMULATE, which requests a simulated WeChat Pay. Remove one of them; `npx wrangler dev` runs without SIMULATE',
      })
  checkBindings(env, (option, message, code) => problems.push({ option, message, ...(code && { code }) }))
  const [first, ...others] = problems
  if (first) throw new GatewayConfigurationError([first, ...others])
  return true
}

const textOf = (value: unknown): string => (value === undefined || value === null ? '' : String(value).trim())
const isSet = (value: unknown): boolean => textOf(value) !== ''

/** Milliseconds for which an invocation waits for the notifications that it has caused. Cloudflare ends it after 30 s. */
const MAX_SETTLE_TIME = 20_000

/** The caller that every request is attributed to: the demo checks no tokens. */
const ANYONE = { name: 'demo', credential: { tokens: [] }, allow: ['* /**'] }

/** Creates the simulated WeChat Pay of this isolate, with generated keys, and a client for it. */
const simulated = once(async () => {
  const gateways: { current?: Gateway } = {}
  const simulator = await createSimulator({
    // A Worker cannot always call its own address, so notifications to this gateway are passed to it directly.
    deliver: async (input, init) => {
      const request = new Request(input, init)
      const isOwn = new URL(request.url).pathname.startsWith('/notify')
      return isOwn && gateways.current ? fetchAndSettle(gateways.current, request) : fetch(request)
    },
  })
  const { fetch: send, mtlsFetch, merchant } = simulator
  const secret = `whsec_${base64(crypto.getRandomValues(new Uint8Array(32)))}`
  // biome-ignore lint/suspicious/noConsole: the terminal of `npm start` has to show the secret
  console.log(
    `WeChat Pay is simulated, with throwaway keys, for the merchant ${merchant.mchid}. Deliveries to SIMULATE_WEBHOOK_URL are signed with ${secret}`,
  )
  const client = new Wechatpay({ ...merchant, fetch: send, mtlsFetch })
  return {
    simulator,
    merchant,
    client,
    secret,
    gateways,
    control: createSimulatorMount(simulator, { hasGateway: true }),
  }
})

/** Returns the gateway in front of the simulator. It carries out jobs of the simulated merchant only, and postpones all others. */
export async function demoGateway(env: Env): Promise<Gateway> {
  const { merchant, client, secret, gateways } = await simulated()
  if (gateways.current) return gateways.current
  const ledger = ledgerOf(env.LEDGER)
  const gateway = createGateway({
    merchants: { [merchant.mchid]: client },
    callers: [ANYONE],
    authenticate: async () => ANYONE,
    endpoints: endpointsOf(env, secret),
    // Keeps simulated events out of the ledgers of real merchants.
    ledgerOf: name => ledger(`simulated/${name}`),
    ledgersPurge: true,
    outbox: queueOutbox(env.DELIVERIES),
  })
  gateways.current = {
    ...gateway,
    deliver: async job => (job.mchid === merchant.mchid ? gateway.deliver(job) : FOREIGN_JOB_DELAY),
  }
  return gateways.current
}

/** Calls a gateway and waits for its background work too, which would otherwise end with the invocation. */
async function fetchAndSettle(gateway: Gateway, request: Request): Promise<Response> {
  const background: Promise<unknown>[] = []
  const waitUntil = (work: Promise<unknown>): void => void background.push(work)
  const response = await gateway.fetch(request, undefined, { waitUntil, passThroughOnException() {} })
  await Promise.allSettled(background)
  return response
}

/** Reads `SIMULATE_WEBHOOK_URL`. Its deliveries are signed with a secret that lives as long as the isolate. */
function endpointsOf({ SIMULATE_WEBHOOK_URL: url }: Env, secret: string): readonly Endpoint[] {
  if (!isSet(url)) return []
  if (URL.canParse(String(url)))
    return [{ name: 'webhook', url: String(url), events: ['*'], secrets: [secret], allowPrivate: true }]
  throw new GatewayConfigurationError([
    { option: 'SIMULATE_WEBHOOK_URL', message: 'must be a URL such as http://127.0.0.1:3000/' },
  ])
}

/**
 * Serves the demo, at local addresses only, because it requires no token. The simulator's controls (its records, the shopper, the
 * clock) are under `/simulator`; all other paths belong to the gateway.
 */
export async function serveDemo(
  request: Request,
  env: Env,
  context: { waitUntil(work: Promise<unknown>): void; passThroughOnException(): void },
): Promise<Response> {
  const { hostname, pathname } = new URL(request.url)
  if (!isLocalHost(hostname))
    return problemResponse({
      status: 403,
      code: 'FORBIDDEN',
      detail: `The simulated WeChat Pay is served at 127.0.0.1 and localhost only, not at ${hostname}. To deploy the gateway, set its keys and remove SIMULATE.`,
    })
  const { simulator, control } = await simulated()
  const gateway = await demoGateway(env)
  const responding = isControlPath(pathname) ? control(request) : gateway.fetch(request, env, context)
  // A Worker does nothing between requests, so the simulator sends its notifications after the response, even if the client
  // disconnects. The wait is bounded because a notification of another request may never end.
  context.waitUntil(responding.then(() => settleWithin(simulator.settled(), MAX_SETTLE_TIME)).catch(() => {}))
  return responding
}
