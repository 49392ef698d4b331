import { join } from 'node:path'
import { CONTROL_PATH } from '../../simulator/control/action.ts'
import { isControlPath } from '../../simulator/control/mount.ts'
import { createSimulatorFromKeys } from '../../simulator/create-simulator.ts'
import { examples } from '../../simulator/examples.ts'
import { targetOf } from '../../simulator/http/request-url.ts'
import { createNamespaceServer, type MerchantView, type Simulator, StateError } from '../../simulator/index.ts'
import type { KeyPair } from '../../simulator/keys/key-pair.ts'
import { readAddress } from '../../simulator/namespaces/address.ts'
import { CommandError } from '../command.ts'
import type { Terminal } from '../terminal.ts'
import { type Files, type MerchantFolder, openFolder } from './folder.ts'
import { hasKeysOf, type KeptKeys, readKeys, requireOwner, serializeKeys } from './kept-keys.ts'
import { KEYS_FILE } from './keys-ahead.ts'
import { isMerchantFile, merchantFiles, type ServerDescription, subMerchantOf, TLS_FILES } from './merchant-files.ts'
import { type CompleteSettings, withFirstOf, withMerchants } from './merchants-file.ts'
import { createReport, type Report } from './report.ts'
import { type Handler, type Listening, listen, type ServerOptions } from './server.ts'
import { APPID, BRAND_ID, DEFAULT_PORT, HEALTH, MCHID, type Settings } from './settings.ts'
import { keepStateFile, readStateFile, type StateFile } from './state-file.ts'
import { createTlsCertificate, isUsable, type TlsCertificate } from './tls-certificate.ts'
import { waitForSimulator } from './wait.ts'

/**
 * Runs the simulator until the command is stopped.
 *
 * @param keyPairs key pairs that are being generated already, for the merchant and its platform
 * @throws {CommandError} it cannot start
 */
export async function runSimulator(
  given: Settings,
  terminal: Terminal,
  keyPairs: readonly Promise<KeyPair>[],
): Promise<void> {
  const settings = await withMerchants(given)
  if (settings.wait !== undefined) return waitForSimulator(settings, settings.wait, terminal)
  const { state } = settings
  const report = createReport(terminal, settings)
  const folder =
    settings.folder === undefined
      ? undefined
      : await openFolder(settings.folder, { isOwnName: isMerchantFile, force: settings.force })
  const kept = folder && (await readKeys(folder))
  const instance = await createFrom(settings, { folder, kept, keyPairs }, report, terminal)
  const hasKept = kept !== undefined && hasKeysOf(instance, kept)
  const savedTls = folder && (await readTlsCertificate(folder, settings.host))
  const tls = settings.tls ? (savedTls ?? (await createTlsCertificate(settings.host, Date.now()))) : undefined
  let url: string | undefined
  const handler = handlerOf(instance, report, settings, {
    isReady: () => url !== undefined,
    // The private key of HTTPS stays here: whoever has it could pose as this server to all that trust it.
    filesOf: (merchant, prefix) => merchantFiles(merchant, { url: server.url + prefix, tls: tls && { ca: tls.ca } }),
  })
  const server = await listenAt(handler, settings, tls && (await serverTls(tls, instance)), report)
  let stateFile: StateFile | undefined
  try {
    if (folder) {
      const seed = settings.seed ?? (hasKept ? kept?.seed : undefined)
      // Without --tls the folder keeps its authority, which clients have come to trust.
      await writeMerchants(folder, settings, { instance, url: server.url, tls: tls ?? savedTls, seed })
    }
    if (state) stateFile = await keepStateFile(state, instance, ({ message }) => terminal.warn(message))
    url = server.url
    report.started(...greeting(instance, server.url, settings, hasKept))
    // Node loads its `fetch` at the first use of a part of it: now, so that no request waits for that.
    setImmediate(() => new Response())
    // Starts what an earlier run has left to do, now that the merchant can call back. `onError` reports its failures.
    instance.settled().catch(() => {})
    await untilStopped(terminal.stopped)
  } finally {
    await server.close()
    await stateFile?.close()
  }
}

/** Sources of the keys of a simulator that has no state file. */
interface KeysAtStart {
  readonly folder: MerchantFolder | undefined
  readonly kept: KeptKeys | undefined
  /** Key pairs that are being generated already, in case the folder has none. */
  readonly keyPairs: readonly Promise<KeyPair>[]
}

/**
 * @throws {CommandError} the state file or the folder cannot be used, or the folder belongs to another merchant or has
 * other keys
 */
