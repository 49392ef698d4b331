/**
 * Places 1,000 signed orders in each of so many namespaces (argument, default 100), and prints the memory in use after the
 * first, which has everything loaded, and after the last.
 */
import { createSign, randomBytes } from 'node:crypto'
import { createNamespaceServer, createSimulator } from '../../../src/simulator/index.ts'

const simulator = await createSimulator({ seed: 'memory' })
const server = createNamespaceServer(simulator)
const { mchid, appid, serial, privateKey } = simulator.merchant
const path = '/v3/pay/transactions/native'
const namespaces = Number(process.argv[2] ?? 100)
/** Megabytes, the least of five looks, because buffers are freed by another thread after a collection. */
async function memoryInUse(): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let look = 0; look < 5; look++) {
    globalThis.gc?.()
    const { heapUsed, external } = process.memoryUsage()
    least = Math.min(least, Math.round((heapUsed + external) / 1e6))
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  return least
}
let first = 0
let orders = 0
for (let name = 0; name < namespaces; name++) {
  for (let number = 0; number < 1000; number++) {
    const amount = { total: 100 }
    const notify_url = 'https://merchant.example/notify'
    const out_trade_no = `number-${number}`
    const body = JSON.stringify({ mchid, appid, out_trade_no, description: 'An ordinary order', notify_url, amount })
    const [timestamp, nonce] = [String(Math.floor(Date.now() / 1000)), randomBytes(16).toString('hex')]
    const signed = `POST\n${path}\n${timestamp}\n${nonce}\n${body}\n`
    const signature = createSign('RSA-SHA256').update(signed).sign(privateKey, 'base64')
    const Authorization = `WECHATPAY2-SHA256-RSA2048 mchid="${mchid}",nonce_str="${nonce}",timestamp="${timestamp}",serial_no="${serial}",signature="${signature}"`
    const headers = { Accept: 'application/json', 'User-Agent': 'x', 'Content-Type': 'application/json', Authorization }
    const request = new Request(`http://127.0.0.1/ns/n${name}${path}`, { method: 'POST', body, headers })
    const response = await server.fetch(request)
    if (response.status === 200) orders++
    await response.arrayBuffer()
  }
  if (name === 0) first = await memoryInUse()
}
console.log(JSON.stringify({ namespaces: server.namespaces.list().length, orders, first, last: await memoryInUse() }))
