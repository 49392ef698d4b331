import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Merchant } from './wechatpay.ts'

/** `wechatpay-edge serve`, as a user starts it. */
export interface Command {
  readonly url: string
  /** `SIGKILL` leaves it no time for anything; `SIGTERM` ends it in order. */
  readonly end: (signal: 'SIGKILL' | 'SIGTERM') => Promise<void>
}

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export async function serveCommand(
  merchant: Merchant,
  data: string,
  shop: { readonly url: string; readonly secret: string },
): Promise<Command> {
  const child = spawn(process.execPath, [MAIN, 'serve', '--port', '0', '--data', data], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      WECHATPAY_MCHID: merchant.mchid,
      WECHATPAY_SERIAL: merchant.serial,
      WECHATPAY_PRIVATE_KEY: merchant.privateKey,
      WECHATPAY_APIV3_KEY: merchant.apiv3Key,
      WECHATPAY_PUBLIC_KEY_ID: merchant.publicKeyId,
      WECHATPAY_PUBLIC_KEY: merchant.publicKey,
      GATEWAY_TOKEN: `sha256:${createHash('sha256').update('wxe_load').digest('hex')}`,
      WEBHOOK_URL: shop.url,
      WEBHOOK_SECRET: shop.secret,
      WEBHOOK_ALLOW_PRIVATE: 'true',
    },
  })
  const exited = once(child, 'exit')
  const url = await Promise.race([started(child), exited.then(([code]) => Promise.reject(new Error(`exit ${code}`)))])
  return {
    url,
    async end(signal) {
      child.kill(signal)
      await exited
    },
  }
}

/** The address that its first lines tell; the others are read away. */
function started({ stdout }: ChildProcess): Promise<string> {
  return new Promise(resolve => {
    createInterface(stdout!).on('line', line => {
      const { event, url } = JSON.parse(line) as { event: string; url: string }
      if (event === 'started') resolve(url)
    })
  })
}
