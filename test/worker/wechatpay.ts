import { parseEnv } from 'node:util'
import type { TestProject } from 'vitest/node'
import { merchantFiles } from '../../src/cli/simulator/merchant-files.ts'
import { listen } from '../../src/cli/simulator/server.ts'
import { createSimulator } from '../../src/simulator/index.ts'
import { createSimulatorMount, isControlPath } from '../../src/simulator/mount.ts'

/** A notification as it would have arrived. */
export interface SentNotification {
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string
}

/**
 * WeChat Pay simulated over HTTP, as `wechatpay-edge simulator --platform both` does it, for tests in workerd: a merchant that
 * switches from certificates to the public key. Notifications wait at `GET /sent`, which forgets what it has told.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
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
  const server = await listen(
    async request => {
      const { pathname } = new URL(request.url)
      if (pathname === '/sent') return Response.json(sent.splice(0))
      return isControlPath(pathname) ? mount(request) : simulator.fetch(request)
    },
    { host: '127.0.0.1', port: 0 },
  )
  const { merchant, certificates } = simulator
  const files = merchantFiles({ merchant, certificates, tls: undefined, url: server.url })
  project.provide('wechatpay', { url: server.url, environment: parseEnv(String(files['.env'])) as never })
  return () => server.close()
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Where it listens, and the `.env` that it writes. */
    wechatpay: { url: string; environment: Record<string, string> }
  }
}
