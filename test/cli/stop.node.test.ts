import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { freePort } from '../free-port.ts'
import { runToEnd, startSimulator } from './program.ts'

// A supervisor starts a program by npm, and stops it by SIGTERM to npm alone. npm runs it under a shell that hands no signal on.

const folders: string[] = []
const groups: number[] = []
afterEach(async () => {
  for (const group of groups.splice(0)) if (members(group).length > 0) process.kill(-group, 'SIGKILL')
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-stop-'))
  folders.push(folder)
  return folder
}

/** Starts npm as the leader of a process group of its own, and waits until a text has been printed. */
async function startByNpm(args: string[], cwd: string, until: RegExp, environment: NodeJS.ProcessEnv = {}) {
  const path = `${resolve('node_modules/.bin')}:${process.env.PATH}`
  const npm = spawn('npm', args, { cwd, detached: true, env: { ...process.env, ...environment, PATH: path } })
  groups.push(npm.pid!)
  await printed(npm, until)
  return npm
}

function printed(child: ChildProcess, text: RegExp): Promise<void> {
  let output = ''
  return new Promise((done, fail) => {
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', data => {
        output += data
        if (text.test(output)) done()
      })
    child.on('exit', code => fail(new Error(`npm ended with ${code}:\n${output}`)))
  })
}

/** The processes of a group, by their command lines. */
const members = (group: number): string[] =>
  execFileSync('ps', ['-eo', 'pgid=,stat=,args='])
    .toString()
    .split('\n')
    .filter(line => Number(line.trim().split(/\s+/)[0]) === group && !/^\s*\d+\s+Z/.test(line))

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    await new Promise<void>((done, fail) => server.once('error', fail).listen(port, '127.0.0.1', done))
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}

it('serve ends with the npm that started it, its port is free, and no process of its group is left', async () => {
  const folder = await newFolder()
  const simulator = await startSimulator('--folder', folder)
  const { hash } = JSON.parse((await runToEnd('token', '--json')).out)
  const port = await freePort()
  const main = resolve('src/cli/main.ts')
  const scripts = { start: `node ${main} serve --env .env --data g.db --port ${port}` }
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'shop', private: true, scripts }))
  const npm = await startByNpm(['start'], folder, /"event":"started"/, { GATEWAY_TOKEN: hash })
  expect(await isFree(port)).toBe(false)
  npm.kill('SIGTERM')
  await expect.poll(() => members(npm.pid!)).toEqual([])
  expect(await isFree(port)).toBe(true)
  await simulator.stop()
})

it('npm start serves the steps of worker/README.md, and ends with npm: neither wrangler nor workerd is left, and the port is free', async () => {
  const port = await freePort()
  const npm = await startByNpm(['start'], process.cwd(), /until you press/, { PORT: String(port) })
  expect(members(npm.pid!).join()).toContain('workerd')
  // The steps of "The first notification", as they stand in the document.
  const text = await readFile('worker/README.md', 'utf8')
  const [, steps] = text.slice(text.indexOf('The demo (`npm start`)')).split('```')
  const [order, pay, events] = steps!
    .replace(/^sh\n/, '')
    .replaceAll('8787', String(port))
    .trim()
    .split(/\n(?=curl)/)
  const run = (command: string) =>
    execFileSync('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'ignore'] }).toString()
  expect(JSON.parse(run(order!))).toMatchObject({ code_url: expect.stringMatching(/^weixin:/) })
  const newest = () => JSON.parse(run(events!)).events[0]
  const before = newest()
  run(pay!)
  await expect.poll(() => newest().seq).toBe(before.seq + 1)
  expect(newest().event).toBe('TRANSACTION.SUCCESS')
  npm.kill('SIGTERM')
  await expect.poll(() => members(npm.pid!), { interval: 250 }).toEqual([])
  expect(await isFree(port)).toBe(true)
})

it('a program that npm did not start outlives its parent', async () => {
  const folder = await newFolder()
  const simulator = await startSimulator('--folder', folder)
  const { hash } = JSON.parse((await runToEnd('token', '--json')).out)
  const port = await freePort()
  const line = `'${process.execPath}' src/cli/main.ts serve --env ${folder}/.env --data ${folder}/g.db --port ${port} & wait`
  const { npm_lifecycle_event: _, ...environment } = process.env
  const shell = spawn('sh', ['-c', line], { detached: true, env: { ...environment, GATEWAY_TOKEN: hash } })
  groups.push(shell.pid!)
  await printed(shell, /"event":"started"/)
  shell.kill('SIGKILL')
  await new Promise(done => setTimeout(done, 1500))
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBeLessThan(600)
  await simulator.stop()
})
