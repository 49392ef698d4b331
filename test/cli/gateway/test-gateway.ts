import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { COMMANDS } from '../../../src/cli/commands.ts'
import { run } from '../../../src/cli/run.ts'
import { createAuthenticate } from '../../../src/gateway/caller/authenticate.ts'
import { hashOf } from '../../../src/gateway/caller/token.ts'
import type { GatewayOptions } from '../../../src/gateway/index.ts'
import { type HttpServer, listenHttp } from '../../../src/server/http.ts'
import { freePort } from '../../free-port.ts'
import { createTestGateway, type TestGateway } from '../../gateway/test-gateway.ts'

export const ADMIN_TOKEN = 'wxe_the-token-of-the-operator-0123456789'
export const CALLER_TOKEN = 'wxe_the-token-of-a-caller-0123456789'

/** A gateway at an address of this machine, and commands that talk to it. */
export interface ServedGateway extends AsyncDisposable {
  readonly harness: TestGateway
  readonly url: string
  readonly folder: string
  /** Runs a command to its end, with the token in a file. */
  run(...argv: string[]): Promise<CommandResult>
  /** Starts a command that runs until it is stopped. */
  start(...argv: string[]): RunningCommand
  /** Starts the gateway anew, with the same ledger and at the same address. */
  restart(more?: Partial<GatewayOptions>): Promise<void>
  /** Ends the gateway. */
  stop(): Promise<void>
}

export interface CommandResult {
  readonly code: number
  readonly out: string[]
  readonly errors: string[]
}

export interface RunningCommand {
  readonly out: string[]
  readonly errors: string[]
  /** Stops the command as Ctrl-C does. */
  stop(): Promise<CommandResult>
  readonly ended: Promise<CommandResult>
}

export async function serveTestGateway(options: Partial<GatewayOptions> = {}): Promise<ServedGateway> {
  const callers = [
    { name: 'admin', credential: { tokens: [await hashOf(ADMIN_TOKEN)] }, allow: ['* /admin/**'] },
    { name: 'shop', credential: { tokens: [await hashOf(CALLER_TOKEN)] }, allow: ['* /v3/**'] },
  ]
  const authenticate = createAuthenticate(callers)
  // The simulated orders of the harness come without a token.
  const admitting: GatewayOptions['authenticate'] = request =>
    new URL(request.url).hostname === 'gateway.example.com'
      ? Promise.resolve({ name: 'test', credential: { tokens: [] }, allow: ['* /**'] })
      : authenticate(request)
  let current = await createTestGateway({
    callers,
    authenticate: admitting,
    eventStreams: { pollEvery: 5 },
    ...options,
  })
  const fetchCurrent = (request: Request) => current.gateway.fetch(request)
  const listen = (port: number) => listenHttp({ fetch: fetchCurrent, hostname: '127.0.0.1', port })
  const port = await freePort()
  let server: HttpServer = await listen(port)
  const url = `http://127.0.0.1:${port}`
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-gateway-'))
  const tokenFile = join(folder, 'token')
  await writeFile(tokenFile, `${ADMIN_TOKEN}\n`)

  function start(...argv: string[]): RunningCommand {
    const [out, errors]: [string[], string[]] = [[], []]
    const stopped = new AbortController()
    const terminal = {
      print: (line: string) => void out.push(...line.split('\n')),
      warn: (line: string) => void errors.push(line),
      stopped: stopped.signal,
    }
    const given = (name: string) => argv.includes(name)
    const connection = [
      ...(given('--gateway') ? [] : ['--gateway', url]),
      ...(given('--token-file') ? [] : ['--token-file', tokenFile]),
    ]
    const ended = run(COMMANDS, [...argv, ...connection], terminal).then(code => ({ code, out, errors }))
    return {
      out,
      errors,
      ended,
      stop() {
        stopped.abort()
        return ended
      },
    }
  }

  const stop = async () => {
    current.gateway.endStreams()
    await server.close()
  }
  return {
    get harness() {
      return current
    },
    url,
    folder,
    start,
    run: (...argv) => start(...argv).ended,
    stop,
    async restart(more = {}) {
      await stop()
      current = await current.restart(more)
      server = await listen(port)
    },
    async [Symbol.asyncDispose]() {
      await stop()
      await rm(folder, { recursive: true })
    },
  }
}
