import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { CONTROL_PATH } from '../../simulator/control/actions.ts'
import { createSimulatorMount, isControlPath } from '../../simulator/control/mount.ts'
import { targetOf } from '../../simulator/http/request-url.ts'
import { createSimulator, type PlatformMode, type Simulator, StateError } from '../../simulator/index.ts'
import { DEFAULT_IDENTITY } from '../../simulator/state/identity.ts'
import { type Command, CommandError, usage, type Values } from '../command.ts'
import type { Terminal } from '../terminal.ts'
import { readFolder, writeFolder } from './folder.ts'
import { KEYS_FILE, keptKeys, readKeys } from './kept-keys.ts'
import { merchantFiles, TLS_FILES } from './merchant-files.ts'
import { createReport, type Report } from './report.ts'
import { type Handler, type Listening, listen, type ServerOptions } from './server.ts'
import { keepState, readState, type StateFile } from './state-file.ts'
import { createTlsCertificate, serves, type TlsCertificate } from './tls-certificate.ts'

const PORT = 8989
const HOST = '127.0.0.1'
/** WeChat Pay has no path of this name. */
const HEALTH = '/healthz'
const MODES: readonly string[] = ['public-key', 'certificate', 'both'] satisfies PlatformMode[]

export const simulator: Command = {
  name: 'simulator',
  about: `WeChat Pay on this machine, for development and tests: APIv3 and APIv2 at WeChat Pay's own paths, orders,
refunds, transfers, bills, notifications. Any SDK works against it, once its host is changed. No money moves, and
nothing is sent to WeChat Pay.`,
  options: [
    { name: 'port', value: '<port>', text: `Where it listens. Default ${PORT}; 0 for any that is free.` },
    { name: 'host', value: '<host>', text: `Default ${HOST}: this machine alone.` },
    {
      name: 'allow-host',
      value: '<name>',
      many: true,
      text: `A name under which ${CONTROL_PATH} is reached; it may be given several times.\nAddresses, localhost and *.localhost need none.`,
    },
    {
      name: 'folder',
      value: '<folder>',
      text: "Writes what a merchant downloads: apiclient_key.pem, apiclient_cert.pem and .p12, its serial,\nWeChat Pay's public key or certificate, the APIv3 and APIv2 keys, and a ready .env.\nThe next run with this folder has the same keys, serial and ca.pem.",
    },
    { name: 'force', text: "Overwrites files in the folder that are not the simulator's." },
    { name: 'state', value: '<file>', text: 'Goes on from this file, and keeps in it all that happens, the keys too.' },
    {
      name: 'tls',
      text: 'HTTPS instead of HTTP. APIv2 refunds and whatever else demands a client certificate\n(双向证书) need it. Its authority is written into the folder, as ca.pem.',
    },
    { name: 'no-tls', text: 'HTTP, which is the default.' },
    {
      name: 'platform',
      value: '<mode>',
      text: 'What WeChat Pay signs with: public-key (微信支付公钥, the default), certificate (平台证书),\nboth: of a merchant that switches to the public key (POST /simulator/key-switch).',
    },
    { name: 'mchid', value: '<mchid>', text: 'Merchant id (商户号). Default 1900000109.' },
    { name: 'appid', value: '<appid>', text: 'Default wxd678efh567hg6787.' },
    { name: 'seed', value: '<text>', text: 'The same seed, the same keys and numbers: for tests that repeat.' },
    { name: 'quiet', short: 'q', text: 'No line for each request.' },
    { name: 'json', text: 'Lines of JSON.' },
  ],
  more: `To begin:
  wechatpay-edge simulator --folder wechatpay --state wechatpay/state.json
and in your program, with the keys of that folder, http://${HOST}:${PORT} in place of https://api.mch.weixin.qq.com.
What the shopper does, and the clock, is up to you:
  curl -H content-type:application/json -d '{"out_trade_no":"…"}' http://${HOST}:${PORT}${CONTROL_PATH}/pay
  curl http://${HOST}:${PORT}${CONTROL_PATH}     lists all that there is
GET ${HEALTH} answers 200 as soon as it serves and the folder is written.`,

  async run(values, terminal) {
    const settings = settingsOf(values)
    const { folder, state } = settings
    const report = createReport(terminal, settings)
    const made = await make(settings, report, terminal)
    const tls = settings.tls ? await tlsCertificate(settings) : undefined
    let isReady = false
    const handler = handlerOf(made, report, settings, () => isReady)
    const server = await open(handler, settings, tls && (await serverTls(tls, made)), report)
    let kept: StateFile | undefined
    try {
      if (folder) await writeMerchant(folder, made, server.url, tls, settings.force)
      if (state) kept = await keepState(state, made, ({ message }) => terminal.warn(message))
      isReady = true
      report.started(...greeting(made, server.url, settings))
      await ended(terminal.stopped)
    } finally {
      await server.close()
      await kept?.close()
    }
  },
}

