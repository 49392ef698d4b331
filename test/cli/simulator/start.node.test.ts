import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { COMMANDS } from '../../../src/cli/commands.ts'
import { run } from '../../../src/cli/run.ts'

/** Prints the modules of Node that hold its `fetch`, as soon as the simulator has printed its first line. */
const PROGRAM = `
import { simulator } from './src/cli/simulator/simulator.ts'
const stop = new AbortController()
const print = () => {
  console.log(JSON.stringify(process.moduleLoadList.filter(name => name.includes('undici'))))
  stop.abort()
}
await simulator.run({ port: '0' }, { print, warn: console.error, stopped: stop.signal }, [])`

test('until its first line the simulator does not load the fetch of Node, which takes longer than anything else', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', PROGRAM])
  expect(JSON.parse(stdout)).toEqual([])
})

/** Starts the simulator with options, stops it, and returns the row of its greeting about the keys. */
async function keysRow(...options: string[]): Promise<string | undefined> {
  const stop = new AbortController()
  let greeting = ''
  const print = (text: string): void => {
    greeting += text
    stop.abort()
  }
  const terminal = { print, warn: print, stopped: stop.signal }
  await run(COMMANDS, ['simulator', '--port', '0', '--seed', 'start', ...options], terminal)
  return /^ {2}keys +(.*)$/m.exec(greeting)?.[1]
}

test('its greeting tells whether the keys of the folder are new, so that a mistyped path is noticed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'wechatpay')
  expect(await keysRow('--folder', path)).toBe(`${path}   new ones, written there now`)
  expect(await keysRow('--folder', path)).toBe(`${path}   existing ones, of an earlier run`)
  expect(await keysRow('--folder', path, '--seed', 'other', '--force')).toBe(`${path}   new ones, written there now`)
  expect(await keysRow()).toMatch(/^only in memory/)
})
