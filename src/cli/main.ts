#!/usr/bin/env node
/** The program `wechatpay-edge`: its commands, each in a file of its own. */
import process from 'node:process'
import type { Terminal } from './command.ts'
import { COMMANDS } from './commands.ts'
import { run } from './run.ts'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    // Whoever asks twice does not want to wait.
    if (stop.signal.aborted) process.exit(1)
    stop.abort()
  })
// A reader that has gone, as in `… | head`, is no reason to fail; nor one of the errors.
const unread = new AbortController()
process.stdout.on('error', () => unread.abort())
process.stderr.on('error', () => {})

const terminal: Terminal = {
  print: line => void (unread.signal.aborted || process.stdout.write(`${line}\n`)),
  warn: line => void process.stderr.write(`${line}\n`),
  stopped: stop.signal,
  unread: unread.signal,
}
process.exitCode = await run(COMMANDS, process.argv.slice(2), terminal)
