import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, truncate, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { type Program, runToEnd, startedLine, startSimulator } from './program.ts'

// `wechatpay-edge serve` on a disk that is full, and on one that fails: processes of their own, WeChat Pay simulated in another.

let folder: string
let simulator: Program
let token: string
let hash: string
let merchant: { mchid: string; appid: string }
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-'))
  simulator = await startSimulator('--folder', folder)
  ;({ token, hash } = JSON.parse((await runToEnd('token', '--json')).out))
  merchant = await (await fetch(`${simulator.url}/simulator`)).json()
})
afterAll(async () => {
  await simulator.stop()
  await rm(folder, { recursive: true, force: true })
})

async function startGateway(data: string, environment: Record<string, string> = {}, ...execArgv: string[]) {
  const argv = ['--port', '0', '--env', join(folder, '.env'), '--data', data]
  const child = spawn(process.execPath, [...execArgv, 'src/cli/main.ts', 'serve', ...argv], {
    env: { ...process.env, GATEWAY_ADMIN_TOKEN: hash, ...environment },
  })
  const exit = once(child, 'exit')
  let errors = ''
  child.stderr.on('data', chunk => {
    errors += chunk
  })
  const lines: Record<string, unknown>[] = []
  const output = createInterface(child.stdout)
  output.on('line', line => lines.push(JSON.parse(line)))
  const started = await startedLine(output, exit)
  if (!started) throw new Error(errors)
  const { url } = started
  const get = async (path: string) => {
    const response = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } })
    return { status: response.status, body: (await response.json()) as { events: { id: string; repeats: number }[] } }
  }
  return {
    url,
    lines,
    exit,
    errors: () => errors,
    events: async () => (await get(`/admin/merchants/${merchant.mchid}/events`)).body.events,
    /** Whether all is well, as a load balancer sees it. */
    health: async () => (await fetch(`${url}/healthz`)).status,
    async stop() {
      child.kill('SIGTERM')
      return (await exit)[0] as number | null
    },
  }
}

const tell = (path: string, body: object) =>
  fetch(`${simulator.url}/simulator${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

/** Has WeChat Pay notify a gateway of an event. @returns the status that it got; 0 when it got none */
async function notify(url: string, out_trade_no: string): Promise<number> {
  const notify_url = `${url}/notify/${merchant.mchid}`
  const resource = { out_trade_no, transaction_id: `42000${out_trade_no}`, trade_state: 'SUCCESS' }
  const response = await tell('/notifications', { url: notify_url, event: 'TRANSACTION.SUCCESS', resource })
  const { attempts } = (await response.json()) as { attempts: readonly { status?: number }[] }
  return attempts.at(-1)!.status ?? 0
}

/** A file system of 2 MB, where this user may make one. */
async function tinyDisk(): Promise<string | undefined> {
  const path = join(folder, 'tiny')
  await mkdir(path)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', path], { stdio: 'ignore' })
  } catch (cause) {
    if (process.env.CI && process.getuid?.() === 0)
      throw new Error('Root cannot mount a tmpfs here, so nothing tests a full disk; let CI mount, or run as a user.', {
        cause,
      })
    return undefined
  }
  onTestFinished(() => void execFileSync('umount', ['-l', path]))
  return path
}

it('a disk that is full: nothing is acknowledged, /healthz says so; when there is room again all goes on', async context => {
  const disk = await tinyDisk()
  if (disk === undefined) return context.skip('This user may not mount a file system.')
  const gateway = await startGateway(join(disk, 'gateway.db'))
  expect(await notify(gateway.url, '1')).toBe(204)
  expect(await gateway.health()).toBe(200)
  const ballast = join(disk, 'ballast')
  await writeFile(ballast, Buffer.alloc(3_000_000)).catch(() => {})
  // SQLite can overwrite the pages that its log has already; writes succeed until those are used up.
  const statuses: number[] = []
  while (statuses.at(-1) !== 500 && statuses.length < 50)
    statuses.push(await notify(gateway.url, `2${statuses.length}`))
  expect(statuses.at(-1)).toBe(500)
  await expect.poll(gateway.health, { interval: 500 }).toBe(503)
  await expect
    .poll(() => gateway.lines.find(({ event }) => event === 'ledger not writable'))
    .toMatchObject({ level: 'error', mchid: merchant.mchid, detail: expect.stringContaining('full') })
  const acknowledged = 1 + statuses.filter(status => status === 204).length
  expect(await gateway.events()).toHaveLength(acknowledged)
  await truncate(ballast, 0)
  await unlink(ballast)
  await expect.poll(gateway.health, { interval: 500 }).toBe(200)
  expect(await notify(gateway.url, '3')).toBe(204)
  // On a slow machine WeChat Pay has repeated the refused one by now, 15 s later.
  expect((await gateway.events()).length - acknowledged).toBeOneOf([1, 2])
  expect(await gateway.stop()).toBe(0)
})

it('a disk that fails: the process ends with 1 and says why, and acknowledges neither the event nor its repetition', async () => {
  const fault = join(folder, 'fault')
  const data = join(folder, 'failing.db')
  const preload = ['--import', resolve('test/server/faults/fdatasync.mjs')]
  const gateway = await startGateway(data, { FAULT_FILE: fault }, ...preload)
  expect(await notify(gateway.url, '4')).toBe(204)
  await writeFile(fault, '')
  const statuses = await Promise.all(['5', '6', '5', '5'].map(number => notify(gateway.url, number)))
  for (const status of statuses) expect([0, 500]).toContain(status)
  expect((await gateway.exit)[0]).toBe(1)
  expect(gateway.errors()).toBe(
    `${data}: the disk failed to store written data (EIO: i/o error, fdatasync). The gateway stops; WeChat Pay sends unacknowledged notifications again. Check the disk, then restart the gateway.\n`,
  )
  // The next process counts nothing as known that it has not brought to the disk itself.
  await rm(fault)
  const next = await startGateway(data)
  for (const number of ['5', '6']) expect(await notify(next.url, number)).toBe(204)
  expect(await next.events()).toHaveLength(3)
  expect(await next.stop()).toBe(0)
})
