import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'undici'
import { type Command, serveCommand } from './command.ts'
import { drive } from './drive.ts'
import { type LedgerContents, readLedger } from './ledger.ts'
import { createMix, type Mix, type Sending } from './mix.ts'
import { startTestEndpoint, type TestEndpoint } from './test-endpoint.ts'
import { createPlatform } from './wechatpay.ts'

const SECRET = `whsec_${btoa('fedcba9876543210fedcba9876543210')}`
const CONCURRENCY = 64

export interface KilledRun {
  readonly mix: Mix
  readonly statuses: readonly number[]
  readonly shop: TestEndpoint
  readonly ledger: LedgerContents
  readonly kills: number
  /** Sendings that nobody answered, and that were made again. */
  readonly unanswered: number
}

/**
 * The same, with a gateway that is killed several times, each time with requests and deliveries under way, and started
 * again on its file.
 */
export async function runKilled(count: number, kills: number): Promise<KilledRun> {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-killed-'))
  const shop = await startTestEndpoint(SECRET, { failing: 0.05, mostFailures: 1, slow: 0.02 })
  const platform = createPlatform()
  const { merchant } = platform
  const data = join(folder, 'gateway.db')
  const start = async () => {
    const command = await serveCommand(merchant, data, { url: shop.url, secret: SECRET })
    return { command, pool: new Pool(command.url, { connections: CONCURRENCY }) }
  }
  let running: Promise<{ command: Command; pool: Pool }> | undefined
  try {
    const mix = await createMix(count, platform)
    running = start()
    let [answered, killed, unanswered] = [0, 0, 0]

    const restart = async (): Promise<{ command: Command; pool: Pool }> => {
      const { command, pool } = await running!
      await command.end('SIGKILL')
      await pool.destroy()
      return start()
    }
    const send = async ({ event, flaw, message }: Sending): Promise<number> => {
      for (let again = message; ; again = await platform.write(event, flaw)) {
        const { pool } = await running!
        try {
          const answer = await pool.request({ path: `/notify/${merchant.mchid}`, method: 'POST', ...again })
          await answer.body.dump()
          if (++answered >= ((killed + 1) * count) / (kills + 1) && killed < kills) {
            killed++
            running = restart()
          }
          return answer.statusCode
        } catch {
          unanswered++
        }
      }
    }
    const statuses = await drive(mix.sendings, CONCURRENCY, send)
    await shop.acknowledged(mix.genuine.length)
    const { command, pool } = await running
    await pool.close()
    await command.end('SIGTERM')
    running = undefined
    return { mix, statuses, shop, ledger: readLedger(data), kills: killed, unanswered }
  } finally {
    await (await running?.catch(() => undefined))?.command.end('SIGKILL')
    await shop.close()
    await rm(folder, { recursive: true })
  }
}
