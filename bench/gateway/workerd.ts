import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { Pool } from 'undici'
import { startTestEndpoint } from '../../test/load/test-endpoint.ts'
import type { Merchant } from '../../test/load/wechatpay.ts'
import { CONCURRENCY, type Length, post, SECRET } from './intake.ts'
import { newNotifications, platform } from './notifications.ts'
import { type Contender, type Round, raceRounds } from './race.ts'

type Name = 'bare' | 'gateway' | 'delivering'

/**
 * Measures the deployed Worker with its Durable Object and its queue, and a bare Worker: each in its own workerd, over
 * HTTP.
 */
export async function inWorkerd({ count, rounds }: Length): Promise<Record<Name, Round[]>> {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-bench-'))
  const shop = await startTestEndpoint(SECRET, { failing: 0, mostFailures: 0, slow: 0 })
  const worker = await bundle('../../worker/index.ts')
  const webhook = { WEBHOOK_URL: shop.url, WEBHOOK_SECRET: SECRET, WEBHOOK_ALLOW_PRIVATE: 'true' }
  const started = {
    bare: await start(await bundle('./bare-worker.ts'), join(folder, 'bare')),
    gateway: await start(worker, join(folder, 'gateway'), SETTING),
    delivering: await start(worker, join(folder, 'delivering'), { ...SETTING, ...webhook }),
  }
  try {
    const { bare, gateway, delivering } = started
    return await raceRounds(
      { bare, gateway, delivering: { ...delivering, settle: shop.acknowledged } },
      () => newNotifications(count),
      { rounds, atOnce: CONCURRENCY },
    )
  } finally {
    for (const { stop } of Object.values(started)) await stop()
    await shop.close()
    await rm(folder, { recursive: true, force: true })
  }
}

export const SETTING: Record<string, string> = {
  GATEWAY_TOKEN: `sha256:${createHash('sha256').update('wxe_bench').digest('hex')}`,
  GATEWAY_LOG: 'warn',
}

export async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    external: ['cloudflare:workers'],
  })
  return outputFiles[0]!.text
}

interface Started extends Contender<Parameters<ReturnType<typeof post>>[0]> {
  readonly url: string
  readonly usage: () => Promise<NodeJS.CpuUsage>
  readonly stop: () => Promise<void>
}

/** Starts a Worker; with `setting`, it gets the bindings of `wrangler.toml`. */
export async function start(
  script: string,
  persist: string,
  setting?: Record<string, string>,
  merchant: Merchant = platform.merchant,
): Promise<Started> {
  const before = new Set(workerds())
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script,
      compatibilityDate: '2026-10-30',
      host: '127.0.0.1',
      port: 0,
      cf: false,
      bindings: {
        WECHATPAY_MCHID: merchant.mchid,
        WECHATPAY_SERIAL: merchant.serial,
        WECHATPAY_PRIVATE_KEY: merchant.privateKey,
        WECHATPAY_APIV3_KEY: merchant.apiv3Key,
        WECHATPAY_PUBLIC_KEY_ID: merchant.publicKeyId,
        WECHATPAY_PUBLIC_KEY: merchant.publicKey,
        ...setting,
      },
      ...(setting && {
        durableObjects: { LEDGER: { className: 'LedgerObject', useSQLite: true } },
        resourcePersistencePath: persist,
        queueProducers: { DELIVERIES: 'deliveries' },
        queueConsumers: { deliveries: { maxBatchSize: 20, maxBatchTimeout: 1, maxRetries: 100 } },
        kvNamespaces: ['WECHATPAY_CERTIFICATES'],
      }),
    }),
  )
  const { origin } = await miniflare.ready
  const pids = workerds().filter(pid => !before.has(pid))
  const pool = new Pool(origin, { connections: CONCURRENCY })
  return {
    url: origin,
    act: post(pool),
    usage: async () => usageOf(pids),
    async stop() {
      await pool.destroy()
      await miniflare.dispose()
    },
  }
}

/** Lists the process ids of this process's workerds. */
const workerds = (): number[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => {
      const stat = statOf(pid)
      return stat?.name === 'workerd' && stat.parent === process.pid
    })

/** Reads proc(5); processor time is in ticks of 10 ms. */
function statOf(pid: number): { name: string; parent: number; user: number; system: number } | undefined {
  try {
    const [, name = '', rest = ''] = /\((.*)\) (.*)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
    const fields = rest.split(' ').map(Number)
    return { name, parent: fields[1]!, user: fields[11]!, system: fields[12]! }
  } catch {
    return undefined
  }
}

/** Microseconds. */
const TICK = 10_000

function usageOf(pids: readonly number[]): NodeJS.CpuUsage {
  const sum = (kind: 'user' | 'system') => pids.reduce((total, pid) => total + (statOf(pid)?.[kind] ?? 0), 0)
  return { user: sum('user') * TICK, system: sum('system') * TICK }
}