interface Settings {
  readonly port: number
  readonly host: string
  readonly allowHosts: readonly string[]
  readonly tls: boolean
  readonly folder: string | undefined
  readonly force: boolean
  readonly state: string | undefined
  readonly platform: PlatformMode | undefined
  readonly mchid: string | undefined
  readonly appid: string | undefined
  readonly seed: string | undefined
  readonly quiet: boolean
  readonly json: boolean
}

/** @throws {CommandError} */
function settingsOf(values: Values): Settings {
  const requireText = (name: string, due: RegExp, example: string, value: string): string => {
    if (due.test(value)) return value
    throw usage(`--${name} is ${example}, not ${JSON.stringify(value)}.`)
  }
  const text = (name: string, due: RegExp, example: string): string | undefined => {
    const value = values[name] as string | undefined
    return value === undefined ? undefined : requireText(name, due, example, value)
  }
  const allowed = (values['allow-host'] ?? []) as readonly string[]
  const port = Number(text('port', /^\d{1,5}$/, 'a number from 0 to 65535') ?? PORT)
  if (port > 65_535) throw usage(`--port is a number from 0 to 65535, not ${port}.`)
  if (values.tls && values['no-tls']) throw usage('Either --tls or --no-tls.')
  if (values.force && values.folder === undefined) throw usage('--force is about a folder: give --folder too.')
  return {
    port,
    host: text('host', /^[^\s/]+$/, 'a host name or an address') ?? HOST,
    allowHosts: allowed.map(value => requireText('allow-host', /^[\w.-]+$/, 'a host name', value)),
    tls: Boolean(values.tls),
    folder: text('folder', /./, 'a folder'),
    force: Boolean(values.force),
    state: text('state', /./, 'a file'),
    platform: text('platform', new RegExp(`^(${MODES.join('|')})$`), MODES.join(', ')) as PlatformMode | undefined,
    mchid: text('mchid', /^\d{8,10}$/, 'eight to ten digits'),
    appid: text('appid', /^[\w-]{1,32}$/, 'up to 32 letters and digits'),
    seed: text('seed', /./s, 'a text'),
    quiet: Boolean(values.quiet),
    json: Boolean(values.json),
  }
}

/** @throws {CommandError} the state file is of no use */
async function make(settings: Settings, report: Report, { stopped }: Terminal): Promise<Simulator> {
  const { platform, mchid, appid, seed, state: file } = settings
  const state = (file === undefined ? undefined : await readState(file)) ?? (await keysFor(settings))
  try {
    return await createSimulator({
      platform,
      mchid,
      appid,
      seed,
      state,
      live: true,
      // Whoever ends it does not wait for a merchant that does not answer.
      deliver: (input, init) => fetch(input, { ...init, signal: AbortSignal.any([stopped, ...signalOf(init)]) }),
      onExchange: ({ url, ...exchange }) => report.request({ ...exchange, target: url }),
      onError: error => report.request({ why: error instanceof Error ? error.message : String(error) }),
      onNotification: ({ url, event }, { status, error }) => report.notification({ url, event, status, why: error }),
    })
  } catch (error) {
    if (!(error instanceof StateError)) throw error
    if (file !== undefined) throw new CommandError(`${file}: ${error.message} Give another --state, or remove it.`)
    throw new CommandError(`${join(settings.folder ?? '', KEYS_FILE)}: ${error.message} Remove it.`)
  }
}

/** The keys of the folder, unless a seed has its own. */
async function keysFor({ folder, seed, ...asked }: Settings): Promise<string | undefined> {
  if (folder === undefined || seed !== undefined) return undefined
  const { mchid = DEFAULT_IDENTITY.mchid, appid = DEFAULT_IDENTITY.appid, platform = DEFAULT_IDENTITY.platform } = asked
  return readKeys(folder, { mchid, appid, platform })
}

const signalOf = (init: RequestInit | undefined): AbortSignal[] => (init?.signal ? [init.signal] : [])

