// The gateway behind the server of the runtime that runs this: Node, Deno or Bun. Prints its port, and the bytes outside of its heap for
// each line that it reads, after a collection of garbage if it may ask for one. Ends with its input.
import process from 'node:process'
import { Wechatpay } from '../../src/core/index.ts'
import { listenHttp } from '../../src/server/http.ts'
import { openGateway } from '../../src/server/index.ts'
import type { Merchant } from '../load/wechatpay.ts'

interface Runtime {
  Deno?: {
    serve(
      options: { port: number; hostname: string; onListen(): void },
      handler: (request: Request) => Promise<Response>,
    ): { addr: { port: number } }
  }
  Bun?: {
    serve(options: { port: number; hostname: string; fetch: (request: Request) => Promise<Response> }): { port: number }
  }
}

export interface HeldBodiesSetting {
  readonly merchants: readonly (Merchant & { readonly apiv2Key?: string })[]
}

const { merchants } = JSON.parse(process.env.SETTING!) as HeldBodiesSetting
const gateway = await openGateway({
  merchants: Object.fromEntries(
    merchants.map(({ publicKeyId, publicKey, ...keys }) => [
      keys.mchid,
      new Wechatpay({ ...keys, platformKeys: { [publicKeyId]: publicKey } }),
    ]),
  ),
  callers: [],
  data: ':memory:',
})
const hostname = '127.0.0.1'
const { Deno, Bun } = globalThis as Runtime

async function listen(): Promise<number> {
  if (Deno) return Deno.serve({ port: 0, hostname, onListen() {} }, gateway.fetch).addr.port
  if (Bun) return Bun.serve({ port: 0, hostname, fetch: request => gateway.fetch(request) }).port
  return (await listenHttp({ fetch: gateway.fetch, hostname, port: 0 })).port
}

console.log(JSON.stringify({ port: await listen() }))
process.stdin
  .on('data', () => {
    ;(globalThis as { gc?(): void }).gc?.()
    console.log(JSON.stringify({ external: process.memoryUsage().external }))
  })
  .on('end', () => process.exit())
