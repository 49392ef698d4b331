import { publicPem } from '../core/crypto/keys.ts'
import { ConfigurationError } from '../core/index.ts'
import { BRAND_CHECKS, CHECKS, type Check } from '../core/options/option-checks.ts'
import type { Environment } from './environment.ts'

/**
 * Variables whose text may be in a file: `WECHATPAY_PRIVATE_KEY_FILE` is the path of a file with the text of
 * `WECHATPAY_PRIVATE_KEY`.
 */
const TEXTS = [
  'WECHATPAY_PRIVATE_KEY',
  'WECHATPAY_CERTIFICATE',
  'WECHATPAY_PUBLIC_KEY',
  'WECHATPAY_APIV3_KEY',
  'WECHATPAY_APIV2_KEY',
  'WECHATPAY_BRAND_PRIVATE_KEY',
  'WECHATPAY_BRAND_CERTIFICATE',
  'WECHATPAY_BRAND_PUBLIC_KEY',
  'WECHATPAY_BRAND_API_KEY',
] as const
type Text = (typeof TEXTS)[number]

const checkPublicKey: Check = (text, variable) => void publicPem(text as string, variable)

/** The check of a text that was read from a file, made at once: an error of the client would not name the file. */
const TEXT_CHECKS: Readonly<Record<Text, Check>> = {
  // An encrypted one is read with its passphrase.
  WECHATPAY_PRIVATE_KEY: (text, variable) =>
    /ENCRYPTED/.test(text as string) ? undefined : CHECKS.privateKey(text, variable),
  WECHATPAY_CERTIFICATE: CHECKS.certificate,
  WECHATPAY_PUBLIC_KEY: checkPublicKey,
  WECHATPAY_APIV3_KEY: CHECKS.apiv3Key,
  WECHATPAY_APIV2_KEY: CHECKS.apiv2Key,
  WECHATPAY_BRAND_PRIVATE_KEY: BRAND_CHECKS.privateKey,
  WECHATPAY_BRAND_CERTIFICATE: BRAND_CHECKS.certificate,
  WECHATPAY_BRAND_PUBLIC_KEY: checkPublicKey,
  WECHATPAY_BRAND_API_KEY: BRAND_CHECKS.apiKey,
}

/** Environment of a runtime with files: each key and certificate as text or in a file. */
export interface FileEnvironment extends Environment, Partial<Record<`${Text}_FILE`, string | undefined>> {
  /** The passphrase of an encrypted private key. */
  WECHATPAY_PRIVATE_KEY_PASSPHRASE?: string | undefined
  /** Path of a file that caches platform certificates between processes; created if missing. */
  WECHATPAY_CERTIFICATE_CACHE?: string | undefined
}

/** Variables that only a {@link FileEnvironment} has. */
export const FILE_VARIABLES: readonly (keyof FileEnvironment)[] = [
  ...TEXTS.map(name => `${name}_FILE` as const),
  'WECHATPAY_PRIVATE_KEY_PASSPHRASE',
  'WECHATPAY_CERTIFICATE_CACHE',
]

/**
 * Reads the files named in an environment and returns their texts in its variables.
 *
 * @param read returns the text of a file, or throws the runtime's error
 * @throws {ConfigurationError} `FILE_UNREADABLE`, `PERMISSION_DENIED`; `OPTION_INVALID` if text and file are both set; the codes of a PEM
 */
export function readFiles(environment: FileEnvironment, read: (path: string) => string): Environment {
  const texts: Environment = { ...environment }
  for (const name of TEXTS) {
    const variable = `${name}_FILE` as const
    const path = environment[variable]
    if (!path) {
      refusePath(name, environment[name])
      continue
    }
    if (environment[name])
      throw new ConfigurationError('OPTION_INVALID', variable, `${name} is set too. Keep one of them`)
    if (path.includes('-----BEGIN'))
      throw new ConfigurationError('OPTION_INVALID', variable, `this must be a path; the text goes into ${name}`)
    // A trailing newline is not part of a key.
    const text = readFile(variable, path, read).trim()
    if (text === '') throw new ConfigurationError('OPTION_INVALID', variable, `${printablePath(path)} is an empty file`)
    if (isPemExpected(name) && !text.includes('-----BEGIN'))
      throw new ConfigurationError(
        'PEM_INVALID',
        variable,
        `${printablePath(path)} is not a PEM file, which begins with "-----BEGIN …". Download it again, or correct the path`,
      )
    readText(environment, name, set => {
      const problem = TEXT_CHECKS[name](text, set)
      if (problem) throw new ConfigurationError('OPTION_INVALID', set, problem)
    })
    texts[name] = text
  }
  return texts
}

/**
 * Reads the text of a variable. If it is that of a file, an error names the path too.
 *
 * @param read called with the variable that is set: the given one, or the one that names its file
 */
export function readText<T>(environment: FileEnvironment, name: Text, read: (variable: string) => T): T {
  const variable = setVariable(environment, name)
  const path = environment[`${name}_FILE`]
  try {
    return read(variable)
  } catch (error) {
    if (!(path && error instanceof ConfigurationError) || error.option !== variable) throw error
    const why = error.message.slice(`${variable}: `.length, -1)
    throw new ConfigurationError(error.code, variable, `${printablePath(path)}: ${why}`, error)
  }
}

/** Returns the variable that sets a text: itself, or the one with the path of its file. */
export const setVariable = (environment: FileEnvironment, name: Text): Text | `${Text}_FILE` =>
  environment[`${name}_FILE`] ? `${name}_FILE` : name

/** Reads the file named in a variable. @throws {ConfigurationError} `FILE_UNREADABLE`, `PERMISSION_DENIED` */
export function readFile<T>(variable: string, path: string, read: (path: string) => T): T {
  try {
    return read(path)
  } catch (cause) {
    const { code, name } = Object(cause)
    if (name === 'NotCapable')
      throw new ConfigurationError(
        'PERMISSION_DENIED',
        variable,
        `run Deno with --allow-read=${printablePath(path)}`,
        cause,
      )
    throw new ConfigurationError(
      'FILE_UNREADABLE',
      variable,
      // A folder is no key, so that its name may be shown.
      `${code === 'EISDIR' ? path : printablePath(path)} ${CURES[code] ?? 'cannot be read'}`,
      cause,
    )
  }
}

const CURES: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist. Give its absolute path, or its path relative to the working directory',
  EACCES: 'cannot be read by the user of this process. Fix its permissions',
  EPERM: 'cannot be read by the user of this process. Fix its permissions',
  EISDIR: 'is a folder. Give the path of a file',
}

/** Returns a path for an error, but not a key that was set by mistake instead of its path. */
const printablePath = (path: string): string =>
  /[./\\]/.test(path) && !/[\r\n]|-----|\\n/.test(path) && path.length < 300 ? path : 'the file that it names'

const isPemExpected = (name: Text): boolean => !name.includes('_API')

function refusePath(name: Text, text: string | undefined): void {
  if (text && !text.includes('-----BEGIN') && isPemExpected(name))
    throw new ConfigurationError(
      'PEM_INVALID',
      name,
      `not PEM. Set it to the text, "-----BEGIN …"; a path goes into ${name}_FILE`,
    )
}
