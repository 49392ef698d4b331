import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '../../../free-port.ts'
import { type Program, type RunningGateway, runToEnd, startGateway, startSimulator } from '../../program.ts'
import { createTestTarget, type TestTarget } from './test-target.ts'

// Four processes of their own: WeChat Pay (simulated), the gateway, the listener, and a program that receives events.

let folder: string
let simulator: Program
let gateway: RunningGateway
let port: string
let target: TestTarget
let token: string
let admin: string
let environment: Record<string, string>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-listen-'))
  simulator = await startSimulator('--folder', folder)
  const create = async () => JSON.parse((await runToEnd('token', '--json')).out) as { token: string; hash: string }
  const [caller, operator] = await Promise.all([create(), create()])
  token = caller.token
  admin = operator.token
  environment = { GATEWAY_TOKEN: caller.hash, GATEWAY_ADMIN_TOKEN: operator.hash }
  port = String(await freePort())
  gateway = await startGateway(folder, environment, '--port', port)
  const state = join(folder, 'listen.state')
  target = await createTestTarget(() => JSON.parse(readFileSync(state, 'utf8').split('\n')[0]!).secret)
})
afterAll(async () => {
  await target.stop()
  await Promise.all([gateway.stop(), simulator.stop()])
  await rm(folder, { recursive: true, force: true })
})

interface Listener {
  readonly child: ChildProcessWithoutNullStreams
  readonly lines: Record<string, unknown>[]
  readonly errors: () => string
  readonly ended: Promise<number | null>
}

async function startListener(): Promise<Listener> {
  const options = [
    '--gateway',
    gateway.url,
    '--forward-to',
    target.url,
    '--state',
    join(folder, 'listen.state'),
    '--json',
  ]
  const child = spawn(process.execPath, ['src/cli/main.ts', 'listen', ...options], {
    env: { ...process.env, WECHATPAY_ADMIN_TOKEN: admin },
  })
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  const lines: Record<string, unknown>[] = []
  let errors = ''
  child.stderr.on('data', data => {
    errors += data
  })
  const output = createInterface(child.stdout)
  output.on('line', line => lines.push(JSON.parse(line)))
  await Promise.race([once(output, 'line'), ended])
  if (lines.length === 0) throw new Error(errors)
  return { child, lines, errors: () => errors, ended }
}

async function pay(out_trade_no: string): Promise<void> {
  const json = { 'content-type': 'application/json' }
  const { mchid, appid } = (await (await fetch(`${simulator.url}/simulator`)).json()) as Record<string, string>
  const order = { mchid, appid, out_trade_no, description: '茶', amount: { total: 1 } }
  const placed = await fetch(`${gateway.url}/v3/pay/transactions/native`, {
    method: 'POST',
    body: JSON.stringify({ ...order, notify_url: `${gateway.url}/notify/${mchid}` }),
    headers: { ...json, authorization: `Bearer ${token}` },
  })
  expect(placed.status).toBe(200)
  const paid = { method: 'POST', headers: json, body: JSON.stringify({ out_trade_no }) }
  expect((await fetch(`${simulator.url}/simulator/pay`, paid)).status).toBe(200)
  await fetch(`${simulator.url}/simulator/settle`, { method: 'POST' })
}

const numbers = () => [...new Set(target.accepted.map(({ number }) => number))].sort()
const arrived = (expected: readonly string[]) => expect.poll(numbers, { interval: 100 }).toEqual([...expected].sort())

it('forwards each event once, while gateway, listener and target are killed and started again', async () => {
  const paid: string[] = []
  const payNext = async (): Promise<void> => {
    const number = `killed-${paid.length}`
    await pay(number)
    paid.push(number)
  }
  let listener = await startListener()
  await payNext()
  await arrived(paid)

  // The target is down: events wait.
  await target.stop()
  for (let at = 0; at < 3; at++) await payNext()
  await expect.poll(listener.errors).toContain('cannot be reached')
  // The listener is killed while they wait: the next one forwards them.
  listener.child.kill('SIGKILL')
  await listener.ended
  await target.start()
  listener = await startListener()
  await arrived(paid)

  // The gateway is killed: its events and the place in its stream survive.
  await payNext()
  await arrived(paid)
  await gateway.stop('SIGKILL')
  await expect.poll(listener.errors).toContain('Connecting again')
  gateway = await startGateway(folder, environment, '--port', port)
  await payNext()
  await arrived(paid)

  // The listener is killed in the middle of an exchange: only that event may come again.
  let isKilled = false
  target.respond = async () => {
    if (isKilled) return 204
    isKilled = true
    listener.child.kill('SIGKILL')
    await listener.ended
    return 204
  }
  await payNext()
  await listener.ended
  target.respond = () => 204
  listener = await startListener()
  await arrived(paid)
  await payNext()
  await arrived(paid)

  listener.child.kill('SIGINT')
  expect(await listener.ended).toBe(0)
  const repeated = target.accepted.map(({ number }) => number).filter((number, at, all) => all.indexOf(number) !== at)
  expect(repeated).toEqual([paid.at(-2)])
  const ids = new Set(target.accepted.map(({ id }) => id))
  expect(ids.size).toBe(paid.length)
  for (const text of [listener.errors(), JSON.stringify(listener.lines), JSON.stringify(gateway.lines)])
    for (const secret of [admin, token]) expect(text).not.toContain(secret)
})
