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

/** One round of either contender. */
export interface RelayRound {
  /** Calls per second. */
  readonly rate: number
  /** Median latency of the calls in milliseconds. */
  readonly latency: number
}

export interface RelayLength {
  /** Calls per round. */
  readonly count: number
  readonly rounds: number
  readonly atOnce: number
}

const TOKEN = 'wxe_bench'

const NUMBER = 'bench0001'
let placed = 0

/** The calls, each by a client and by a `fetch` through the gateway. */
export const CALLS = {
  query: {
    name: 'GET, an order',
    direct: async (wxpay: Wechatpay, { mchid }: SimulatedMerchant) => {
      const { outTradeNo } = wxpay.v3.pay.transactions
      const { data } = await outTradeNo._out_trade_no_.get({ out_trade_no: NUMBER, params: { mchid } })
      return data.trade_state === 'NOTPAY'
    },
    gateway: async (url: string, headers: Record<string, string>, { mchid }: SimulatedMerchant) => {
      const response = await fetch(`${url}/v3/pay/transactions/out-trade-no/${NUMBER}?mchid=${mchid}`, { headers })
      return ((await response.json()) as { trade_state: string }).trade_state === 'NOTPAY'
    },
  },
  order: {
    name: 'POST, an order',
    direct: async (wxpay: Wechatpay, merchant: SimulatedMerchant) => {
      const { data } = await wxpay.v3.pay.transactions.native.post(orderOf(merchant, `direct${placed++}`))
      return data.code_url !== undefined
    },
    gateway: async (url: string, headers: Record<string, string>, merchant: SimulatedMerchant) => {
      const body = JSON.stringify(orderOf(merchant, `gateway${placed++}`))
      const response = await fetch(`${url}/v3/pay/transactions/native`, { method: 'POST', headers, body })
      return ((await response.json()) as { code_url?: string }).code_url !== undefined
    },
  },
} as const

function orderOf({ appid, mchid }: SimulatedMerchant, out_trade_no: string) {
  const notify_url = 'https://example.com/notify'
  return { appid, mchid, out_trade_no, notify_url, description: '茶', amount: { total: 100 } }
}

/**
 * Compares a client that calls the simulator over HTTP with a plain `fetch` that calls it through the gateway, in
 * turns.
 *
 * @param delay milliseconds until the simulator responds
 */
export async function relayed(
  call: keyof typeof CALLS,
  delay: number,
  { count, rounds, atOnce }: RelayLength,
): Promise<Record<'direct' | 'gateway', RelayRound[]>> {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-bench-'))
  const simulator = await start<{ url: string; merchant: SimulatedMerchant }>('delayed-simulator.ts', {
    DELAY: String(delay),
  })
  const { merchant, url: baseUrl } = simulator.message
  const { mchid, serial, privateKey, apiv3Key, platformKeys } = merchant
  const client = { mchid, serial, privateKey, apiv3Key, platformKeys, baseUrl }
  const token = `sha256:${createHash('sha256').update(TOKEN).digest('hex')}`
  const gateway = await start<{ url: string }>('relay-server.ts', {
    SETTING: JSON.stringify({ client, data: join(folder, 'gateway.db'), token }),
  })
  try {
    const wxpay = new Wechatpay(client)
    await wxpay.v3.pay.transactions.native.post(orderOf(merchant, NUMBER))
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
    const contenders = {
      direct: () => CALLS[call].direct(wxpay, merchant),
      gateway: () => CALLS[call].gateway(gateway.message.url, headers, merchant),
    }
    const results = { direct: [] as RelayRound[], gateway: [] as RelayRound[] }
    const names = ['direct', 'gateway'] as const
    for (let round = 0; round <= rounds; round++)
      for (const name of round % 2 ? names.toReversed() : names) {
        const measured = await measure(contenders[name], count, atOnce)
        // The first round is a warm-up.
        if (round > 0) results[name].push(measured)
      }
    return results
  } finally {
    await gateway.stop()
    await simulator.stop()
    await rm(folder, { recursive: true })
  }
}

async function measure(call: () => Promise<boolean>, count: number, atOnce: number): Promise<RelayRound> {
  const latencies: number[] = []
  const begin = performance.now()
  let left = count
  const caller = async () => {
    while (left-- > 0) {
      const start = performance.now()
      if (!(await call())) throw new Error('The response is not the expected one.')
      latencies.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, caller))
  return { rate: (count / (performance.now() - begin)) * 1000, latency: median(latencies) }
}

async function start<Message>(file: string, env: Record<string, string>) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), { env: { ...process.env, ...env }, execArgv: [] })
  const exited = once(child, 'exit')
  const [message] = (await Promise.race([once(child, 'message'), exited])) as [Message | number]
  if (typeof message !== 'object') throw new Error(`${file} ended with ${message}.`)
  return {
    message,
    async stop() {
      child.disconnect()
      await exited
    },
  }
}
