// Runs bare verification and decryption in its own process, on the HTTP server of the gateway.
import { listenHttp } from '../../src/server/http.ts'
import type { GatewaySetting } from '../../test/load/fork-gateway.ts'
import { createBare } from './bare.ts'

const { merchant } = JSON.parse(process.env.SETTING!) as GatewaySetting
const fetch = await createBare(merchant)
const { port } = await listenHttp({ fetch, hostname: '127.0.0.1', port: 0 })
process.send!(`http://127.0.0.1:${port}`)
process.on('message', () => process.send!(process.cpuUsage()))
process.once('disconnect', () => process.exit())