/** WeChat Pay's own paths, the control surface beside them, and a page for whoever waits until it serves. */
function handlerOf(made: Simulator, report: Report, { host, allowHosts }: Settings, isReady: () => boolean): Handler {
  const mount = createSimulatorMount(made, { hosts: [host, ...allowHosts] })
  const { raw } = new X509Certificate(made.merchant.certificate)
  return async (request, certificate) => {
    const target = targetOf(request)
    if (target === HEALTH) return health(isReady())
    if (!isControlPath(target.replace(/\?.*$/s, '')))
      return certificate?.equals(raw) ? made.mtlsFetch(request) : made.fetch(request)
    const response = await mount(request)
    report.request({ method: request.method, target, status: response.status })
    return response
  }
}

const health = (isReady: boolean): Response =>
  Response.json(
    { status: isReady ? 'ok' : 'starting' },
    { status: isReady ? 200 : 503, headers: { 'Cache-Control': 'no-store' } },
  )

/** That of the folder, if it serves still: whoever trusts it need not learn another. */
async function tlsCertificate({ folder, host }: Settings): Promise<TlsCertificate> {
  const files = folder ? await readFolder(folder, Object.values(TLS_FILES)) : {}
  const parts = Object.entries(TLS_FILES).map(([part, name]) => [part, files[name] ?? ''])
  const known: TlsCertificate = Object.fromEntries(parts)
  return serves(known, host, Date.now()) ? known : createTlsCertificate(host, Date.now())
}

/** Asks for client certificates of WeChat Pay's authority, which has issued the merchant's. */
const serverTls = async ({ cert, key }: TlsCertificate, made: Simulator): Promise<ServerOptions['tls']> => ({
  cert,
  key,
  clientAuthority: await made.authorityCertificate(),
})

/** @throws {CommandError} */
async function open(
  handler: Handler,
  { host, port }: Settings,
  tls: ServerOptions['tls'],
  report: Report,
): Promise<Listening> {
  try {
    return await listen(handler, { host, port, tls, refused: report.request })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new CommandError(UNAVAILABLE[code ?? '']?.(host, port) ?? `Cannot listen at ${host}:${port}: ${message}.`)
  }
}

const noHost = (host: string) =>
  `This machine has no address ${host}. Leave --host out, or give 0.0.0.0 for all of them.`
const UNAVAILABLE: Readonly<Record<string, (host: string, port: number) => string>> = {
  EADDRINUSE: (_, port) => `Port ${port} is taken. Give another: --port ${port + 1}, or --port 0 for any that is free.`,
  EACCES: (_, port) => `Port ${port} is not for you. Give one above 1023: --port ${PORT}.`,
  EADDRNOTAVAIL: noHost,
  ENOTFOUND: noHost,
}

async function writeMerchant(
  folder: string,
  made: Simulator,
  url: string,
  tls: TlsCertificate | undefined,
  force: boolean,
): Promise<void> {
  const { merchant, certificates, examples } = made
  const { mchid, appid, serial, platformKeys } = merchant
  const { sub_mchid, openid } = examples
  const about = {
    url,
    mchid,
    appid,
    serial,
    sub_mchid,
    openid,
    platformKeys: [...Object.keys(platformKeys), ...Object.keys(certificates)],
  }
  const files = { ...merchantFiles({ merchant, certificates, tls, url }), [KEYS_FILE]: keptKeys(made) }
  await writeFolder(folder, files, about, force)
}

/** What it says when it listens, for people and for programs. */
function greeting({ merchant, examples }: Simulator, url: string, { folder, state, tls }: Settings): [string, object] {
  const { mchid, appid, serial } = merchant
  const { sub_mchid, openid } = examples
  const control = url + CONTROL_PATH
  const ca = folder && join(folder, TLS_FILES.ca)
  const rows = {
    'WeChat Pay': `${url}   in place of https://api.mch.weixin.qq.com`,
    merchant: `${mchid}, appid ${appid}`,
    serial,
    'sub-merchant': `${sub_mchid}; a shopper's openid is ${openid}`,
    keys: folder ?? 'in memory alone; --folder <folder> writes them',
    state: state ?? 'in memory alone; --state <file> keeps it',
    ...(tls && { authority: ca ?? 'in memory alone; --folder <folder> writes ca.pem' }),
    control,
  }
  const lines = Object.entries(rows).map(([name, text]) => `  ${name.padEnd(14)}${text}`)
  const trust = tls ? (ca ? `--cacert ${ca} ` : '-k ') : ''
  const pay = `  curl ${trust}-H content-type:application/json -d '{"out_trade_no":"…"}' ${control}/pay`
  const text = ['Simulated, until you press Ctrl-C:', ...lines, 'The shopper pays:', pay, ''].join('\n')
  return [text, { url, control, mchid, appid, serial, sub_mchid, openid, folder, state }]
}

const ended = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
