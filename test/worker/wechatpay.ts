import { parseEnv } from 'node:util'
import type { TestProject } from 'vitest/node'
import { merchantFiles } from '../../src/cli/simulator/merchant-files.ts'
import { type Listening, listen } from '../../src/cli/simulator/server.ts'
import { createSimulatorMount, isControlPath } from '../../src/simulator/control/mount.ts'
import { createSimulator } from '../../src/simulator/index.ts'

/** A notification as it would have arrived. */
export interface SentNotification {
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string
}

/** Where a simulated WeChat Pay listens, and the `.env` that it writes. */
export interface SimulatedWechatpay {
  readonly url: string
  readonly environment: Record<string, string>
}

/**
 * Lets tests in workerd, which cannot listen, start simulations of WeChat Pay: a POST starts one, which runs until the tests are
 * over, and answers with a `SimulatedWechatpay`.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started: Listening[] = []
  const server = await listen(
    async () => {
      const { listening, environment } = await startWechatpay()
      started.push(listening)
      return Response.json({ url: listening.url, environment } satisfies SimulatedWechatpay)
    },
    { host: '127.0.0.1', port: 0 },
  )
  project.provide('wechatpay', server.url)
  return async () => {
    for (const one of [server, ...started]) await one.close()
  }
}

/**
 * Simulates WeChat Pay over HTTP, as `wechatpay-edge simulator --platform both` does it, for a merchant that switches from
 * certificates to the public key. Notifications wait at `GET /sent`, which forgets what it has told.
 */
async function startWechatpay(): Promise<{ listening: Listening; environment: Record<string, string> }> {
  const sent: SentNotification[] = []
  const simulator = await createSimulator({
    platform: 'both',
    mchid: '1900000555',
    async deliver(input, init) {
      const request = new Request(input, init)
      sent.push({ url: request.url, headers: Object.fromEntries(request.headers), body: await request.text() })
      return new Response(null, { status: 204 })
    },
  })
  const mount = createSimulatorMount(simulator)
  const listening = await listen(
    async request => {
      const { pathname } = new URL(request.url)
      if (pathname === '/sent') return Response.json(sent.splice(0))
      return isControlPath(pathname) ? mount(request) : simulator.fetch(request)
    },
    { host: '127.0.0.1', port: 0 },
  )
  const files = await merchantFiles(simulator, { url: listening.url, tls: undefined })
  return { listening, environment: parseEnv(String(files['.env'])) as Record<string, string> }
}

declare module 'vitest' {
  interface ProvidedContext {
    /** A POST to it starts a simulation. */
    wechatpay: string
  }
}
