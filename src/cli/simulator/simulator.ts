import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { CONTROL_PATH } from '../../simulator/control/actions.ts'
import { createSimulatorMount, isControlPath } from '../../simulator/control/mount.ts'
import { targetOf } from '../../simulator/http/request-url.ts'
import { createSimulator, type PlatformMode, type Simulator, StateError } from '../../simulator/index.ts'
import { type Command, CommandError, usageError, type Values } from '../command.ts'
import type { Terminal } from '../terminal.ts'
import { readFolder, writeFolder } from './folder.ts'
import { KEYS_FILE, type KeptKeys, readKeys, requireOwner, serializeKeys } from './kept-keys.ts'
import { merchantFiles, TLS_FILES } from './merchant-files.ts'
import { createReport, type Report } from './report.ts'
import { type Handler, type Listening, listen, type ServerOptions } from './server.ts'
import { keepStateFile, readStateFile, type StateFile } from './state-file.ts'
import { createTlsCertificate, isUsable, type TlsCertificate } from './tls-certificate.ts'

const PORT = 8989
const HOST = '127.0.0.1'
/** WeChat Pay has no path of this name. */
const HEALTH = '/healthz'
const MODES: readonly string[] = ['public-key', 'certificate', 'both'] satisfies PlatformMode[]

