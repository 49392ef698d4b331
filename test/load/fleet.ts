import { setTimeout } from 'node:timers/promises'
import { Pool } from 'undici'
import { type ForkedGateway, GatewayExit, UNAVAILABLE } from './fork-gateway.ts'
import type { Random } from './random.ts'

/** Milliseconds that WeChat Pay waits for a response. */
export const PATIENCE = 5_000
/** Milliseconds until a process is started that has ended, at most, and that has found no database. */
const MAX_PAUSE = 1_000
const RESTART_PAUSE = 300

/** Gateways that share a ledger, of which any may be killed at any time; another one starts in its place. */
export interface Fleet {
  /** Chooses one of those that run, as a load balancer does. */
  readonly choose: () => Promise<Pool>
  /** Kills one of those that run (SIGKILL). */
  readonly killOne: () => void
  /** Processes that have ended although nobody killed them. */
  readonly crashes: () => number
  readonly cpuUsage: () => Promise<number>
  /** Waits for those that are starting, and ends all in order. */
  readonly close: () => Promise<void>
  /** Kills those that are left. */
  readonly kill: () => Promise<void>
}

interface Member {
  readonly gateway: ForkedGateway
  readonly pool: Pool
}

/**
 * Starts gateways.
 *
 * @param connections at most so many to each gateway
 */
export async function startFleet(
  size: number,
  start: () => Promise<ForkedGateway>,
  { connections, random }: { connections: number; random: Random },
): Promise<Fleet> {
  const running = new Set<Member>()
  const changes = new Set<Promise<void>>()
  let crashes = 0
  let isClosing = false

  async function add(): Promise<void> {
    const gateway = await startPatiently(start)
    const pool = new Pool(gateway.url, { connections, headersTimeout: PATIENCE, bodyTimeout: PATIENCE })
    const member = { gateway, pool }
    running.add(member)
    void gateway.exited.then(() => {
      if (isClosing || !running.delete(member)) return
      crashes++
      change(replace(member))
    })
  }

  async function replace({ gateway, pool }: Member): Promise<void> {
    await gateway.kill()
    await pool.destroy()
    await setTimeout(random() * MAX_PAUSE)
    await add()
  }

  function change(work: Promise<void>): void {
    changes.add(work)
    void work.then(() => changes.delete(work))
  }

  await Promise.all(Array.from({ length: size }, add))
  const chooseMember = (): Member | undefined => [...running][Math.floor(random() * running.size)]
  return {
    async choose() {
      for (;;) {
        const member = chooseMember()
        if (member) return member.pool
        await setTimeout(20)
      }
    },
    killOne() {
      const member = chooseMember()
      if (!member) return
      running.delete(member)
      change(replace(member))
    },
    crashes: () => crashes,
    async cpuUsage() {
      const usages = await Promise.all([...running].map(({ gateway }) => gateway.cpuUsage()))
      return usages.reduce((sum, { user, system }) => sum + user + system, 0) / 1000
    },
    async close() {
      while (changes.size > 0) await Promise.all(changes)
      isClosing = true
      await Promise.all(
        [...running].map(async ({ gateway, pool }) => {
          await pool.close()
          await gateway.close()
        }),
      )
      running.clear()
    },
    async kill() {
      await Promise.allSettled(changes)
      isClosing = true
      await Promise.all([...running].map(({ gateway }) => gateway.kill()))
    },
  }
}

/** Starts a gateway, again and again while there is no database, as Kubernetes and systemd do. */
async function startPatiently(start: () => Promise<ForkedGateway>): Promise<ForkedGateway> {
  for (;;)
    try {
      return await start()
    } catch (error) {
      if (!(error instanceof GatewayExit && error.code === UNAVAILABLE)) throw error
      await setTimeout(RESTART_PAUSE)
    }
}
