import { setTimeout } from 'node:timers/promises'
import type { Pool } from 'undici'
import { type RunningPostgres, startPostgres } from '../postgres/setup.ts'
import { drive } from './drive.ts'
import { type FaultyNetwork, type NetworkFaults, startFaultyNetwork } from './faulty-network.ts'
import { type Fleet, PATIENCE, startFleet } from './fleet.ts'
import { forkGateway } from './fork-gateway.ts'
import { createMix, type Sending } from './mix.ts'
import { openPostgresReader } from './postgres-ledger.ts'
import { createRandom, type Random } from './random.ts'
import { type LoadRun, SECRET } from './run.ts'
import { startTestEndpoint } from './test-endpoint.ts'
import { createPlatform, type Message, type Platform } from './wechatpay.ts'

const CONCURRENCY = 64
/** Milliseconds until a notification is sent again; WeChat Pay waits 15 s. */
const RESEND_AFTER = 200
/** Milliseconds for which PostgreSQL is away. */
const DOWNTIME = 1_500
const SCHEMA = 'load'

export interface DistributedOptions {
  readonly count: number
  readonly processes: number
  /** Processes that are killed, at random times. */
  readonly kills: number
  /** Of the network between the gateways and PostgreSQL. Default: none. */
  readonly faults?: NetworkFaults
}

export interface DistributedRun extends Omit<LoadRun, 'times'> {
  readonly times: Omit<LoadRun['times'], 'written'>
  /** Sendings that nobody answered, and that the gateway answered with 5xx: they were made again. */
  readonly unanswered: number
  readonly refused: number
  /** Requests that had been sent and not answered when PostgreSQL crashed. */
  readonly pendingAtCrash: number
  /** Processes that ended of their own accord. */
  readonly crashes: number
  /** Connections to PostgreSQL that the network has cut, and frozen. */
  readonly cuts: number
  readonly freezes: number
}

/** The network of {@link runDistributed} with faults: each round trip takes 4 to 24 ms. */
export const BAD_NETWORK: NetworkFaults = { latency: 2, jitter: 10, lifetime: 15_000, freezeEvery: 10 }

/**
 * Sends notifications to several gateways that share a PostgreSQL. Gateways are killed and started again at random times, and PostgreSQL
 * crashes once in the middle. Waits until all is delivered.
 */
export async function runDistributed({ count, processes, kills, faults }: DistributedOptions): Promise<DistributedRun> {
  const random = createRandom(count + processes)
  const postgres = await startPostgres()
  const shop = await startTestEndpoint(SECRET, { failing: 0.5, mostFailures: 6, slow: 0.002 })
  const network = faults && (await startFaultyNetwork(postgres.url, faults, random))
  const platform = createPlatform()
  const data = `${network?.url ?? postgres.url}?schema=${SCHEMA}`
  const setting = { merchant: platform.merchant, data, shop: { url: shop.url, secret: SECRET } }
  let fleet: Fleet | undefined
  try {
    const mix = await createMix(count, platform)
    fleet = await startFleet(processes, () => forkGateway(setting), { connections: CONCURRENCY, random })
    const begin = performance.now()
    const disasters = planDisasters({ count, kills, random, fleet, postgres })
    const sender = createSender(platform, fleet, disasters.progress)
    const statuses = await drive(mix.sendings, CONCURRENCY, sender.send)
    const answered = performance.now() - begin
    const pendingAtCrash = await disasters.crashed()
    await shop.acknowledged(mix.genuine.length)
    const delivered = performance.now() - begin
    network?.calm()
    const cpu = await fleet.cpuUsage()
    const ledger = await endAndRead(postgres, fleet)
    const times = { answered, delivered, cpu }
    const happened = { pendingAtCrash, crashes: fleet.crashes(), ...strikes(network) }
    return { mix, statuses, shop, ledger, times, ...sender.counts, ...happened }
  } finally {
    await fleet?.kill()
    await network?.close()
    await shop.close()
    await postgres.stop()
  }
}

const strikes = (network: FaultyNetwork | undefined) => ({
  cuts: network?.cuts() ?? 0,
  freezes: network?.freezes() ?? 0,
})

/**
 * Plans what happens when so many sendings were answered: PostgreSQL crashes after half of them, and each kill has a part of its own, so
 * that they do not come all at once.
 */
function planDisasters({
  count,
  kills,
  random,
  fleet,
  postgres,
}: {
  count: number
  kills: number
  random: Random
  fleet: Fleet
  postgres: RunningPostgres
}) {
  let crashed: Promise<number> | undefined
  const crash = (pending: number) => {
    crashed = postgres.crash(DOWNTIME).then(() => pending)
  }
  const plan: { readonly at: number; readonly happen: (pending: number) => void }[] = [
    { at: count / 2, happen: crash },
    ...Array.from({ length: kills }, (_, kill) => ({
      at: count * (0.05 + (0.9 * (kill + random())) / kills),
      happen: fleet.killOne,
    })),
  ].sort((one, other) => one.at - other.at)
  let answered = 0
  return {
    /** @param pending requests that are sent and not answered */
    progress(pending: number): void {
      answered++
      while (plan.length > 0 && answered >= plan[0]!.at) plan.shift()!.happen(pending)
    },
    /** Waits until PostgreSQL is back. Returns the requests that were pending when it crashed. */
    crashed: async (): Promise<number> => (await crashed) ?? 0,
  }
}

/** Sends notifications as WeChat Pay does: what is not acknowledged is encrypted and signed anew, and sent again. */
function createSender(platform: Platform, fleet: Fleet, progress: (pending: number) => void) {
  const counts = { unanswered: 0, refused: 0 }
  let pending = 0
  const path = `/notify/${platform.merchant.mchid}`
  const post = async (pool: Pool, message: Message): Promise<number | undefined> => {
    pending++
    try {
      const answering = pool.request({ path, method: 'POST', ...message }).then(async ({ body, statusCode }) => {
        await body.dump()
        return statusCode
      })
      // A request to a gateway that was killed may be left without an answer and without an error.
      answering.catch(() => {})
      return await Promise.race([answering, setTimeout(2 * PATIENCE, undefined, { ref: false })])
    } catch {
      return undefined
    } finally {
      pending--
    }
  }
  return {
    counts,
    async send({ event, flaw, message }: Sending): Promise<number> {
      for (let again = message; ; again = await platform.write(event, flaw)) {
        const status = await post(await fleet.choose(), again)
        if (status !== undefined && status < 500) {
          progress(pending)
          return status
        }
        counts[status === undefined ? 'unanswered' : 'refused']++
        await setTimeout(RESEND_AFTER)
      }
    },
  }
}

/** A delivery whose process was killed before it had recorded the outcome is made again when its lease expires. */
async function endAndRead(postgres: RunningPostgres, fleet: Fleet) {
  const reader = await openPostgresReader(postgres.url, SCHEMA)
  try {
    while ((await reader.pending()) > 0) await setTimeout(200)
    await fleet.close()
    return await reader.read()
  } finally {
    await reader.close()
  }
}
