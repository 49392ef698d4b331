import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { COMMANDS } from '../../../src/cli/commands.ts'
import { run } from '../../../src/cli/run.ts'

/** `wechatpay-edge record`, which is running. */
export interface TestRecorder extends AsyncDisposable {
  /** Where a program calls WeChat Pay. */
  readonly url: string
  readonly file: string
  /** Everything that it has printed. */
  said(): string
  /** Ends it as Ctrl-C does, and returns the recording. */
  stop(): Promise<string>
}

/** Runs a command in this process. */
export async function runCommand(...argv: string[]): Promise<{ code: number; out: string; errors: string }> {
  const [out, errors]: [string[], string[]] = [[], []]
  const terminal = {
    print: (line: string) => void out.push(line),
    warn: (line: string) => void errors.push(line),
    stopped: new AbortController().signal,
  }
  const code = await run(COMMANDS, argv, terminal)
  return { code, out: out.join('\n'), errors: errors.join('\n') }
}

/** Starts a recorder in front of a service. */
export async function startRecorder(target: string, ...options: string[]): Promise<TestRecorder> {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-record-'))
  const file = join(folder, 'recording.jsonl')
  const stop = new AbortController()
  const lines: string[] = []
  let ended: Promise<number> | undefined
  const url = await new Promise<string>((resolve, reject) => {
    const print = (line: string) => {
      lines.push(line)
      if (lines.length === 1) resolve(/http:\/\/[\d.:]+/.exec(line)![0])
    }
    const terminal = { print, warn: (line: string) => void lines.push(line), stopped: stop.signal }
    ended = run(COMMANDS, ['record', '--target', target, '--port', '0', '--out', file, ...options], terminal)
    ended.then(() => reject(new Error(lines.join('\n'))), reject)
  })
  return {
    url,
    file,
    said: () => lines.join('\n'),
    async stop() {
      stop.abort()
      await ended
      return readFile(file, 'utf8')
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await ended
      await rm(folder, { recursive: true })
    },
  }
}
