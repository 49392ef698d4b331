import { ConfigurationError } from '../core/index.ts'
import type { Environment } from './environment.ts'

/** The variables whose text may be in a file: `WECHATPAY_PRIVATE_KEY_FILE` has the path of the text of `WECHATPAY_PRIVATE_KEY`. */
const TEXTS = [
  'WECHATPAY_PRIVATE_KEY',
  'WECHATPAY_CERTIFICATE',
  'WECHATPAY_PUBLIC_KEY',
  'WECHATPAY_APIV3_KEY',
  'WECHATPAY_APIV2_KEY',
] as const
type Text = (typeof TEXTS)[number]

/** The environment of a runtime with files: each key and certificate as text or in a file. */
export interface FileEnvironment extends Environment, Partial<Record<`${Text}_FILE`, string | undefined>> {
  /** The passphrase of an encrypted private key. */
  WECHATPAY_PRIVATE_KEY_PASSPHRASE?: string | undefined
  /** A file, which need not exist yet, that keeps platform certificates from one process to the next. */
  WECHATPAY_CERTIFICATE_CACHE?: string | undefined
}

/** The variables that only a {@link FileEnvironment} has. */
export const FILE_VARIABLES: readonly (keyof FileEnvironment)[] = [
  ...TEXTS.map(name => `${name}_FILE` as const),
  'WECHATPAY_PRIVATE_KEY_PASSPHRASE',
  'WECHATPAY_CERTIFICATE_CACHE',
]

/**
 * Reads the files of an environment into its texts.
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
    // A newline at the end is not part of a key.
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

/** Reads one file that a variable names. @throws {ConfigurationError} `FILE_UNREADABLE`, `PERMISSION_DENIED` */
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
  ENOENT: 'does not exist. Give the path of the file, from the folder the program runs in or from the root',
  EACCES: 'may not be read by the user this runs as. Fix its permissions',
  EPERM: 'may not be read by the user this runs as. Fix its permissions',
  EISDIR: 'is a folder. Give the path of the file in it',
}

/** Returns a path for an error, but never a key that was set in place of its path. */
const shown = (path: string): string =>
  /[./\\]/.test(path) && !/[\r\n]|-----|\\n/.test(path) && path.length < 300 ? path : 'what it names'

const isPemExpected = (name: Text): boolean => !name.includes('APIV')

function refusePath(name: Text, text: string | undefined): void {
  if (text && !text.includes('-----BEGIN') && isPemExpected(name))
    throw new ConfigurationError(
      'PEM_INVALID',
      name,
      `no PEM. It holds the text, "-----BEGIN …"; a path goes into ${name}_FILE`,
    )
}
