import { type FileHandle, open } from 'node:fs/promises'
import { isLoopback } from '../../core/base/local-host.ts'
import { type Command, CommandError, type Option, usageError, type Values } from '../command.ts'
import { fileError } from '../file.ts'
import { jsonText, type Terminal } from '../terminal.ts'
import { type Forwarding, forward } from './forward.ts'
import { recordExchange } from './record-exchange.ts'
import { HEAD, type RecordedExchange } from './recording.ts'
import { createNumbering } from './references.ts'
import { createVocabulary } from './vocabulary.ts'

const DEFAULT_TARGET = 'https://api.mch.weixin.qq.com'
const DEFAULT_PORT = 8990

/** Lets more words through the allow-list of the definitions. */
const ALLOW_OPTION: Option = {
  name: 'allow',
  value: '<word>',
  isRepeatable: true,
  description: `A field name, a part of a path, an error code or a value that may be recorded as it is.
Default: only those that the definitions have.`,
}

export const record: Command = {
  name: 'record',
  description: `Forwards the calls of your program to WeChat Pay, and records their shape: paths without their parameters, names and
types of fields, lengths, listed values, statuses, error codes, names of headers. Keys, numbers, names, amounts and
signatures are never recorded. wechatpay-edge diff compares the recording with the simulator.
Of a call only Host, Accept-Encoding and headers of the connection change. What a web page makes a browser send is
refused.`,
  options: [
    { name: 'out', value: '<file>', description: 'The recording, which must not exist yet. Default: recording.jsonl.' },
    { name: 'target', value: '<url>', description: `The service. Default: ${DEFAULT_TARGET}.` },
    { name: 'port', short: 'p', value: '<port>', description: `Default: ${DEFAULT_PORT}. 0 picks a free port.` },
    { name: 'host', value: '<address>', description: 'Default: 127.0.0.1, only this machine.' },
    {
      name: 'allow-host',
      value: '<name>',
      isRepeatable: true,
      description:
        'A host name that your program may call this one under, such as that of a container.\nIP addresses, localhost and *.localhost are always allowed.',
    },
    ALLOW_OPTION,
    { name: 'json', description: 'Prints JSON.' },
  ],
  epilogue: `For example:
  wechatpay-edge record --out real.jsonl
and in your program, or any SDK, http://127.0.0.1:${DEFAULT_PORT} instead of ${DEFAULT_TARGET}.
A signature covers neither host nor scheme, so it stays valid. Calls that need the client certificate (双向证书) cannot
be recorded: the certificate ends at this program.
Read the file before you give it away. Equal numbers (ref) stand for equal texts of six or more characters.`,
  outlivesReader: true,

  async run(values, terminal) {
    const target = readTarget(values.target as string | undefined)
    const port = readPort(values.port as string | undefined)
    const host = (values.host as string | undefined) ?? '127.0.0.1'
    const allowedHosts = readAllowedHosts(values['allow-host'] as string[] | undefined)
    const out = (values.out as string | undefined) ?? 'recording.jsonl'
    const file = await createFile(out)
    try {
      await recordUntilStopped({ target, port, host, allowedHosts, out, values }, file, terminal)
    } finally {
      await file.close()
    }
  },
}

interface Settings {
  readonly target: URL
  readonly port: number
  readonly host: string
  readonly allowedHosts: readonly string[]
  readonly out: string
  readonly values: Values
}

async function recordUntilStopped(settings: Settings, file: FileHandle, { print, warn, stopped }: Terminal) {
  const { target, port, host, allowedHosts, out, values } = settings
  const recorder = {
    vocabulary: createVocabulary(values.allow as string[] | undefined),
    numberText: createNumbering(),
  }
  const failed = new AbortController()
  let count = 0
  let writing = write(file, out, HEAD)
  const save = (recorded: RecordedExchange): void => {
    count++
    writing = writing.then(() => write(file, out, recorded))
    writing.catch(error => failed.abort(error))
    print(values.json ? jsonText(recorded) : lineOf(recorded))
  }
  await writing
  const forwarding = await listenOrExplain(port, () =>
    forward({
      target,
      host,
      port,
      allowedHosts,
      onExchange: exchange => save(recordExchange(exchange, recorder)),
      onFailure: reason => warn(`A call failed: ${reason}. It is not recorded.`),
      onRefusal: ({ code }) =>
        warn(`A call was refused, with the reason in its response: ${code}. It is not recorded.`),
    }),
  )
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${forwarding.port}`
  print(
    values.json
      ? JSON.stringify({ url, target: target.origin, out })
      : `Recording into ${out}, until you press Ctrl-C: use ${url} instead of ${target.origin}`,
  )
  try {
    await untilAborted(AbortSignal.any([stopped, failed.signal]))
  } finally {
    await forwarding.close()
  }
  await writing
  if (!values.json) print(`${count} calls are recorded. See: wechatpay-edge diff ${out}`)
}

const lineOf = ({ request, response }: RecordedExchange): string =>
  `${request.method} ${request.path} ${response.status}${response.code ? ` ${response.code}` : ''}`

const write = async (file: FileHandle, path: string, line: object): Promise<void> => {
  await file.appendFile(`${JSON.stringify(line)}\n`).catch(error => {
    throw fileError('write', path, error)
  })
}

async function createFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw new CommandError(`${path} exists. Give another file with --out, or remove it.`)
    throw fileError('create', path, error as NodeJS.ErrnoException)
  }
}

/** @throws {CommandError} */
function readTarget(text = DEFAULT_TARGET): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search || url.hash || url.username)
    throw usageError(`--target must be an address without a path, such as ${DEFAULT_TARGET}.`)
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    throw usageError('--target must begin with https://, because calls have personal data in them.')
  return url
}

function readPort(text = String(DEFAULT_PORT)): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw usageError(`--port must be a number from 0 to 65535, not ${JSON.stringify(text)}.`)
}

/** @throws {CommandError} */
function readAllowedHosts(names: readonly string[] = []): readonly string[] {
  for (const name of names)
    if (!/^[\w.-]+$/.test(name)) throw usageError(`--allow-host must be a host name, not ${JSON.stringify(name)}.`)
  return names
}

const listenOrExplain = (port: number, listen: () => Promise<Forwarding>): Promise<Forwarding> =>
  listen().catch(({ code, message }: NodeJS.ErrnoException) => {
    throw new CommandError(code === 'EADDRINUSE' ? `Port ${port} is in use. Give another with --port.` : message)
  })

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
