import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { parseEnv } from 'node:util'
import { optionsFrom } from '../adapters/environment.ts'
import { readLocal } from '../adapters/local.ts'
import { type NodeEnvironment, wechatpay } from '../adapters/node.ts'
import { webcrypto } from '../adapters/webcrypto.ts'
import { Wechatpay, type WechatpayOptions } from '../core/index.ts'
import { CommandError, type Option, type Values } from './command.ts'
import { readFileIfExists, readRequiredFile } from './file.ts'
import { findMisspelt } from './misspelt-variables.ts'

export const ENV_OPTION: Option = {
  name: 'env',
  value: '<file>',
  description: 'File with keys that are not in the environment. Default: .env of the current folder.',
}
export const CERTIFICATES_OPTION: Option = {
  name: 'certificates',
  value: '<folder>',
  description:
    "WeChat Pay's platform certificates (平台证书), saved by wechatpay-edge certificates.\nIf given, none are downloaded.",
}
export const JSON_OPTION: Option = { name: 'json', description: 'Prints JSON, errors too.' }

/** Help text of commands that need a merchant. */
export const KEYS_HELP = `The merchant's keys come from the environment and from .env; wechatpay-edge doctor checks them,
and wechatpay-edge doctor --help names the variables.`

/** A variable with an address, and the variables with what is sent there or signed for it. */
export interface AddressRule {
  readonly address: string
  readonly credentials: readonly string[]
  /** The option that gives the credential in place of the variables. */
  readonly option?: string | undefined
}

/** WeChat Pay's address. */
const BASE_URL_RULE: AddressRule = {
  address: 'WECHATPAY_BASE_URL',
  credentials: [
    'WECHATPAY_PRIVATE_KEY',
    'WECHATPAY_PRIVATE_KEY_FILE',
    'WECHATPAY_P12_FILE',
    'WECHATPAY_APIV3_KEY',
    'WECHATPAY_APIV3_KEY_FILE',
    'WECHATPAY_APIV2_KEY',
    'WECHATPAY_APIV2_KEY_FILE',
    'WECHATPAY_BRAND_PRIVATE_KEY',
    'WECHATPAY_BRAND_PRIVATE_KEY_FILE',
    'WECHATPAY_BRAND_API_KEY',
    'WECHATPAY_BRAND_API_KEY_FILE',
  ],
}

/**
 * Reads the merchant's variables from the environment, and those that are missing there from the file `.env`. The `.env`
 * of the current folder may be somebody else's, as in a cloned repository: it must not choose the address where
 * credentials of the environment are used.
 *
 * @throws {CommandError} the file that is given does not exist, or cannot be read; or the address is from a `.env` that
 * was not given, and a credential from the environment
 */
export async function readEnvironment({ env }: Values, rule: AddressRule = BASE_URL_RULE): Promise<NodeEnvironment> {
  const content = env === undefined ? await readFileIfExists('.env') : await readRequiredFile(env as string)
  const file: NodeJS.Dict<string> = content ? parseEnv(content.toString()) : {}
  if (content && env !== undefined) requireVariables(content.toString(), file, env as string)
  if (env === undefined) requireOneSource(file, rule)
  return { ...file, ...process.env }
}

/** @throws {CommandError} the file is a key or a certificate, or something else without variables */
function requireVariables(text: string, variables: NodeJS.Dict<string>, name: string): void {
  const content = text.trimStart()
  if (content.startsWith('-----BEGIN'))
    throw new CommandError(
      `--env: ${name} is a PEM file, not a file of variables. Name the file that has WECHATPAY_PRIVATE_KEY_FILE=${name} in a line.`,
    )
  const hasLines = content.split('\n').some(line => !/^\s*(?:#|$)/.test(line))
  if (hasLines && Object.keys(variables).length === 0)
    throw new CommandError(`--env: ${name} has no line NAME=value. Name a file of variables, such as .env.`)
}

function requireOneSource(file: NodeJS.Dict<string>, { address, credentials, option }: AddressRule): void {
  if (!file[address] || process.env[address] !== undefined) return
  // The author of the file knows a value that is in it too.
  const variable = credentials.find(each => process.env[each] && process.env[each] !== file[each])
  const name = option ?? (variable && `${variable} from the environment`)
  if (name)
    throw new CommandError(
      `${address} is from .env of this folder, but the credential is not (${name}): a foreign folder would choose where it is used. If you trust the file, add --env .env; otherwise set ${address} in the environment.`,
    )
}

/**
 * Creates the client of a command that calls WeChat Pay: every key must be set.
 *
 * @throws {CommandError | ConfigurationError}
 */
export async function createCallingClient(values: Values): Promise<{ client: Wechatpay; options: WechatpayOptions }> {
  const environment = await readEnvironment(values)
  if (!environment.WECHATPAY_MCHID && !environment.WECHATPAY_BRAND_ID)
    throw new CommandError(
      [
        `WECHATPAY_MCHID is missing in the environment and in ${values.env ?? '.env'}.`,
        ...findMisspelt({ ...environment }).map(({ name, meant }) => `${name} is not read; is ${meant} meant?`),
        `${WITHOUT_MERCHANT_HELP}.`,
      ].join(' '),
    )
  const options = await optionsOf(environment, values)
  return { client: wechatpay(environment, platformKeysOf(options)), options }
}

export const WITHOUT_MERCHANT_HELP =
  'Without a merchant, run wechatpay-edge simulator --folder wechatpay, and then use --env wechatpay/.env'

/**
 * Creates the client of a command that works offline: a missing key is an error only when it is used.
 *
 * @throws {CommandError | ConfigurationError}
 */
export async function createOfflineClient(values: Values): Promise<{ client: Wechatpay; options: WechatpayOptions }> {
  const options = await optionsOf(await readEnvironment(values), values)
  return { client: new Wechatpay(options), options }
}

async function optionsOf(environment: NodeEnvironment, { certificates }: Values): Promise<WechatpayOptions> {
  const { texts } = readLocal(environment, path => readFileSync(path, 'utf8'))
  const { mchid = '0', platformKeys, ...options } = optionsFrom(texts)
  const saved = certificates === undefined ? undefined : await readCertificates(certificates as string)
  const keys = saved ? { ...platformKeys, ...saved } : platformKeys
  return { ...options, mchid, crypto: webcrypto(), ...(keys && { platformKeys: keys }) }
}

const platformKeysOf = ({ platformKeys }: WechatpayOptions): Partial<WechatpayOptions> =>
  platformKeys ? { platformKeys } : {}

async function readCertificates(folder: string): Promise<Record<string, string>> {
  const fix = `Download them: wechatpay-edge certificates --out ${folder}`
  const names = await readdir(folder).catch(() => {
    throw new CommandError(`--certificates: the folder ${folder} does not exist. ${fix}`)
  })
  const found = names.filter(name => CERTIFICATE_FILE.test(name))
  if (found.length === 0) throw new CommandError(`--certificates: ${folder} has no wechatpay_<serial>.pem. ${fix}`)
  const read = async (name: string) =>
    [CERTIFICATE_FILE.exec(name)![1]!, String(await readRequiredFile(join(folder, name)))] as const
  return Object.fromEntries(await Promise.all(found.map(read)))
}

const CERTIFICATE_FILE = /^wechatpay_([0-9A-F]+)\.pem$/i
