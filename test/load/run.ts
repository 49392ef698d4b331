import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'undici'
import { drive } from './drive.ts'
import { forkGateway } from './fork-gateway.ts'
import { type LedgerContents, readLedger } from './ledger.ts'
import { createMix, type Mix } from './mix.ts'
import { type EndpointFaults, startTestEndpoint, type TestEndpoint } from './test-endpoint.ts'
import { createPlatform, type Merchant } from './wechatpay.ts'

export const SECRET = `whsec_${btoa('0123456789abcdef0123456789abcdef')}`
const CONCURRENCY = 64

export interface LoadRun {
  readonly mix: Mix
  /** The answers' statuses, in the order of the sendings. */
  readonly statuses: readonly number[]
  readonly shop: TestEndpoint
  readonly ledger: LedgerContents
  /** Milliseconds: what was written before the clock; until all was answered; until all was delivered; the gateway's processor time. */
  readonly times: {
    readonly written: number
    readonly answered: number
    readonly delivered: number
    readonly cpu: number
  }
}

/** A gateway under load. */
export interface LoadedGateway {
  readonly url: string
  readonly cpuUsage: () => Promise<NodeJS.CpuUsage>
  /** Ends it in order, and reads its ledger. */
  readonly close: () => Promise<LedgerContents>
}

export interface LoadOptions {
  /** @param folder for its files; it is deleted in the end */
  readonly start: (merchant: Merchant, shopUrl: string, folder: string) => Promise<LoadedGateway>
  /** How the endpoint behaves. */
  readonly temper: EndpointFaults
}

/** The gateway in a process, its ledger in a file. It waits less before it tries again, so its endpoint may fail often. */
const IN_PROCESS: LoadOptions = {
  temper: { failing: 0.5, mostFailures: 6, slow: 0.002 },
  async start(merchant, url, folder) {
    const data = join(folder, 'gateway.db')
    const gateway = await forkGateway({ merchant, data, shop: { url, secret: SECRET } })
    return {
      url: gateway.url,
      cpuUsage: gateway.cpuUsage,
      async close() {
        await gateway.close()
        return readLedger(data)
      },
    }
  },
}

/**
 * Sends notifications to a gateway over HTTP, behind which stands an endpoint that fails now and then, and waits until
 * all is delivered.
 */
export async function runLoad(count: number, { start, temper }: LoadOptions = IN_PROCESS): Promise<LoadRun> {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-load-'))
  const shop = await startTestEndpoint(SECRET, temper)
  try {
    const platform = createPlatform()
    const begun = performance.now()
    const mix = await createMix(count, platform)
    const { merchant } = platform
    const gateway = await start(merchant, shop.url, folder)
    const pool = new Pool(gateway.url, { connections: CONCURRENCY })
    const begin = performance.now()
    const statuses = await drive(mix.sendings, CONCURRENCY, async ({ message: { headers, body } }) => {
      const answer = await pool.request({ path: `/notify/${merchant.mchid}`, method: 'POST', headers, body })
      await answer.body.dump()
      return answer.statusCode
    })
    const answered = performance.now() - begin
    await shop.acknowledged(mix.genuine.length)
    const delivered = performance.now() - begin
    const { user, system } = await gateway.cpuUsage()
    await pool.close()
    const ledger = await gateway.close()
    const times = { written: begin - begun, answered, delivered, cpu: (user + system) / 1000 }
    return { mix, statuses, shop, times, ledger }
  } finally {
    await shop.close()
    await rm(folder, { recursive: true })
  }
}
