import { MAX_CLOCK } from '../../simulator/clock/scheduler.ts'
import { CONTROL_PATH } from '../../simulator/control/action.ts'
import type { PlatformMode } from '../../simulator/index.ts'
import { NAMESPACE, NAMESPACE_RULE } from '../../simulator/namespaces/address.ts'
import { type Option, usageError, type Values } from '../command.ts'

export const DEFAULT_PORT = 8989
export const DEFAULT_HOST = '127.0.0.1'
/** Path of the health check. WeChat Pay has no path of this name. */
export const HEALTH = '/healthz'
/** Formats of a merchant's ids, which are written into file names, `.env` and URLs. */
export const MCHID = /^\d{8,10}$/
/** The format of a brand id (品牌 ID). */
export const BRAND_ID = /^\d{1,20}$/
export const APPID = /^[\w-]{1,32}$/
export const MODES: readonly string[] = ['public-key', 'certificate', 'both'] satisfies PlatformMode[]

export const OPTIONS: readonly Option[] = [
  { name: 'port', value: '<port>', description: `Port to listen on. Default: ${DEFAULT_PORT}. 0 picks a free port.` },
  { name: 'host', value: '<host>', description: `Address to listen on. Default: ${DEFAULT_HOST}, only this machine.` },
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
    description:
      "Overwrites files in the folder that are not the simulator's, and keys that are not those of\n--mchid, --appid, --seed or --state.",
  },
  {
    name: 'state',
    value: '<file>',
    description:
      'Continues from this file, and stores what happens in it, the keys too. States of\nPOST /simulator/save and namespaces stay in memory only.',
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
    name: 'brand-id',
    value: '<id>',
    description:
      'Simulates a brand (品牌) too, with keys of its own: files brand_… of the folder, and variables\nWECHATPAY_BRAND_…. Default: that of the folder, or none.',
  },
  {
    name: 'merchants',
    value: '<file>',
    description:
      'Simulates the merchants of a JSON file, each with its own keys; without --mchid:\n[{"mchid": "1900000109", "subMchids": ["1900000111"]}, {"mchid": "1900000112"}].\nThe files of all but the first are in folders below --folder that have their ids as names.',
  },
  {
    name: 'seed',
    value: '<text>',
    description: 'The same seed gives the same keys and numbers, for repeatable tests.',
  },
  {
    name: 'at',
    value: '<time>',
    description:
      'The simulated clock stands at this time, such as 2026-03-01T12:00:00+08:00, and moves only by\nPOST /simulator/advance. With --seed, all numbers repeat. Default: it runs from now.',
  },
  {
    name: 'sign-by',
    value: '<clock>',
    description:
      'The clock of signatures and of the header Date: wall, or simulated for a client that takes its\ntime from there. Default: wall.',
  },
  {
    name: 'namespace',
    value: '<name>',
    isRepeatable: true,
    description:
      'A namespace that requests may name (/ns/<name>/…), and no other; can be given several times.\nDefault: the first request that names one creates it.',
  },
  {
    name: 'wait',
    value: '<seconds>',
    description:
      'Starts nothing: waits until the simulator at --host and --port serves. Exit code 0, or 1 if it\ndoes not within this time. With --tls, on another host, it trusts the ca.pem of --folder.',
  },
  {
    name: 'strict',
    description: 'Refuses undefined parameters in bodies at every endpoint of APIv3, not only where it has state.',
  },
  { name: 'quiet', short: 'q', description: 'Prints no line per request.' },
  { name: 'json', description: 'Prints lines of JSON.' },
]

export interface Settings {
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
  readonly brandId: string | undefined
  /** File that lists the merchants. */
  readonly merchantsFile: string | undefined
  readonly seed: string | undefined
  /** Time at which the simulated clock stands, ms. */
  readonly at: number | undefined
  readonly signatureClock: 'wall' | 'simulated'
  /** The only namespaces; undefined: any. */
  readonly namespaces: readonly string[] | undefined
  /** Milliseconds to wait for a simulator that runs already. */
  readonly wait: number | undefined
  readonly strict: boolean
  readonly quiet: boolean
  readonly json: boolean
}

/** RFC 3339, which names the offset: a time without one would be another on each machine. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/

/** @throws {CommandError} */
function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw usageError(`--at must be a time that exists, not ${JSON.stringify(text)}.`)
  if (time < 0 || time > MAX_CLOCK)
    throw usageError(
      `--at must be a time from 1970 to ${new Date(MAX_CLOCK).toISOString()}, not ${JSON.stringify(text)}.`,
    )
  return time
}

/** @throws {CommandError} */
export function settingsOf(values: Values): Settings {
  const requireText = (name: string, format: RegExp, example: string, value: string): string => {
    if (format.test(value)) return value
    throw usageError(`--${name} must be ${example}, not ${JSON.stringify(value)}.`)
  }
  const text = (name: string, format: RegExp, example: string): string | undefined => {
    const value = values[name] as string | undefined
    return value === undefined ? undefined : requireText(name, format, example, value)
  }
  const single = ['mchid', 'appid', 'brand-id'].find(name => values[name] !== undefined)
  if (values.merchants !== undefined && single !== undefined)
    throw usageError(`Give either --merchants or --${single}: the file has the ids of all merchants.`)
  const allowed = (values['allow-host'] ?? []) as readonly string[]
  const namespaces = values.namespace as readonly string[] | undefined
  const seconds = text('wait', /^\d{1,4}$/, 'a number of seconds')
  const port = Number(text('port', /^\d{1,5}$/, 'a number from 0 to 65535') ?? DEFAULT_PORT)
  if (port > 65_535) throw usageError(`--port must be a number from 0 to 65535, not ${port}.`)
  if (seconds !== undefined && port === 0)
    throw usageError(
      '--wait requires the --port of the simulator to wait for; 0 is only for one that picks a free port.',
    )
  if (values.tls && values['no-tls']) throw usageError('Give either --tls or --no-tls, not both.')
  if (values.force && values.folder === undefined) throw usageError('--force requires --folder.')
  return {
    port,
    host: text('host', /^[^\s/]+$/, 'a host name or an address') ?? DEFAULT_HOST,
    allowHosts: allowed.map(value => requireText('allow-host', /^[\w.-]+$/, 'a host name', value)),
    tls: Boolean(values.tls),
    folder: text('folder', /./, 'a folder'),
    force: Boolean(values.force),
    state: text('state', /./, 'a file'),
    platform: text('platform', new RegExp(`^(${MODES.join('|')})$`), `one of ${MODES.join(', ')}`) as
      | PlatformMode
      | undefined,
    mchid: text('mchid', MCHID, 'eight to ten digits'),
    appid: text('appid', APPID, 'up to 32 letters and digits'),
    brandId: text('brand-id', BRAND_ID, 'up to 20 digits'),
    merchantsFile: text('merchants', /./, 'a file'),
    seed: text('seed', /./s, 'a text'),
    at: timeOf(text('at', TIME, 'a time such as 2026-03-01T12:00:00+08:00')),
    signatureClock: text('sign-by', /^(?:wall|simulated)$/, 'wall or simulated') === 'simulated' ? 'simulated' : 'wall',
    namespaces: namespaces?.map(name => requireText('namespace', NAMESPACE, NAMESPACE_RULE, name).toLowerCase()),
    wait: seconds === undefined ? undefined : Number(seconds) * 1000,
    strict: Boolean(values.strict),
    quiet: Boolean(values.quiet),
    json: Boolean(values.json),
  }
}