async function createFrom(
  settings: CompleteSettings,
  { folder, kept, keyPairs }: KeysAtStart,
  report: Report,
  { stopped }: Terminal,
): Promise<Simulator> {
  const { force, seed, at, state: file, mchid, appid, brandId, platform } = settings
  const saved = file === undefined ? undefined : await readStateFile(file)
  const start =
    saved === undefined ? startOf(folder, kept, settings) : { mchid, appid, brandId, platform, state: saved }
  try {
    const made = await createSimulatorFromKeys(keyPairs, {
      ...withFirstOf(settings.merchants, start),
      seed,
      strict: settings.strict,
      signatureClock: settings.signatureClock,
      ...(at !== undefined && { clock: () => at }),
      live: true,
      // Aborts with the command, so that a merchant that does not respond cannot delay its end.
      deliver: (input, init) => fetch(input, { ...init, signal: AbortSignal.any([stopped, ...signalOf(init)]) }),
      onExchange: ({ url, ...exchange }) => report.request({ ...exchange, target: url }),
      onError: error => report.request({ reason: error instanceof Error ? error.message : String(error) }),
      onNotification: ({ url, event }, { status, error }) => report.notification({ url, event, status, reason: error }),
    })
    if (file !== undefined) requireFormats(file, made)
    if (folder && kept && !force) {
      requireOwner(folder, kept, { ...made.merchant, brandId: made.brand?.brandId })
      requireKeysOf(folder, kept, made, file === undefined ? 'this --seed' : file)
    }
    return made
  } catch (error) {
    if (!(error instanceof StateError)) throw error
    if (saved !== undefined) throw new CommandError(`${file}: ${error.message} Give another --state, or remove it.`)
    throw new CommandError(`${join(folder?.path ?? '', KEYS_FILE)}: ${error.message} Remove it.`)
  }
}

/**
 * Returns what a simulator without a state starts from: the merchant and the keys of the folder, unless another merchant or
 * another seed is forced upon it.
 *
 * @throws {CommandError} the folder belongs to another merchant
 */
function startOf(
  folder: MerchantFolder | undefined,
  kept: KeptKeys | undefined,
  { mchid, appid, brandId, platform, seed, force }: CompleteSettings,
) {
  const asked = { mchid, appid, brandId, platform, state: undefined }
  if (!folder || !kept) return asked
  const isOtherBrand = kept.brandId !== undefined && (brandId ?? kept.brandId) !== kept.brandId
  const isOther = (mchid ?? kept.mchid) !== kept.mchid || (appid ?? kept.appid) !== kept.appid || isOtherBrand
  if (isOther && force) return asked
  requireOwner(folder, kept, asked)
  return {
    mchid: kept.mchid,
    appid: kept.appid,
    brandId: brandId ?? kept.brandId,
    platform: platform ?? kept.platform,
    state: seed === undefined || seed === kept.seed ? kept.state : undefined,
  }
}

/**
 * Requires that a state file, which may come from somebody else, has ids that can be written to `.env`.
 *
 * @throws {CommandError}
 */
function requireFormats(file: string, { merchant: { mchid, appid }, brand }: Simulator): void {
  if (MCHID.test(mchid) && APPID.test(appid) && (!brand || BRAND_ID.test(brand.brandId))) return
  throw new CommandError(
    `${file} has a merchant id, an appid or a brand id that is malformed. Give another --state, or remove it.`,
  )
}

/** @throws {CommandError} the folder has keys that the simulator lacks */
function requireKeysOf({ path }: MerchantFolder, kept: KeptKeys, instance: Simulator, source: string): void {
  if (hasKeysOf(instance, kept)) return
  throw new CommandError(
    `${path} has keys that are not those of ${source}. Choose another --folder, or replace its keys with --force.`,
  )
}

const signalOf = (init: RequestInit | undefined): AbortSignal[] => (init?.signal ? [init.signal] : [])

/** Parts of the handler that exist after it. */
interface HandlerParts {
  readonly isReady: () => boolean
  /** Returns the files of a merchant, whose requests have the prefix of its namespace. */
  readonly filesOf: (merchant: MerchantView, prefix: string) => Promise<Files>
}

/** Handles requests for WeChat Pay's own paths, the control paths, and the health check. */
function handlerOf(
  instance: Simulator,
  report: Report,
  { host, allowHosts, namespaces }: CompleteSettings,
  { isReady, filesOf: merchantFilesOf }: HandlerParts,
): Handler {
  const hosts = [host, ...allowHosts]
  const server = createNamespaceServer(instance, { hosts, merchantFiles: merchantFilesOf, names: namespaces })
  return async (request, certificate) => {
    const target = targetOf(request)
    if (target === HEALTH) return health(isReady())
    const response = await server.fetch(request, certificate)
    const { method } = request
    const { status } = response
    const path = readAddress(request, target).target
    // The simulator reports the requests for WeChat Pay's own paths itself.
    if (isControlPath(path.replace(/\?.*$/s, '')) && (status >= 400 || !isRead(method, path)))
      report.request({ method, target, status })
    return response
  }
}