export const simulator: Command = {
  name: 'simulator',
  description: `Simulates WeChat Pay on this machine, for development and tests: APIv3 and APIv2 at WeChat Pay's own paths,
orders, refunds, transfers, bills, notifications. Any SDK works with it once its host is changed. No money moves,
and nothing is sent to WeChat Pay. Products without state, such as pay scores, reply with samples of their
definitions; GET ${CONTROL_PATH} lists the endpoints that have state.`,
  options: [
    { name: 'port', value: '<port>', description: `Port to listen on. Default: ${PORT}. 0 picks a free port.` },
    { name: 'host', value: '<host>', description: `Address to listen on. Default: ${HOST}, only this machine.` },
    {
      name: 'allow-host',
      value: '<name>',
      isRepeatable: true,
      description: `A host name that may reach ${CONTROL_PATH}; can be given several times.\nIP addresses, localhost and *.localhost are always allowed.`,
    },
    {
      name: 'folder',
      value: '<folder>',
      description:
        "Writes what a merchant downloads: apiclient_key.pem, apiclient_cert.pem and .p12, its serial,\nWeChat Pay's public key or certificate, the APIv3 and APIv2 keys, and a ready .env.\nThe next run with this folder has the same merchant, keys, serials and ca.pem.",
    },
    {
      name: 'force',
      description: "Overwrites files in the folder that are not the simulator's, and the keys of another merchant.",
    },
    {
      name: 'state',
      value: '<file>',
      description: 'Continues from this file, and stores everything that happens in it, the keys too.',
    },
    {
      name: 'tls',
      description:
        'HTTPS instead of HTTP. APIv2 refunds and other calls with a client certificate\n(双向证书) need it. Its certificate authority is written to the folder as ca.pem.',
    },
    { name: 'no-tls', description: 'HTTP (the default).' },
    {
      name: 'platform',
      value: '<mode>',
      description:
        'The key that WeChat Pay signs with: public-key (微信支付公钥), certificate (平台证书), or both\nfor a merchant that switches to the public key (POST /simulator/key-switch).\nDefault: that of the folder, or public-key.',
    },
    {
      name: 'mchid',
      value: '<mchid>',
      description: 'Merchant id (商户号). Default: that of the folder, or 1900000109.',
    },
    { name: 'appid', value: '<appid>', description: 'Default: that of the folder, or wxd678efh567hg6787.' },
    {
      name: 'seed',
      value: '<text>',
      description: 'The same seed gives the same keys and numbers, for repeatable tests.',
    },
    {
      name: 'strict',
      description: 'Refuses undefined parameters in bodies at every endpoint of APIv3, not only where it has state.',
    },
    { name: 'quiet', short: 'q', description: 'Prints no line per request.' },
    { name: 'json', description: 'Prints lines of JSON.' },
  ],
  epilogue: `To begin:
  wechatpay-edge simulator --folder wechatpay --state wechatpay/state.json
and in your program, with the keys of that folder, http://${HOST}:${PORT} instead of https://api.mch.weixin.qq.com.
You act for the shopper, and control the clock:
  curl -H content-type:application/json -d '{"out_trade_no":"…"}' http://${HOST}:${PORT}${CONTROL_PATH}/pay
  curl http://${HOST}:${PORT}${CONTROL_PATH}     lists all controls
GET ${HEALTH} returns 200 as soon as it serves and the folder is written.`,

  async run(values, terminal) {
    const settings = settingsOf(values)
    const { folder, state } = settings
    const report = createReport(terminal, settings)
    const instance = await createFrom(settings, report, terminal)
    const savedTls = await readTlsCertificate(settings)
    const tls = settings.tls ? (savedTls ?? (await createTlsCertificate(settings.host, Date.now()))) : undefined
    let isReady = false
    const handler = handlerOf(instance, report, settings, () => isReady)
    const server = await listenAt(handler, settings, tls && (await serverTls(tls, instance)), report)
    let stateFile: StateFile | undefined
    try {
      // Without --tls the folder keeps its authority, which clients have come to trust.
      if (folder) await writeMerchant(folder, instance, server.url, tls ?? savedTls, settings.force)
      if (state) stateFile = await keepStateFile(state, instance, ({ message }) => terminal.warn(message))
      isReady = true
      report.started(...greeting(instance, server.url, settings))
      await untilStopped(terminal.stopped)
    } finally {
      await server.close()
      await stateFile?.close()
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
  readonly strict: boolean
  readonly quiet: boolean
  readonly json: boolean
}

/** @throws {CommandError} */
function settingsOf(values: Values): Settings {
  const requireText = (name: string, format: RegExp, example: string, value: string): string => {
    if (format.test(value)) return value
    throw usageError(`--${name} must be ${example}, not ${JSON.stringify(value)}.`)
  }
  const text = (name: string, format: RegExp, example: string): string | undefined => {
    const value = values[name] as string | undefined
    return value === undefined ? undefined : requireText(name, format, example, value)
  }
  const allowed = (values['allow-host'] ?? []) as readonly string[]
  const port = Number(text('port', /^\d{1,5}$/, 'a number from 0 to 65535') ?? PORT)
  if (port > 65_535) throw usageError(`--port must be a number from 0 to 65535, not ${port}.`)
  if (values.tls && values['no-tls']) throw usageError('Give either --tls or --no-tls, not both.')
  if (values.force && values.folder === undefined) throw usageError('--force requires --folder.')
  return {
    port,
    host: text('host', /^[^\s/]+$/, 'a host name or an address') ?? HOST,
    allowHosts: allowed.map(value => requireText('allow-host', /^[\w.-]+$/, 'a host name', value)),
    tls: Boolean(values.tls),
    folder: text('folder', /./, 'a folder'),
    force: Boolean(values.force),
    state: text('state', /./, 'a file'),
    platform: text('platform', new RegExp(`^(${MODES.join('|')})$`), `one of ${MODES.join(', ')}`) as
      | PlatformMode
      | undefined,
    mchid: text('mchid', /^\d{8,10}$/, 'eight to ten digits'),
    appid: text('appid', /^[\w-]{1,32}$/, 'up to 32 letters and digits'),
    seed: text('seed', /./s, 'a text'),
    strict: Boolean(values.strict),
    quiet: Boolean(values.quiet),
    json: Boolean(values.json),
  }
}

/** @throws {CommandError} the state file cannot be used, or the folder belongs to another merchant */
async function createFrom(settings: Settings, report: Report, { stopped }: Terminal): Promise<Simulator> {
  const { folder, force, seed, state: file, ...asked } = settings
  const kept = folder === undefined ? undefined : await readKeys(folder)
  const saved = file === undefined ? undefined : await readStateFile(file)
  const begin = saved === undefined ? beginFrom(kept, settings) : { ...asked, state: saved }
  try {
    const made = await createSimulator({
      mchid: begin.mchid,
      appid: begin.appid,
      platform: begin.platform,
      state: begin.state,
      seed,
      strict: settings.strict,
      live: true,
      // Aborts with the command, so that a merchant that does not respond cannot delay its end.
      deliver: (input, init) => fetch(input, { ...init, signal: AbortSignal.any([stopped, ...signalOf(init)]) }),
      onExchange: ({ url, ...exchange }) => report.request({ ...exchange, target: url }),
      onError: error => report.request({ reason: error instanceof Error ? error.message : String(error) }),
      onNotification: ({ url, event }, { status, error }) => report.notification({ url, event, status, reason: error }),
    })
    if (folder !== undefined && kept && !force) requireOwner(folder, kept, made.merchant)
    return made
  } catch (error) {
    if (!(error instanceof StateError)) throw error
    if (saved !== undefined) throw new CommandError(`${file}: ${error.message} Give another --state, or remove it.`)
    throw new CommandError(`${join(folder ?? '', KEYS_FILE)}: ${error.message} Remove it.`)
  }
}

/**
 * Returns what a simulator without a state begins from: the merchant and the keys of the folder, unless another merchant is
 * asked for or a seed determines the keys.
 */
function beginFrom(kept: KeptKeys | undefined, { mchid, appid, platform, seed, folder, force }: Settings) {
  const asked = { mchid, appid, platform, state: undefined }
  if (!kept || folder === undefined) return asked
  const isOther = (mchid ?? kept.mchid) !== kept.mchid || (appid ?? kept.appid) !== kept.appid
  if (isOther && force) return asked
  requireOwner(folder, kept, asked)
  return {
    mchid: kept.mchid,
    appid: kept.appid,
    platform: platform ?? kept.platform,
    state: seed === undefined ? kept.state : undefined,
  }
}

const signalOf = (init: RequestInit | undefined): AbortSignal[] => (init?.signal ? [init.signal] : [])

/** Handles requests for WeChat Pay's own paths, the control paths, and the health check. */
function handlerOf(
  instance: Simulator,
  report: Report,
  { host, allowHosts }: Settings,
  isReady: () => boolean,
): Handler {
  const mount = createSimulatorMount(instance, { hosts: [host, ...allowHosts] })
  const { raw } = new X509Certificate(instance.merchant.certificate)
  return async (request, certificate) => {
    const target = targetOf(request)
    if (target === HEALTH) return health(isReady())
    if (!isControlPath(target.replace(/\?.*$/s, '')))
      return certificate?.equals(raw) ? instance.mtlsFetch(request) : instance.fetch(request)
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

/** Reads the certificate of the folder, so that clients keep trusting it; undefined if there is none that is usable. */
async function readTlsCertificate({ folder, host }: Settings): Promise<TlsCertificate | undefined> {
  const files = folder ? await readFolder(folder, Object.values(TLS_FILES)) : {}
  const parts = Object.entries(TLS_FILES).map(([part, name]) => [part, files[name] ?? ''])
  const saved: TlsCertificate = Object.fromEntries(parts)
  return isUsable(saved, host, Date.now()) ? saved : undefined
}

/** Returns TLS options that request client certificates of the simulated authority, which issued the merchant's. */
const serverTls = async ({ cert, key }: TlsCertificate, instance: Simulator): Promise<ServerOptions['tls']> => ({
  cert,
  key,
  clientAuthority: await instance.authorityCertificate(),
})

/** @throws {CommandError} */
async function listenAt(
  handler: Handler,
  { host, port }: Settings,
  tls: ServerOptions['tls'],
  report: Report,
): Promise<Listening> {
  try {
    return await listen(handler, { host, port, tls, onRefused: report.request })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new CommandError(UNAVAILABLE[code ?? '']?.(host, port) ?? `Cannot listen at ${host}:${port}: ${message}.`)
  }
}

const noHost = (host: string) => `This machine has no address ${host}. Omit --host, or give 0.0.0.0 for all addresses.`
const UNAVAILABLE: Readonly<Record<string, (host: string, port: number) => string>> = {
  EADDRINUSE: (_, port) => `Port ${port} is in use. Give another: --port ${port + 1}, or --port 0 for a free port.`,
  EACCES: (_, port) => `You may not use port ${port}. Give one above 1023: --port ${PORT}.`,
  EADDRNOTAVAIL: noHost,
  ENOTFOUND: noHost,
}

async function writeMerchant(
  folder: string,
  instance: Simulator,
  url: string,
  tls: TlsCertificate | undefined,
  force: boolean,
): Promise<void> {
  const { merchant, certificates, examples } = instance
  const { mchid, appid, serial, platformKeys } = merchant
  const { sub_mchid, openid } = examples
  const manifestFields = {
    url,
    mchid,
    appid,
    serial,
    sub_mchid,
    openid,
    platformKeys: [...Object.keys(platformKeys), ...Object.keys(certificates)],
  }
  const files = { ...merchantFiles({ merchant, certificates, tls, url }), [KEYS_FILE]: serializeKeys(instance) }
  await writeFolder(folder, files, manifestFields, force)
}

/** Returns the greeting as text, and its data for --json. */
function greeting({ merchant, examples }: Simulator, url: string, { folder, state, tls }: Settings): [string, object] {
  const { mchid, appid, serial } = merchant
  const { sub_mchid, openid } = examples
  const control = url + CONTROL_PATH
  const ca = folder && join(folder, TLS_FILES.ca)
  const rows = {
    'WeChat Pay': `${url}   instead of https://api.mch.weixin.qq.com`,
    merchant: `${mchid}, appid ${appid}`,
    serial,
    'sub-merchant': `${sub_mchid}; a shopper's openid is ${openid}`,
    keys: folder ?? 'only in memory; --folder <folder> writes them',
    state: state ?? 'only in memory; --state <file> saves it',
    ...(tls && { authority: ca ?? 'only in memory; --folder <folder> writes ca.pem' }),
    control,
  }
  const lines = Object.entries(rows).map(([name, text]) => `  ${name.padEnd(14)}${text}`)
  const trust = tls ? (ca ? `--cacert ${ca} ` : '-k ') : ''
  const pay = `  curl ${trust}-H content-type:application/json -d '{"out_trade_no":"…"}' ${control}/pay`
  const text = ['Simulated, until you press Ctrl-C:', ...lines, 'The shopper pays:', pay, ''].join('\n')
  return [text, { url, control, mchid, appid, serial, sub_mchid, openid, folder, state }]
}

const untilStopped = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
