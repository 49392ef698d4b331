import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { serve as listen, type ServerType } from '@hono/node-server'
import { createServer } from '../server/index.ts'
import { type Command, CommandError, type Terminal, usage, type Values } from './command.ts'
import { ENV, readEnvironment } from './merchant.ts'

const PORT = 8787
/** Milliseconds that requests under way have to end. */
const GRACE = 5_000

export const serve: Command = {
  name: 'serve',
  about: `The gateway on this machine: signs what callers send to /v3/… and /v2/…, takes WeChat Pay's notifications in at
/notify/<mchid>, and delivers them to your own endpoints, exactly once recorded. Its ledger is one file of SQLite.
Needs Node 22.13 or later.`,
  options: [
    { name: 'port', short: 'p', value: '<port>', text: `Default ${PORT}. 0: any that is free.` },
    { name: 'host', value: '<address>', text: 'Default 127.0.0.1: this machine alone.' },
    { name: 'data', value: '<file>', text: 'The ledger. Default GATEWAY_DATA, else wechatpay-edge.db, here.' },
    { name: 'config', value: '<file>', text: 'Callers and endpoints, JSON, in place of GATEWAY_CONFIG.' },
    ENV,
  ],
  more: `It takes at least a merchant's keys (wechatpay-edge doctor --help names the variables) and a caller:
  wechatpay-edge token                     # GATEWAY_TOKEN, and the token that callers show
  wechatpay-edge token --webhook           # WEBHOOK_SECRET, beside WEBHOOK_URL
  wechatpay-edge serve --env .env
Log lines are JSON. Ctrl-C ends it: what is not delivered goes on at the next start.`,

  async run(values, { print, stopped }: Terminal) {
    const environment = await environmentOf(values)
    const server = await createServer({
      ...{ environment, write: print },
      ...(values.data !== undefined && { data: values.data as string }),
    })
    const [hostname, port] = [(values.host as string | undefined) ?? '127.0.0.1', portOf(values)]
    const listening = await started(server.fetch, hostname, port).catch(async error => {
      await server.close()
      throw error
    })
    const { port: taken } = listening.address() as AddressInfo
    print(
      JSON.stringify({
        time: new Date().toISOString(),
        level: 'info',
        event: 'started',
        url: `http://${hostname}:${taken}`,
      }),
    )
    await new Promise<void>(resolve => {
      if (stopped.aborted) resolve()
      stopped.addEventListener('abort', () => resolve(), { once: true })
    })
    await ended(listening)
    await server.close()
  },
}

async function environmentOf(values: Values): Promise<Record<string, string | undefined>> {
  const environment = (await readEnvironment(values)) as Record<string, string | undefined>
  if (values.config === undefined) return environment
  try {
    return { ...environment, GATEWAY_CONFIG: readFileSync(values.config as string, 'utf8') }
  } catch (error) {
    throw new CommandError(`--config: ${values.config} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
}

function portOf({ port = String(PORT) }: Values): number {
  if (/^\d{1,5}$/.test(port as string) && Number(port) < 65_536) return Number(port)
  throw usage(`--port is a number from 0 to 65535, not ${JSON.stringify(port)}.`)
}

function started(fetch: (request: Request) => Promise<Response>, hostname: string, port: number): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = listen({ fetch, hostname, port }, () => resolve(server))
    server.once('error', ({ code, message }: NodeJS.ErrnoException) =>
      reject(new CommandError(code === 'EADDRINUSE' ? `Port ${port} is taken. Give another: --port` : message)),
    )
  })
}

async function ended(server: ServerType): Promise<void> {
  const closed = new Promise(resolve => server.close(resolve))
  const cut = setTimeout(() => 'closeAllConnections' in server && server.closeAllConnections(), GRACE)
  await closed
  clearTimeout(cut)
}
