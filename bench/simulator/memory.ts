// node --expose-gc: measures the memory of orders placed through `fetch`, then paid and notified.
import { createSimulator } from '../../src/simulator/index.ts'
import { PATH } from './orders.ts'

const count = Number(process.argv[2])
const { subtle } = globalThis.crypto
const signature = new ArrayBuffer(256)
/** Skips RSA, which is not measured here and would take minutes. */
const crypto = {
  randomUUID: () => globalThis.crypto.randomUUID(),
  getRandomValues: <T extends ArrayBufferView>(array: T) => globalThis.crypto.getRandomValues(array as never) as T,
  subtle: new Proxy(subtle, {
    get(target, name) {
      if (name === 'verify') return async () => true
      if (name === 'sign') return async () => signature
      return (target[name as keyof SubtleCrypto] as () => unknown).bind(target)
    },
  }),
} as Crypto

const simulator = await createSimulator({ crypto, deliver: async () => new Response(null, { status: 204 }) })
const { mchid, appid, serial } = simulator.merchant
const measure = async () => {
  await simulator.settled()
  for (let round = 0; round < 3; round++) globalThis.gc!()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: heapUsed + external, rss }
}

const before = await measure()
for (let at = 0; at < count; at++) {
  const timestamp = Math.floor(Date.now() / 1000)
  const parameters = `mchid="${mchid}",nonce_str="${at}",timestamp="${timestamp}",serial_no="${serial}",signature="AAAA"`
  const response = await simulator.fetch(`https://api.mch.weixin.qq.com${PATH}`, {
    method: 'POST',
    headers: {
      Accept: 'application/json',
      'User-Agent': 'bench',
      'Content-Type': 'application/json',
      Authorization: `WECHATPAY2-SHA256-RSA2048 ${parameters}`,
    },
    body: JSON.stringify({
      appid,
      mchid,
      out_trade_no: `bench${at}`,
      description: 'Image 形象店-深圳腾大-QQ公仔',
      notify_url: 'http://127.0.0.1:9/notify',
      attach: '自定义数据说明',
      amount: { total: 100, currency: 'CNY' },
    }),
  })
  if (response.status !== 200) throw new Error(await response.text())
}
const placed = await measure()
for (let at = 0; at < count; at++) {
  simulator.pay({ out_trade_no: `bench${at}` })
  if (at % 1000 === 0) await simulator.settled()
}
const paid = await measure()
const start = performance.now()
const { length } = simulator.snapshot()
console.log(JSON.stringify({ before, placed, paid, snapshot: { length, ms: performance.now() - start } }))
