import { ConfigurationError } from '../core/index.ts'
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
] as const
type Text = (typeof TEXTS)[number]

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
 * @throws {ConfigurationError} `FILE_UNREADABLE`, `PERMISSION_DENIED`; `OPTION_INVALID` if text and file are both set
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
    if (text === '') throw new ConfigurationError('OPTION_INVALID', variable, `${shown(path)} is an empty file`)
    if (isPemExpected(name) && !text.includes('-----BEGIN'))
      throw new ConfigurationError(
        'PEM_INVALID',
        variable,
        `${shown(path)} is not a PEM file, which begins with "-----BEGIN …". Download it again, or correct the path`,
      )
    texts[name] = text
  }
  return texts
}

/** Reads the file named in a variable. @throws {ConfigurationError} `FILE_UNREADABLE`, `PERMISSION_DENIED` */
export function readFile<T>(variable: string, path: string, read: (path: string) => T): T {
  try {
    return read(path)
  } catch (cause) {
    const { code, name } = Object(cause)
    if (name === 'NotCapable')
      throw new ConfigurationError('PERMISSION_DENIED', variable, `run Deno with --allow-read=${shown(path)}`, cause)
    throw new ConfigurationError(
      'FILE_UNREADABLE',
      variable,
      `${shown(path)} ${CURES[code] ?? 'cannot be read'}`,
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
const shown = (path: string): string =>
  /[./\\]/.test(path) && !/[\r\n]|-----|\\n/.test(path) && path.length < 300 ? path : 'the file that it names'

const isPemExpected = (name: Text): boolean => !name.includes('APIV')

function refusePath(name: Text, text: string | undefined): void {
  if (text && !text.includes('-----BEGIN') && isPemExpected(name))
    throw new ConfigurationError(
      'PEM_INVALID',
      name,
      `not PEM. Set it to the text, "-----BEGIN …"; a path goes into ${name}_FILE`,
    )
}
