// A gateway in a process of its own with a ledger that stores nothing, for measure.ts: what is left is the work of the process itself.
import { Wechatpay } from '../../src/core/index.ts'
import { createGateway, type Ledger } from '../../src/gateway/index.ts'
import { createGuardedFetch } from '../../src/server/guarded-fetch.ts'
import { listenHttp } from '../../src/server/http.ts'
import type { Merchant } from '../../test/load/wechatpay.ts'
import { concurrently } from './concurrently.ts'

export interface MeasuredSetting {
  readonly merchant: Merchant
  readonly shop: { readonly url: string; readonly secret: string }
}

/** The processor time that the process has used since its start, milliseconds. */
export interface Usage {
  readonly thread: number
  readonly process: number
}

const { merchant, shop } = JSON.parse(process.env.SETTING!) as MeasuredSetting
const { mchid, publicKeyId, publicKey, ...keys } = merchant
const RESOURCE = JSON.stringify({ out_trade_no: 'T1', trade_state: 'SUCCESS', amount: { total: 100 } })

let recorded = 0
const ledger = {
  recordEvent: async () => ({ outcome: 'recorded', seq: ++recorded, deliveries: [] }),
  claimDelivery: async (id: number) => ({
    kind: 'claimed',
    delivery: { id, seq: id, mchid, endpoint: 'shop', tries: 0 },
    event: {
      seq: id,
      webhook_id: `evt_${id}`,
      mchid,
      id: `E${id}`,
      api: 'v3',
      event: 'TRANSACTION.SUCCESS',
      resource: RESOURCE,
      subject: `transaction_id/${id}`,
      source: 'notification',
      created_at: Date.now(),
      received_at: Date.now(),
      repeats: 0,
    },
  }),
  recordAttempt: async () => ({ unblocked: [] }),
  addCounts: async () => {},
} as unknown as Ledger

const guardedFetch = createGuardedFetch({ allowPrivate: true })
const gateway = createGateway({
  merchants: { [mchid]: new Wechatpay({ mchid, ...keys, platformKeys: { [publicKeyId]: publicKey } }) },
  callers: [],
  endpoints: [{ name: 'shop', url: shop.url, events: ['*'], secrets: [shop.secret], allowPrivate: true }],
  fetchOf: () => guardedFetch,
  ledgerOf: () => ledger,
  outbox: { enqueue: async () => {} },
})
const { port } = await listenHttp({ fetch: request => gateway.fetch(request), hostname: '127.0.0.1', port: 0 })

function usage(): Usage {
  const [all, thread] = [process.cpuUsage(), process.threadCpuUsage()]
  return { thread: (thread.user + thread.system) / 1_000, process: (all.user + all.system) / 1_000 }
}

process.on('message', async (deliveries: number) => {
  await concurrently(
    Array.from({ length: deliveries }, (_, id) => id + 1),
    64,
    async id => {
      await gateway.deliver({ mchid, delivery: id })
    },
  )
  process.send!(usage())
})
process.once('disconnect', () => process.exit())
process.send!(`http://127.0.0.1:${port}`)
