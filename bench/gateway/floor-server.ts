// Runs the minimum of a relay in its own process: receives a call, compares a token, has it signed and sent by the same
// client, and responds. On the HTTP server of the gateway, without checks, limits, counts, log and audit trail.
import { optionsFrom } from '../../src/adapters/node.ts'
import { byteSourceOf, readBounded } from '../../src/core/base/read-bounded.ts'
import { stringifyJson, Wechatpay } from '../../src/core/index.ts'
import { listenHttp } from '../../src/server/http.ts'
import type { RelaySetting } from './relay-server.ts'

const { client } = JSON.parse(process.env.SETTING!) as RelaySetting
const MAX_BODY = 2 ** 20
const wxpay = new Wechatpay({ ...optionsFrom({}), ...client })
const listening = await listenHttp({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    if (request.headers.get('authorization') !== 'Bearer wxe_bench') return new Response(null, { status: 401 })
    const { pathname, searchParams } = new URL(request.url)
    const params = Object.fromEntries(searchParams)
    // As the gateway does: `text()` would create a standard request and a stream first.
    const bytes = request.method === 'GET' ? undefined : await readBounded(byteSourceOf(request), MAX_BODY)
    const body = bytes && JSON.parse(new TextDecoder().decode(bytes))
    const { data, status } = await wxpay.request(request.method, pathname, { params, body })
    return new Response(stringifyJson(data), { status, headers: { 'Content-Type': 'application/json' } })
  },
})
process.send!({ url: `http://127.0.0.1:${listening.port}` })
process.on('message', () => process.send!(process.cpuUsage()))
process.once('disconnect', async () => {
  await listening.close()
  process.exit()
})
