#!/usr/bin/env node
/** The program `wechatpay-edge`. */
import { createOutput } from '../server/output.ts'
import { COMMANDS } from './commands.ts'
import { endWithNpm } from './end-with-npm.ts'
import { run } from './run.ts'
import type { Terminal } from './terminal.ts'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    // A second signal ends the process at once.
    if (stop.signal.aborted) process.exit(1)
    stop.abort()
  })
endWithNpm(() => stop.abort())
// A closed pipe must not end the process.
process.stderr.on('error', () => {})

const terminal: Terminal = {
  ...createOutput(),
  warn: line => void process.stderr.write(`${line}\n`),
  stopped: stop.signal,
}
process.exitCode = await run(COMMANDS, process.argv.slice(2), terminal)
