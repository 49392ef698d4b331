import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Merchant } from './wechatpay.ts'

export interface GatewaySetting {
  readonly merchant: Merchant
  /** Path of a file, or the URL of a PostgreSQL. */
  readonly data: string
  /** Where notifications go; nowhere without. */
  readonly shop?: { readonly url: string; readonly secret: string }
}

/** A gateway in a process of its own. */
export interface ForkedGateway {
  readonly url: string
  readonly cpuUsage: () => Promise<NodeJS.CpuUsage>
  /** Ends it as a signal does: what is under way is waited for. */
  readonly close: () => Promise<void>
  /** Ends it without any notice (SIGKILL). */
  readonly kill: () => Promise<void>
  /** Resolves when it has ended, for whatever reason. */
  readonly exited: Promise<unknown>
}

/** The exit code of a gateway whose database cannot be reached (EX_UNAVAILABLE). */
export const UNAVAILABLE = 69

/** A gateway has ended instead of starting. */
export class GatewayExit extends Error {
  readonly code: number

  constructor(code: number) {
    super(`The gateway ended with ${code}.`)
    this.code = code
  }
}

export async function forkGateway(
  setting: GatewaySetting,
  file: URL = new URL('./gateway.ts', import.meta.url),
): Promise<ForkedGateway> {
  const child = fork(file, {
    env: { ...process.env, SETTING: JSON.stringify(setting) },
    execArgv: [],
  })
  const exited = once(child, 'exit')
  const [url] = (await Promise.race([once(child, 'message'), exited])) as [string | number]
  if (typeof url !== 'string') throw new GatewayExit(Number(url))
  return {
    url,
    async cpuUsage() {
      child.send('processor time')
      return (await once(child, 'message'))[0]
    },
    async close() {
      child.disconnect()
      await exited
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
    exited,
  }
}
