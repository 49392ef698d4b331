import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Wechatpay } from '../../src/core/index.ts'
import type { SimulatedMerchant } from '../../src/simulator/index.ts'
import { median } from '../median.ts'

/** What either way did in one round. */
export interface RelayRound {
  /** Calls a second. */
  readonly rate: number
  /** Milliseconds, the median of the calls. */
  readonly latency: number
}

export interface RelayLength {
  /** Calls a round. */
  readonly count: number
  readonly rounds: number
  readonly atOnce: number
}

const TOKEN = 'wxe_bench'

/**
 * A query of an order: a call of the client's over HTTP to the simulator, against the same through the gateway, which a plain
 * `fetch` with a token asks. They take turns.
 *
 * @param delay milliseconds until the simulator answers
 */
export async function relayed(
  delay: number,
  { count, rounds, atOnce }: RelayLength,
): Promise<Record<'direct' | 'gateway', RelayRound[]>> {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-bench-'))
  const simulator = await start<{ url: string; merchant: SimulatedMerchant }>('delayed-simulator.ts', {
    DELAY: String(delay),
  })
  const { merchant, url: baseUrl } = simulator.told
  const { mchid, serial, privateKey, apiv3Key, platformKeys } = merchant
  const client = { mchid, serial, privateKey, apiv3Key, platformKeys, baseUrl }
  const token = `sha256:${createHash('sha256').update(TOKEN).digest('hex')}`
  const gateway = await start<{ url: string }>('relay-server.ts', {
    SETTING: JSON.stringify({ client, data: join(folder, 'gateway.db'), token }),
  })
  try {
    const wxpay = new Wechatpay(client)
    const out_trade_no = 'bench0001'
    const { appid } = merchant
    const order = { appid, mchid, out_trade_no, description: '茶', amount: { total: 100 } }
    await wxpay.v3.pay.transactions.native.post({ ...order, notify_url: 'https://example.com/notify' })
    const headers = { authorization: `Bearer ${TOKEN}` }
    const path = `/v3/pay/transactions/out-trade-no/${out_trade_no}?mchid=${mchid}`
    const ways = {
      direct: async () => {
        const { data } = await wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.get({
          out_trade_no,
          params: { mchid },
        })
        return data.trade_state
      },
      gateway: async () => {
        const response = await fetch(gateway.told.url + path, { headers })
        return ((await response.json()) as { trade_state: string }).trade_state
      },
    }
    const results = { direct: [] as RelayRound[], gateway: [] as RelayRound[] }
    const names = ['direct', 'gateway'] as const
    for (let round = 0; round <= rounds; round++)
      for (const name of round % 2 ? names.toReversed() : names) {
        const measured = await measure(ways[name], count, atOnce)
        // The first warms up.
        if (round > 0) results[name].push(measured)
      }
    return results
  } finally {
    await gateway.stop()
    await simulator.stop()
    await rm(folder, { recursive: true })
  }
}

async function measure(call: () => Promise<string>, count: number, atOnce: number): Promise<RelayRound> {
  const latencies: number[] = []
  const begun = performance.now()
  let left = count
  const caller = async () => {
    while (left-- > 0) {
      const start = performance.now()
      const state = await call()
      if (state !== 'NOTPAY') throw new Error(`trade_state ${state}`)
      latencies.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, caller))
  return { rate: (count / (performance.now() - begun)) * 1000, latency: median(latencies) }
}

async function start<Told>(file: string, env: Record<string, string>) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), { env: { ...process.env, ...env }, execArgv: [] })
  const exited = once(child, 'exit')
  const [told] = (await Promise.race([once(child, 'message'), exited])) as [Told | number]
  if (typeof told !== 'object') throw new Error(`${file} ended with ${told}.`)
  return {
    told,
    async stop() {
      child.disconnect()
      await exited
    },
  }
}
