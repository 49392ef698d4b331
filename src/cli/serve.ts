import process from 'node:process'
import { parseJson } from '../core/codec/json.ts'
import { logWarnings } from '../gateway/config/warnings.ts'
import { type HttpOptions, listenHttp, MAX_CONNECTIONS, REQUEST_TIMEOUT, type RequestOrigin } from '../server/http.ts'
import { startServer } from '../server/start.ts'
import { type Command, CommandError, usageError, type Values } from './command.ts'
import { readRequiredFile } from './file.ts'
import { CONNECTION_VARIABLES } from './gateway/connection.ts'
import { ENV_OPTION, readEnvironment } from './merchant.ts'
import type { Terminal } from './terminal.ts'

const PORT = 8787
/** The first Node with SQLite, `node:sqlite`. */
const MIN_NODE = '22.13'
const LOG_UNREAD = 'The reader of the log has gone: its lines are dropped, and the gateway keeps running.'

export const serve: Command = {
  name: 'serve',
  description: `Runs the gateway on this machine. It signs calls to /v3/…, /v2/… and /brand/…, receives WeChat Pay's notifications at
/notify/<mchid>, records each exactly once, and delivers it to your own endpoints. Its ledger is one SQLite file,
or a PostgreSQL that any number of these processes share. Requires Node ${MIN_NODE} or later.`,
  options: [
    {
      name: 'port',
      short: 'p',
      value: '<port>',
      description: `Default: ${PORT}. 0 picks a free port; the log line "started" names it.`,
    },
    { name: 'host', value: '<address>', description: 'Default: 127.0.0.1, only this machine.' },
    {
      name: 'data',
      value: '<file|url>',
      description: `The ledger: a file, or postgres://user@host/database with the password in PGPASSWORD\n(npm install pg).\nDefault: GATEWAY_DATA, otherwise wechatpay-edge.db in the current folder.`,
    },
    { name: 'config', value: '<file>', description: 'Callers and endpoints as JSON, instead of GATEWAY_CONFIG.' },
    {
      name: 'max-connections',
      value: '<number>',
      description: `Maximum of open connections. Default: ${MAX_CONNECTIONS}. Beyond it, the one that has waited\nlongest for its client is closed.`,
    },
    {
      name: 'request-timeout',
      value: '<seconds>',
      description: `Time for a request to arrive, with its body. Default: ${REQUEST_TIMEOUT / 1000}.`,
    },
    ENV_OPTION,
  ],
  epilogue: `It requires at least a merchant's keys (wechatpay-edge doctor --help names the variables) and a caller:
  wechatpay-edge token                     # GATEWAY_TOKEN, and the token for callers
  wechatpay-edge token --webhook           # WEBHOOK_SECRET, beside WEBHOOK_URL
  wechatpay-edge serve --env .env
Operators open http://127.0.0.1:8787/console/ with the token of GATEWAY_ADMIN_TOKEN.
Log lines are JSON. When their reader has gone, they are dropped, and the gateway keeps running.
Ctrl-C ends it. The next start continues with what is not delivered.`,

  minNode: MIN_NODE,
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
    const { server, log, warnings, findings } = await startServer({
      environment: await environmentOf(values),
      write: print,
      onDiskFailure({ message }) {
        warn(message)
        process.exit(1)
      },
      ...(values.data !== undefined && { data: values.data as string }),
    })
    const onFull = () =>
      log.warn('connections full', { detail: 'The connection that has waited longest for its client is closed.' })
    const onTinyChunks = ({ address, path }: RequestOrigin) =>
      log.warn('tiny chunks', {
        address,
        path,
        detail:
          'A client sent a body in chunks of a few bytes, which would take the time of other requests. Its connection is closed.',
      })
    const listening = await listenOrExplain({ ...settings, onFull, onTinyChunks, fetch: server.fetch }).catch(
      async error => {
        await server.close()
        throw error
      },
    )
    const url = `http://${hostname}:${listening.port}`
    // A misspelt variable is the last warning, and stands right above the line that says that calls are served.
    for (const { merchant: mchid, check: kind, detail } of findings) log.warn('configuration', { mchid, kind, detail })
    logWarnings(log, warnings)
    log.info('started', { url })
    // With --port 0 this is the only output of the port if the log level hides the line.
    if (settings.port === 0 && !['debug', 'info'].includes(log.level)) warn(`Serving at ${url}`)
    await new Promise<void>(resolve => {
      if (stopped.aborted) resolve()
      stopped.addEventListener('abort', () => resolve(), { once: true })
    })
    server.endStreams()
    await listening.close()
    await server.close()
  },
}

async function environmentOf(values: Values): Promise<Record<string, string | undefined>> {
  const environment: Record<string, string | undefined> = { ...(await readEnvironment(values)) }
  // A file that `tail` and `listen` read too has them; the gateway would take them for misspelt.
  for (const name of CONNECTION_VARIABLES) delete environment[name]
  if (values.config === undefined) return environment
  const file = values.config as string
  const text = (await readRequiredFile(file)).toString()
  requireJson(text, file)
  return { ...environment, GATEWAY_CONFIG: text }
}

/** @throws {CommandError} names the line, counted from 1 */
function requireJson(text: string, file: string): void {
  try {
    parseJson(text)
  } catch (error) {
    const { message } = error as Error
    const position = Number(/character (\d+)/.exec(message)?.[1] ?? text.length)
    const line = text.slice(0, position).split('\n').length
    throw new CommandError(
      `--config: ${file} is not JSON: see line ${line}${position < text.length ? '' : ', where the file ends'}. Correct it there.`,
    )
  }
}

function numberOf(values: Values, name: string, bounds: { default: number; min: number; max: number }): number {
  const text = (values[name] as string | undefined) ?? String(bounds.default)
  const number = Number(text)
  if (/^\d{1,7}$/.test(text) && number >= bounds.min && number <= bounds.max) return number
  throw usageError(`--${name} must be a number from ${bounds.min} to ${bounds.max}, not ${JSON.stringify(text)}.`)
}

const listenOrExplain = (options: HttpOptions) =>
  listenHttp(options).catch(({ code, message }: NodeJS.ErrnoException) => {
    throw new CommandError(
      code === 'EADDRINUSE' ? `Port ${options.port} is in use. Give another with --port.` : message,
    )
  })