/** Returns whether a request only reads, which is no news: an open console reads again whenever anything happens. */
const isRead = (method: string, target: string): boolean =>
  (method === 'GET' || method === 'HEAD') && /^\/(?:console|simulator)(?:[/?]|$)/.test(target)

const health = (isReady: boolean): Response =>
  Response.json(
    { status: isReady ? 'ok' : 'starting' },
    { status: isReady ? 200 : 503, headers: { 'Cache-Control': 'no-store' } },
  )

/** Reads the certificate of the folder, so that clients keep trusting it; undefined if there is none that is usable. */
async function readTlsCertificate(folder: MerchantFolder, host: string): Promise<TlsCertificate | undefined> {
  const parts = Object.entries(TLS_FILES).map(async ([part, name]) => [part, (await folder.read(name)) ?? ''])
  const saved: TlsCertificate = Object.fromEntries(await Promise.all(parts))
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
  { host, port }: CompleteSettings,
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
  EACCES: (_, port) => `You may not use port ${port}. Give one above 1023: --port ${DEFAULT_PORT}.`,
  EADDRNOTAVAIL: noHost,
  ENOTFOUND: noHost,
}

interface RunningSimulator extends ServerDescription {
  readonly instance: Simulator
  readonly seed: string | undefined
}

/** Writes the folder of the first merchant, and one below it for each other. */
async function writeMerchants(
  folder: MerchantFolder,
  { force }: CompleteSettings,
  { instance, seed, url, tls }: RunningSimulator,
): Promise<void> {
  await writeFolder(folder, instance, { url, tls }, { [KEYS_FILE]: serializeKeys(instance, seed) })
  for (const { mchid } of instance.merchants.slice(1)) {
    const below = await openFolder(join(folder.path, mchid), { isOwnName: isMerchantFile, force })
    await writeFolder(below, instance.as(mchid), { url, tls: tls && { ca: tls.ca } }, {})
  }
}

async function writeFolder(
  folder: MerchantFolder,
  view: MerchantView,
  server: ServerDescription,
  more: Files,
): Promise<void> {
  const { merchant, brand, certificates } = view
  const { mchid, appid, serial, platformKeys } = merchant
  await folder.write(
    { ...(await merchantFiles(view, server)), ...more },
    {
      url: server.url,
      mchid,
      appid,
      serial,
      sub_mchid: subMerchantOf(view),
      openid: examples.openid,
      ...(brand && { brandId: brand.brandId, brandPlatformKeys: Object.keys(brand.platformKeys) }),
      platformKeys: [...Object.keys(platformKeys), ...Object.keys(certificates)],
    },
  )
}

/**
 * Returns the greeting as text, and its data for --json.
 *
 * @param hasKept whether the keys are those that the folder had: somebody who mistyped its path gets a new merchant
 */
function greeting(
  instance: Simulator,
  url: string,
  { folder, state, tls }: CompleteSettings,
  hasKept: boolean,
): [string, object] {
  const {
    merchant: { mchid, appid, serial },
    merchants: [, ...others],
    brand,
  } = instance
  const { openid } = examples
  const sub_mchid = subMerchantOf(instance)
  const control = url + CONTROL_PATH
  const consoleUrl = `${url}/console/`
  const ca = folder && join(folder, TLS_FILES.ca)
  const rows = {
    'WeChat Pay': `${url}   instead of https://api.mch.weixin.qq.com`,
    merchant: `${mchid}, appid ${appid}`,
    ...(others.length > 0 && { merchants: others.map(other => other.mchid).join(', ') }),
    serial,
    ...(brand && { brand: brand.brandId }),
    ...(sub_mchid !== undefined && { 'sub-merchant': sub_mchid }),
    shopper: `openid ${openid}`,
    keys: folder
      ? `${folder}   ${hasKept ? 'existing ones, of an earlier run' : 'new ones, written there now'}`
      : 'only in memory; --folder <folder> writes them',
    state: state ?? 'only in memory; --state <file> saves it',
    ...(tls && { authority: ca ?? 'only in memory; --folder <folder> writes ca.pem' }),
    control,
    console: consoleUrl,
  }
  const lines = Object.entries(rows).map(([name, value]) => `  ${name.padEnd(14)}${value}`)
  const trust = tls ? (ca ? `--cacert ${ca} ` : '-k ') : ''
  const pay = `  curl ${trust}-H content-type:application/json -d '{"out_trade_no":"…"}' ${control}/pay`
  const text = ['Simulated, until you press Ctrl-C:', ...lines, 'The shopper pays:', pay, ''].join('\n')
  return [
    text,
    {
      url,
      control,
      console: consoleUrl,
      mchid,
      appid,
      ...(others.length > 0 && { merchants: others.map(other => other.mchid) }),
      ...(brand && { brandId: brand.brandId }),
      serial,
      sub_mchid,
      openid,
      folder,
      state,
    },
  ]
}

const untilStopped = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
