import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'undici'
import { drive } from './drive.ts'
import { forkGateway } from './fork-gateway.ts'
import { type LedgerContents, readLedger } from './ledger.ts'
import { createMix, type Mix } from './mix.ts'
import { openShop, type Shop } from './shop.ts'
import { createPlatform } from './wechatpay.ts'

export const SECRET = `whsec_${btoa('0123456789abcdef0123456789abcdef')}`
const ABREAST = 64

export interface LoadRun {
  readonly mix: Mix
  /** The answers' statuses, in the order of the sendings. */
  readonly statuses: readonly number[]
  readonly shop: Shop
  readonly ledger: LedgerContents
  /** Milliseconds: what was written before the clock; until all was answered; until all was delivered; the gateway's processor time. */
  readonly times: {
    readonly written: number
    readonly answered: number
    readonly delivered: number
    readonly cpu: number
  }
}

/** Sends notifications to a gateway over HTTP, behind which stands an endpoint that fails every other time, and waits until all is delivered. */
export async function runLoad(count: number): Promise<LoadRun> {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-load-'))
  const shop = await openShop(SECRET, { failing: 0.5, mostFailures: 6, slow: 0.002 })
  try {
    const platform = createPlatform()
    const begun = performance.now()
    const mix = await createMix(count, platform)
    const { merchant } = platform
    const data = join(folder, 'gateway.db')
    const gateway = await forkGateway({ merchant, data, shop: { url: shop.url, secret: SECRET } })
    const pool = new Pool(gateway.url, { connections: ABREAST })
    const start = performance.now()
    const statuses = await drive(mix.sendings, ABREAST, async ({ message: { headers, body } }) => {
      const answer = await pool.request({ path: `/notify/${merchant.mchid}`, method: 'POST', headers, body })
      await answer.body.dump()
      return answer.statusCode
    })
    const answered = performance.now() - start
    await shop.acknowledged(mix.genuine.length)
    const delivered = performance.now() - start
    const { user, system } = await gateway.cpuUsage()
    await pool.close()
    await gateway.close()
    const times = { written: start - begun, answered, delivered, cpu: (user + system) / 1000 }
    return { mix, statuses, shop, times, ledger: readLedger(data) }
  } finally {
    await shop.close()
    await rm(folder, { recursive: true })
  }
}
