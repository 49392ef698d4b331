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
import { readFileOrFail, readIfThere } from './file.ts'

export const ENV: Option = {
  name: 'env',
  value: '<file>',
  text: "Where the merchant's keys are that the environment does not give. Default .env, here.",
}
export const CERTIFICATES: Option = {
  name: 'certificates',
  value: '<folder>',
  text: "WeChat Pay's platform certificates (平台证书), saved by wechatpay-edge certificates.\nThen none are downloaded.",
}
export const JSON_OUTPUT: Option = { name: 'json', text: 'For programs: JSON, also of what goes wrong.' }

/** Below the options of a command: how it comes by the merchant. */
export const KEYS = `The merchant's keys come from the environment and from .env; wechatpay-edge doctor checks them,
and wechatpay-edge doctor --help names the variables.`

/** What the environment says of the merchant, and behind it the file `.env`. @throws {CommandError} */
export async function readEnvironment({ env }: Values): Promise<NodeEnvironment> {
  const content = env === undefined ? await readIfThere('.env') : await readFileOrFail(env as string)
  return { ...(content && parseEnv(content.toString())), ...process.env }
}

/**
 * The client of a command that calls: all that it takes has to be there.
 *
 * @throws {CommandError}, {ConfigurationError}
 */
export async function readMerchant(values: Values): Promise<{ client: Wechatpay; options: WechatpayOptions }> {
  const environment = await readEnvironment(values)
  if (!environment.WECHATPAY_MCHID)
    throw new CommandError(
      `WECHATPAY_MCHID is neither in the environment nor in ${values.env ?? '.env'}. ${NO_MERCHANT}.`,
    )
  const options = await optionsOf(environment, values)
  return { client: wechatpay(environment, platformKeysOf(options)), options }
}

export const NO_MERCHANT =
  'Without a merchant: wechatpay-edge simulator --folder wechatpay, and then --env wechatpay/.env'

/**
 * The client of a command that looks at what is on this machine: what it lacks is asked for when it is needed.
 *
 * @throws {CommandError}, {ConfigurationError}
 */
export async function readKeys(values: Values): Promise<{ client: Wechatpay; options: WechatpayOptions }> {
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
  const cure = `Download: wechatpay-edge certificates --out ${folder}`
  const names = await readdir(folder).catch(() => {
    throw new CommandError(`--certificates: there is no folder ${folder}. ${cure}`)
  })
  const found = names.filter(name => SAVED.test(name))
  if (found.length === 0) throw new CommandError(`--certificates: no wechatpay_<serial>.pem in ${folder}. ${cure}`)
  const read = async (name: string) =>
    [SAVED.exec(name)![1]!, String(await readFileOrFail(join(folder, name)))] as const
  return Object.fromEntries(await Promise.all(found.map(read)))
}

const SAVED = /^wechatpay_([0-9A-F]+)\.pem$/i
