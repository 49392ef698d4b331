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

/**
 * Reads the merchant's variables from the environment, and those that are missing there from the file `.env`.
 *
 * @throws {CommandError} the file that is given does not exist, or cannot be read
 */
export async function readEnvironment({ env }: Values): Promise<NodeEnvironment> {
  const content = env === undefined ? await readFileIfExists('.env') : await readRequiredFile(env as string)
  return { ...(content && parseEnv(content.toString())), ...process.env }
}

/**
 * Creates the client of a command that calls WeChat Pay: every key must be set.
 *
 * @throws {CommandError | ConfigurationError}
 */
export async function createCallingClient(values: Values): Promise<{ client: Wechatpay; options: WechatpayOptions }> {
  const environment = await readEnvironment(values)
  if (!environment.WECHATPAY_MCHID)
    throw new CommandError(
      `WECHATPAY_MCHID is missing in the environment and in ${values.env ?? '.env'}. ${WITHOUT_MERCHANT_HELP}.`,
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
