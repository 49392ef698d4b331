/** The console at a gateway that serves over HTTP, in front of a simulator, with tokens. */
import type { Page } from 'playwright'
import { hashOf } from '../../src/gateway/caller/token.ts'
import { type GatewayOptions, readConsoleFile } from '../../src/gateway/index.ts'
import { type HttpServer, listenHttp } from '../../src/server/http.ts'
import { freePort } from '../free-port.ts'
import { createTestGateway, type TestGateway } from '../gateway/test-gateway.ts'

export const TOKEN = 'wxe_console_0123456789abcdef0123456789abcdef'

export interface ServedGateway extends TestGateway {
  readonly mchid: string
  readonly url: string
  /** Stops serving; the ledger stays. */
  stop(): Promise<void>
  /** Serves again, at the same address. */
  start(): Promise<void>
}

/**
 * Serves a gateway with one operator, `admin`. Its outbox is carried out by hand.
 *
 * @param pass passes a request to the gateway, and its response back when a test wants that
 */
export async function serveGateway(
  options: Partial<GatewayOptions> = {},
  pass: (request: Request, send: (request: Request) => Promise<Response>) => Promise<Response> = (request, send) =>
    send(request),
): Promise<ServedGateway> {
  const one = await createTestGateway({
    callers: [
      { name: 'admin', credential: { tokens: [await hashOf(TOKEN)] }, allow: ['* /**'] },
      { name: 'shop', credential: { tokens: [] }, allow: ['* /v3/**'], merchants: ['1900000109'], maxAmount: 100_000 },
    ],
    authenticate: undefined as never,
    console: readConsoleFile,
    ...options,
  })
  const listen = (port: number): Promise<HttpServer> =>
    listenHttp({ fetch: request => pass(request, passed => one.gateway.fetch(passed)), hostname: '127.0.0.1', port })
  const port = await freePort()
  let server = await listen(port)
  return {
    ...one,
    // Calls of the merchant's services, with a token that may do everything.
    call: (path, init = {}) =>
      one.call(path, { ...init, headers: { ...(init.headers as object), authorization: `Bearer ${TOKEN}` } }),
    mchid: one.simulator.merchant.mchid,
    url: `http://127.0.0.1:${port}`,
    async stop() {
      await server.close()
    },
    async start() {
      server = await listen(port)
    },
  }
}

/** Signs in where the page asks for the token. */
export async function signIn(page: Page, token = TOKEN): Promise<void> {
  await page.locator('dialog input').fill(token)
  await page.locator('dialog button[type=submit]').click()
}
