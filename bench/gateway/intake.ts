import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'undici'
import { Wechatpay } from '../../src/core/index.ts'
import { createGateway } from '../../src/gateway/index.ts'
import { openDatabase } from '../../src/storage/sqlite.ts'
import { localLedger } from '../../src/storage/sqlite-ledger.ts'
import { forkGateway } from '../../test/load/fork-gateway.ts'
import { startTestEndpoint } from '../../test/load/test-endpoint.ts'
import type { Message } from '../../test/load/wechatpay.ts'
import { createBare } from './bare.ts'
import { newNotifications, platform } from './notifications.ts'
import { type Contender, type Round, raceRounds } from './race.ts'

const { merchant } = platform
const PATH = `/notify/${merchant.mchid}`
export const CONCURRENCY = 64
export const SECRET = `whsec_${btoa('0123456789abcdef0123456789abcdef')}`

export interface Length {
  /** Notifications per round. */
  readonly count: number
  readonly rounds: number
}

/** Measures over HTTP on the loopback interface, each contender in its own process. */
export async function overHttp({ count, rounds }: Length): Promise<Record<'bare' | 'gateway' | 'delivering', Round[]>> {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-bench-'))
  const shop = await startTestEndpoint(SECRET, { failing: 0, mostFailures: 0, slow: 0 })
  const data = (name: string) => join(folder, `${name}.db`)
  const started = {
    bare: await forkGateway({ merchant, data: '' }, new URL('./bare-server.ts', import.meta.url)),
    gateway: await forkGateway({ merchant, data: data('gateway') }),
    delivering: await forkGateway({ merchant, data: data('delivering'), shop: { url: shop.url, secret: SECRET } }),
  }
  const pools: Pool[] = []
  const contenderOf = ({ url, cpuUsage }: { url: string; cpuUsage: () => Promise<NodeJS.CpuUsage> }) => {
    const pool = new Pool(url, { connections: CONCURRENCY })
    pools.push(pool)
    return { act: post(pool), usage: cpuUsage }
  }
  try {
    const { bare, gateway, delivering } = started
    return await raceRounds(
      {
        bare: contenderOf(bare),
        gateway: contenderOf(gateway),
        delivering: { ...contenderOf(delivering), settle: shop.acknowledged },
      },
      () => newNotifications(count),
      { rounds, atOnce: CONCURRENCY },
    )
  } finally {
    await Promise.all(pools.map(pool => pool.close()))
    await Promise.all(Object.values(started).map(({ close }) => close()))
    await shop.close()
    await rm(folder, { recursive: true })
  }
}

/**
 * Measures without HTTP, from `Request` to `Response` in this process. The gateway also enqueues a delivery, which is
 * never made.
 */
export async function inProcess({ count, rounds }: Length): Promise<Record<'bare' | 'gateway', Round[]>> {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-bench-'))
  const database = await openDatabase(join(folder, 'gateway.db'))
  const { mchid, publicKeyId, publicKey, ...keys } = merchant
  const ledger = localLedger(database, Date.now)
  const gateway = createGateway({
    merchants: { [mchid]: new Wechatpay({ mchid, ...keys, platformKeys: { [publicKeyId]: publicKey } }) },
    callers: [],
    endpoints: [{ name: 'shop', url: 'https://shop.example.com/', events: ['*'], secrets: [SECRET] }],
    ledgerOf: () => ledger,
    outbox: { enqueue: async () => {} },
  })
  const usage = async () => process.cpuUsage()
  const contenderOf = (fetch: (request: Request) => Promise<Response>): Contender<Message> => ({
    usage,
    async act(message) {
      const { status } = await fetch(new Request(`http://127.0.0.1${PATH}`, { method: 'POST', ...message }))
      if (status !== 204) throw new Error(`HTTP ${status}`)
    },
  })
  try {
    return await raceRounds(
      { bare: contenderOf(await createBare(merchant)), gateway: contenderOf(gateway.fetch) },
      () => newNotifications(count),
      { rounds, atOnce: CONCURRENCY },
    )
  } finally {
    await gateway.flushCounts()
    database.close()
    await rm(folder, { recursive: true })
  }
}

export const post =
  (pool: Pool) =>
  async ({ headers, body }: Message): Promise<void> => {
    const response = await pool.request({ path: PATH, method: 'POST', headers, body })
    await response.body.dump()
    if (response.statusCode !== 204) throw new Error(`HTTP ${response.statusCode}`)
  }
