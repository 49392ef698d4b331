import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { GatewaySetting } from './gateway.ts'

/** A gateway in a process of its own. */
export interface ForkedGateway {
  readonly url: string
  readonly cpuUsage: () => Promise<NodeJS.CpuUsage>
  /** Ends it as a signal does: what is under way is waited for. */
  readonly close: () => Promise<void>
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
  if (typeof url !== 'string') throw new Error(`The gateway ended with ${url}.`)
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
  }
}
