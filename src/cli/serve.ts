import process from 'node:process'
import { parseJson } from '../core/codec/json.ts'
import { type HttpOptions, listenHttp, MAX_CONNECTIONS, REQUEST_TIMEOUT } from '../server/http.ts'
import { startServer } from '../server/start.ts'
import { type Command, CommandError, usage, type Values } from './command.ts'
import { readFileOrFail } from './file.ts'
import { ENV, readEnvironment } from './merchant.ts'
import type { Terminal } from './terminal.ts'

const PORT = 8787
const LOG_UNREAD = 'Nobody reads the log any more: its lines are dropped, and the gateway serves on.'

export const serve: Command = {
  name: 'serve',
  about: `The gateway on this machine: signs what callers send to /v3/… and /v2/…, takes WeChat Pay's notifications in at
/notify/<mchid>, and delivers them to your own endpoints, exactly once recorded. Its ledger is one file of SQLite.
Needs Node 22.13 or later.`,
  options: [
    {
      name: 'port',
      short: 'p',
      value: '<port>',
      text: `Default ${PORT}. 0: any that is free; the line "started" says which.`,
    },
    { name: 'host', value: '<address>', text: 'Default 127.0.0.1: this machine alone.' },
    { name: 'data', value: '<file>', text: 'The ledger. Default GATEWAY_DATA, else wechatpay-edge.db, here.' },
    { name: 'config', value: '<file>', text: 'Callers and endpoints, JSON, in place of GATEWAY_CONFIG.' },
    {
      name: 'max-connections',
      value: '<number>',
      text: `Connections held at once. Default ${MAX_CONNECTIONS}. Beyond, the one that has waited\nlongest for its client gives way.`,
    },
    {
      name: 'request-timeout',
      value: '<seconds>',
      text: `What a request has to arrive, its body too. Default ${REQUEST_TIMEOUT / 1000}.`,
    },
    ENV,
  ],
  more: `It takes at least a merchant's keys (wechatpay-edge doctor --help names the variables) and a caller:
  wechatpay-edge token                     # GATEWAY_TOKEN, and the token that callers show
  wechatpay-edge token --webhook           # WEBHOOK_SECRET, beside WEBHOOK_URL
  wechatpay-edge serve --env .env
Log lines are JSON. When nobody reads them any more, they are dropped, and the gateway serves on.
Ctrl-C ends it: what is not delivered goes on at the next start.`,

  outlivesReader: true,

  async run(values, { print, warn, stopped, unread }: Terminal) {
    unread?.addEventListener('abort', () => warn(LOG_UNREAD), { once: true })
    const hostname = (values.host as string | undefined) ?? '127.0.0.1'
    const settings = {
      hostname,
      port: numberOf(values, 'port', { default: PORT, min: 0, max: 65_535 }),
      maxConnections: numberOf(values, 'max-connections', { default: MAX_CONNECTIONS, min: 1, max: 1_000_000 }),
      requestTimeout:
        numberOf(values, 'request-timeout', { default: REQUEST_TIMEOUT / 1000, min: 1, max: 3600 }) * 1000,
    }
    const { server, log, findings } = await startServer({
      environment: await environmentOf(values),
      write: print,
      onDiskFailure({ message }) {
        warn(message)
        process.exit(1)
      },
      ...(values.data !== undefined && { data: values.data as string }),
    })
    const onFull = () => log.warn('connections full', { detail: 'The one that waited longest for its client is cut.' })
    const listening = await started({ ...settings, onFull, fetch: server.fetch }).catch(async error => {
      await server.close()
      throw error
    })
    const url = `http://${hostname}:${listening.port}`
    log.info('started', { url })
    for (const { merchant: mchid, check: kind, detail } of findings) log.warn('configuration', { mchid, kind, detail })
    // With --port 0 nothing else tells the port, whatever level the log has.
    if (settings.port === 0 && !['debug', 'info'].includes(log.level)) warn(`Serving at ${url}`)
    await new Promise<void>(resolve => {
      if (stopped.aborted) resolve()
      stopped.addEventListener('abort', () => resolve(), { once: true })
    })
    await listening.close()
    await server.close()
  },
}

async function environmentOf(values: Values): Promise<Record<string, string | undefined>> {
  const environment = (await readEnvironment(values)) as Record<string, string | undefined>
  if (values.config === undefined) return environment
  const file = values.config as string
  const text = (await readFileOrFail(file)).toString()
  requireJson(text, file)
  return { ...environment, GATEWAY_CONFIG: text }
}

/** @throws {CommandError} with the line, as an editor counts it */
function requireJson(text: string, file: string): void {
  try {
    parseJson(text)
  } catch (error) {
    const { message } = error as Error
    const position = Number(/character (\d+)/.exec(message)?.[1] ?? text.length)
    const line = text.slice(0, position).split('\n').length
    throw new CommandError(
      `--config: ${file} is not JSON: line ${line}${position < text.length ? '' : ', where it ends'}. Correct it there.`,
    )
  }
}

function numberOf(values: Values, name: string, bounds: { default: number; min: number; max: number }): number {
  const text = (values[name] as string | undefined) ?? String(bounds.default)
  const number = Number(text)
  if (/^\d{1,7}$/.test(text) && number >= bounds.min && number <= bounds.max) return number
  throw usage(`--${name} is a number from ${bounds.min} to ${bounds.max}, not ${JSON.stringify(text)}.`)
}

const started = (options: HttpOptions) =>
  listenHttp(options).catch(({ code, message }: NodeJS.ErrnoException) => {
    throw new CommandError(code === 'EADDRINUSE' ? `Port ${options.port} is taken. Give another: --port` : message)
  })
