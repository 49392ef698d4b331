import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'undici'
import { forkGateway } from '../../test/load/fork-gateway.ts'
import { CONCURRENCY, type Length, post } from '../gateway/intake.ts'
import { newNotifications, platform } from '../gateway/notifications.ts'
import { type Contender, type Round, raceRounds } from '../gateway/race.ts'

type Notification = Awaited<ReturnType<typeof newNotifications>>[number]

/** Measures the intake of one process over HTTP, with its ledger in a file and in PostgreSQL. Both wait for the disk. */
export async function intakeOf(
  url: string,
  { count, rounds }: Length,
): Promise<Record<'sqlite' | 'postgres', Round[]>> {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-bench-'))
  const { merchant } = platform
  const gateways = {
    sqlite: await forkGateway({ merchant, data: join(folder, 'gateway.db') }),
    postgres: await forkGateway({ merchant, data: `${url}?schema=intake` }),
  }
  const pools: Pool[] = []
  const contenderOf = (gateway: { url: string; cpuUsage: () => Promise<NodeJS.CpuUsage> }): Contender<Notification> => {
    const pool = new Pool(gateway.url, { connections: CONCURRENCY })
    pools.push(pool)
    return { act: post(pool), usage: gateway.cpuUsage }
  }
  try {
    return await raceRounds(
      { sqlite: contenderOf(gateways.sqlite), postgres: contenderOf(gateways.postgres) },
      () => newNotifications(count),
      { rounds, atOnce: CONCURRENCY },
    )
  } finally {
    await Promise.all(pools.map(pool => pool.close()))
    await Promise.all(Object.values(gateways).map(({ close }) => close()))
    await rm(folder, { recursive: true })
  }
}
