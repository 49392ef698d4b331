import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { StepTime } from './measure-step.ts'

const PROGRAM = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
/** Milliseconds of a tick of proc(5). */
const TICK = 10

/** Measures the built command line from its start, that of Node included, until its first line. */
export async function firstLineOf(...args: readonly string[]): Promise<StepTime> {
  const start = performance.now()
  const command = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(command, 'exit')
  await Promise.race([once(command.stdout, 'data'), exited])
  const wall = performance.now() - start
  const cpu = command.exitCode === null ? processorTimeOf(command.pid!) : Number.NaN
  command.kill()
  await exited
  return { wall, cpu }
}

/** Reads the processor time of another process over all its threads; NaN where there is no proc(5). */
function processorTimeOf(pid: number): number {
  try {
    const [, rest = ''] = /\) (.*)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
    const fields = rest.split(' ').map(Number)
    return (fields[11]! + fields[12]!) * TICK
  } catch {
    return Number.NaN
  }
}
