import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { optionsFrom } from '../../src/adapters/node.ts'
import { Wechatpay } from '../../src/core/index.ts'
import type { SimulatedMerchant } from '../../src/simulator/index.ts'
import { median } from '../median.ts'
import { processorTime } from '../simulator/orders.ts'
import type { RelaySetting } from './relay-server.ts'

/** One round of a contender. */
export interface RelayRound {
  /** Calls per second. */
  readonly rate: number
  /** Median latency of the calls in milliseconds. */
  readonly latency: number
  /** Milliseconds of processor time of a call, in the process that signs it: the client, the floor or the gateway. */
  readonly cpu: number
}

export interface RelayLength {
  /** Calls per round. */
  readonly count: number
  readonly rounds: number
  /** Calls of each contender before its first round. */
  readonly warmUp: number
  readonly atOnce: number
}

/** Calls at a time in the warm-up. */
const WARM_UP_CONCURRENCY = 16

const TOKEN = 'wxe_bench'

const NUMBER = 'bench0001'
let placed = 0

/** The contenders, in the order of the report. `floor` is a proxy that only receives, signs, sends and responds. */
export const CONTENDERS = ['direct', 'floor', 'gateway'] as const
export type RelayContenderName = (typeof CONTENDERS)[number]

/** The calls, each by a client and by a `fetch` through a proxy. */
export const CALLS = {
  query: {
    name: 'GET, an order',
    direct: async (wxpay: Wechatpay, { mchid }: SimulatedMerchant) => {
      const { outTradeNo } = wxpay.v3.pay.transactions
      const { data } = await outTradeNo._out_trade_no_.get({ out_trade_no: NUMBER, params: { mchid } })
      return data.trade_state === 'NOTPAY'
    },
    proxied: async (url: string, headers: Record<string, string>, { mchid }: SimulatedMerchant) => {
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
    proxied: async (url: string, headers: Record<string, string>, merchant: SimulatedMerchant) => {
      const body = JSON.stringify(orderOf(merchant, `proxied${placed++}`))
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
 * Compares a client that calls the simulator over HTTP with a plain `fetch` that calls it through the gateway and
 * through the floor, in turns.
 *
 * @param delay milliseconds until the simulator responds
 */
export async function relayed(
  call: keyof typeof CALLS,
  delay: number,
  { count, rounds, warmUp, atOnce }: RelayLength,
): Promise<Record<RelayContenderName, RelayRound[]>> {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-bench-'))
  const simulator = await start<{ url: string; merchant: SimulatedMerchant }>('delayed-simulator.ts', {
    DELAY: String(delay),
  })
  const { merchant, url: baseUrl } = simulator.message
  const { mchid, serial, privateKey, apiv3Key, platformKeys } = merchant
  const client = { mchid, serial, privateKey, apiv3Key, platformKeys, baseUrl }
  const token = `sha256:${createHash('sha256').update(TOKEN).digest('hex')}`
  const SETTING = JSON.stringify({ client, data: join(folder, 'gateway.db'), token } satisfies RelaySetting)
  const gateway = await start<{ url: string }>('relay-server.ts', { SETTING })
  const floor = await start<{ url: string }>('floor-server.ts', { SETTING })
  try {
    const wxpay = new Wechatpay({ ...optionsFrom({}), ...client })
    await wxpay.v3.pay.transactions.native.post(orderOf(merchant, NUMBER))
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
    const through = ({ message: { url }, cpuUsage: usage }: typeof gateway) => ({
      act: () => CALLS[call].proxied(url, headers, merchant),
      usage,
    })
    const contenders = {
      direct: { act: () => CALLS[call].direct(wxpay, merchant), usage: async () => process.cpuUsage() },
      floor: through(floor),
      gateway: through(gateway),
    }
    const results: Record<RelayContenderName, RelayRound[]> = { direct: [], floor: [], gateway: [] }
    for (const name of CONTENDERS) await measure(contenders[name], warmUp, WARM_UP_CONCURRENCY)
    for (let round = 0; round < rounds; round++)
      for (const name of round % 2 ? CONTENDERS.toReversed() : CONTENDERS) {
        results[name].push(await measure(contenders[name], count, atOnce))
      }
    return results
  } finally {
    await gateway.stop()
    await floor.stop()
    await simulator.stop()
    await rm(folder, { recursive: true })
  }
}

interface RelayContender {
  readonly act: () => Promise<boolean>
  /** Reads the processor time of the process that signs the calls. */
  readonly usage: () => Promise<NodeJS.CpuUsage>
}

async function measure({ act, usage }: RelayContender, count: number, atOnce: number): Promise<RelayRound> {
  const before = processorTime(await usage())
  const latencies: number[] = []
  const begin = performance.now()
  let left = count
  const caller = async () => {
    while (left-- > 0) {
      const start = performance.now()
      if (!(await act())) throw new Error('The response is not the expected one.')
      latencies.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, caller))
  const rate = (count / (performance.now() - begin)) * 1000
  return { rate, latency: median(latencies), cpu: (processorTime(await usage()) - before) / count }
}

async function start<Message>(file: string, env: Record<string, string>) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), { env: { ...process.env, ...env }, execArgv: [] })
  const exited = once(child, 'exit')
  const [message] = (await Promise.race([once(child, 'message'), exited])) as [Message | number]
  if (typeof message !== 'object') throw new Error(`${file} ended with ${message}.`)
  return {
    message,
    async cpuUsage(): Promise<NodeJS.CpuUsage> {
      child.send('processor time')
      return (await once(child, 'message'))[0]
    },
    async stop() {
      child.disconnect()
      await exited
    },
  }
}
