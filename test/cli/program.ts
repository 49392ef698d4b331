/** The program as a user starts it: a process of its own. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'

export interface Program {
  readonly url: string
  /** The lines that it has printed, parsed as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  readonly lines: any[]
  readonly errors: () => string
  /** @returns the exit code */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

const start = (...argv: string[]): ChildProcessWithoutNullStreams =>
  spawn(process.execPath, ['src/cli/main.ts', ...argv])

/** Returns the line of JSON by which a program says that it serves; undefined if it ends before. */
export const startedLine = (output: Interface, exit: Promise<unknown>): Promise<{ url: string } | undefined> =>
  new Promise(resolve => {
    output.on('line', function find(line) {
      const parsed = JSON.parse(line)
      if (parsed.event !== 'started' && parsed.kind !== 'started') return
      output.off('line', find)
      resolve(parsed)
    })
    void exit.then(() => resolve(undefined))
  })

/** Starts a simulator on a free port, and waits until it listens. */
export async function startSimulator(...options: string[]): Promise<Program> {
  const child = start('simulator', '--port', '0', '--json', ...options)
  const exit = once(child, 'close')
  let errors = ''
  child.stderr.on('data', data => {
    errors += data
  })
  const lines: Program['lines'] = []
  const output = createInterface(child.stdout)
  const listening = once(output, 'line')
  output.on('line', line => lines.push(JSON.parse(line)))
  await Promise.race([listening, exit])
  if (lines.length === 0) throw new Error(`It did not start: ${errors}`)
  return {
    url: lines[0].url,
    lines,
    errors: () => errors,
    async stop(signal = 'SIGINT') {
      child.kill(signal)
      return (await exit)[0]
    },
  }
}

/** The gateway, with the `.env` of a folder. */
export interface RunningGateway {
  readonly url: string
  /** Its log. */
  readonly lines: Record<string, unknown>[]
  /** @returns the exit code */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** Starts `serve` on a free port, its ledger in the folder too, and waits until it listens. */
export async function startGateway(
  folder: string,
  environment: Record<string, string>,
  ...options: string[]
): Promise<RunningGateway> {
  const files = ['--env', join(folder, '.env'), '--data', join(folder, 'g.db')]
  const argv = ['src/cli/main.ts', 'serve', '--port', '0', ...files, ...options]
  const child = spawn(process.execPath, argv, { env: { ...process.env, ...environment } })
  const exit = once(child, 'close')
  let errors = ''
  child.stderr.on('data', data => {
    errors += data
  })
  const lines: Record<string, unknown>[] = []
  const output = createInterface(child.stdout)
  output.on('line', line => lines.push(JSON.parse(line)))
  const started = await startedLine(output, exit)
  if (!started) throw new Error(errors)
  return {
    url: started.url,
    lines,
    async stop(signal = 'SIGINT') {
      child.kill(signal)
      return (await exit)[0]
    },
  }
}

/** Runs it to its end. */
export async function runToEnd(...argv: string[]): Promise<{ code: number; out: string; errors: string }> {
  const child = start(...argv)
  const exit = once(child, 'close')
  const read = async (stream: AsyncIterable<unknown>) => {
    let text = ''
    for await (const chunk of stream) text += chunk
    return text
  }
  const [out, errors, [code]] = await Promise.all([read(child.stdout), read(child.stderr), exit])
  return { code, out, errors }
}
