import { pbkdf2 } from 'node:crypto'
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert } from 'chai'
import { utf8 } from '../../src/core/base/bytes.ts'
import { sha256 } from '../../src/core/crypto/digest.ts'
import { Wechatpay } from '../../src/core/index.ts'
import { createServer, openGateway, type Server } from '../../src/server/index.ts'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'
import { openDatabase } from '../../src/storage/sqlite.ts'
import { localLedger } from '../../src/storage/sqlite-ledger.ts'
import { environmentOf } from '../adapters/local.ts'
import { type Case, includes, rejection } from '../conformance/case.ts'

/** A folder that is gone when the work is done. */
async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const OPERATOR = { name: 'operator', credential: { tokens: [] }, allow: ['* /**'] }
const SILENT = { level: 'warn', debug() {}, info() {}, warn() {}, error() {} } as const
const SECRET = `whsec_${btoa('0123456789abcdef0123456789abcdef')}`
const ORDER = 'server-1'

interface Shop {
  readonly received: string[]
  isUp: boolean
}

/** A simulator that notifies whatever gateway stands there, and gateways on one file, whose shop may be down. */
export async function createTestServer(data: string) {
  const held: { server?: Server } = {}
  const simulator: Simulator = await createSimulator({
    seed: 'gateway',
    deliver: async (input, init) => held.server!.fetch(new Request(input, init)),
  })
  const { merchant, fetch: send } = simulator
  const shop: Shop = { received: [], isUp: true }
  const clock = { ahead: 0 }
  const [warned, errors]: [string[], string[]] = [[], []]
  const open = async (): Promise<Server> => {
    const server = await openGateway({
      merchants: { [merchant.mchid]: new Wechatpay({ ...merchant, fetch: send }) },
      callers: [OPERATOR],
      authenticate: async () => OPERATOR,
      endpoints: [{ name: 'shop', url: 'https://shop.example.com/', events: ['*'], secrets: [SECRET] }],
      fetchOf: () => async (_, init) => {
        if (!shop.isUp) throw new TypeError('down')
        shop.received.push(String(init?.body))
        return new Response(null, { status: 204 })
      },
      publicUrl: 'https://gateway.example.com',
      retryDelayOf: () => 20,
      now: () => Date.now() + clock.ahead,
      log: {
        ...SILENT,
        warn: (event, members) => void warned.push(JSON.stringify({ event, ...members })),
        error: (event, members) => void errors.push(JSON.stringify({ event, ...members })),
      },
      data,
    })
    held.server = server
    return server
  }
  const get = async (server: Server, path: string) =>
    (await server.fetch(new Request(`https://gateway.example.com${path}`))).json()
  return { simulator, shop, clock, warned, errors, open, get, mchid: merchant.mchid, appid: merchant.appid }
}

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await new Promise(resolve => setTimeout(resolve, 10))
}

/** Keeps the threads busy on which the runtime reads and writes files, so that a sync that has begun does not end soon. */
const occupyThreads = (): void => {
  for (let at = 0; at < 16; at++) pbkdf2('x', 'x', 200_000, 32, 'sha256', () => {})
}

/** On every runtime that has a file system. */
export const serverCases: readonly Case[] = [
  {
    name: 'the gateway on a file: an order, its notification, a shop that is down, and a process that goes on where another ended',
    run: () =>
      inFolder(async folder => {
        const { simulator, shop, open, get, mchid, appid } = await createTestServer(join(folder, 'deep', 'gateway.db'))
        let server = await open()
        shop.isUp = false
        const order = { appid, description: 'x', out_trade_no: ORDER, amount: { total: 100 } }
        const body = JSON.stringify(order)
        const placed = await server.fetch(
          new Request('https://gateway.example.com/checkout/native', {
            method: 'POST',
            body,
            headers: { 'content-type': 'application/json' },
          }),
        )
        assert.equal(placed.status, 200)
        simulator.pay({ out_trade_no: ORDER })
        await simulator.settled()
        includes(simulator.notifications[0]!, { state: 'delivered' })
        const attempted = async () => {
          const { deliveries } = (await get(server, `/admin/merchants/${mchid}/deliveries`)) as {
            deliveries: { tries: number }[]
          }
          return deliveries[0]!.tries > 0
        }
        await until(attempted)
        await server.close()
        assert.equal(shop.received.length, 0)

        shop.isUp = true
        server = await open()
        await until(() => shop.received.length > 0)
        includes(JSON.parse(shop.received[0]!), { type: 'TRANSACTION.SUCCESS' })
        const { events } = (await get(server, `/admin/merchants/${mchid}/events`)) as { events: object[] }
        assert.equal(events.length, 1)
        await server.close()
      }),
  },
  {
    name: 'what happens before the first sweep of a process is in the charts',
    run: () =>
      inFolder(async folder => {
        const { clock, open, get, appid } = await createTestServer(join(folder, 'gateway.db'))
        const server = await open()
        const { status } = await server.fetch(
          new Request('https://gateway.example.com/checkout/native', {
            method: 'POST',
            body: JSON.stringify({ appid, description: 'x', out_trade_no: ORDER, amount: { total: 100 } }),
            headers: { 'content-type': 'application/json' },
          }),
        )
        assert.equal(status, 200)
        const ok = async (): Promise<number[]> => {
          const { points } = (await get(server, '/admin/throughput')) as { points: { calls: { ok: number } }[] }
          return points.map(({ calls }) => calls.ok)
        }
        assert.deepEqual(await ok(), [])
        clock.ahead = 120_000
        await server.sweep()
        const [calls, ...others] = await ok()
        assert.deepEqual(others, [])
        assert.closeTo(calls!, 0.5, 0.05)
        await server.close()
      }),
  },
  {
    name: 'closing waits for the disk, answers who has waited for it, and refuses what comes after; it is no disk error',
    run: () =>
      inFolder(async folder => {
        const file = join(folder, 'gateway.db')
        const database = await openDatabase(file)
        const failures: unknown[] = []
        const ledger = localLedger(database, Date.now, error => failures.push(error))
        occupyThreads()
        const written = Promise.all([ledger.probeWrite(), database.sync(), database.sync()])
        // Committed, and on its way to the disk.
        await new Promise(resolve => setTimeout(resolve, 20))
        const early = ledger.depths('1900000109').catch(() => {})
        const closing = database.close()
        const late = await rejection(ledger.probeWrite())
        assert.match(String(late), /is closed, because the gateway is ending/)
        await Promise.all([written, closing, database.close(), early])
        await database.sync()
        await rejection(ledger.depths('1900000109'))
        // Whatever the ledger wanted to bring to the disk later has had its time.
        await new Promise(resolve => setTimeout(resolve, 50))
        assert.deepEqual(failures, [])
        const again = await openDatabase(file)
        await again.close()
      }),
  },
  {
    name: 'a file that another gateway has is refused, and so is one that is no database; its owner alone reads it',
    run: () =>
      inFolder(async folder => {
        const data = join(folder, 'gateway.db')
        const { open } = await createTestServer(data)
        const server = await open()
        includes(await rejection(open()), { code: 'FILE_UNREADABLE', option: 'GATEWAY_DATA' })
        assert.equal((await stat(data)).mode & 0o777, 0o600)
        await server.close()
        const { open: openFolder } = await createTestServer(folder)
        includes(await rejection(openFolder()), { code: 'FILE_UNREADABLE' })
      }),
  },
  {
    name: 'a file of something else is refused unchanged; a path whose folders are missing, and the URL of another database, create nothing',
    run: () =>
      inFolder(async folder => {
        const other = join(folder, 'package.json')
        await writeFile(other, '{"name":"shop"}', { mode: 0o644 })
        const { open: openOther } = await createTestServer(other)
        includes(await rejection(openOther()), { code: 'FILE_UNREADABLE', option: 'GATEWAY_DATA' })
        assert.equal((await stat(other)).mode & 0o777, 0o644)
        const { open: openMissing } = await createTestServer(join(folder, 'missing', 'data', 'gateway.db'))
        const missing = await rejection(openMissing())
        includes(missing, { code: 'FILE_UNREADABLE', option: 'GATEWAY_DATA' })
        assert.match(String(missing), /missing does not exist\. Create it, or correct the path/)
        const { open: openUrl } = await createTestServer('mysql://u:s3cret@h/db')
        includes(await rejection(openUrl()), { code: 'OPTION_INVALID', option: 'GATEWAY_DATA' })
        assert.deepEqual(await readdir(folder), ['package.json'])
      }),
  },
  {
    name: 'a file that others could read, and what SQLite keeps beside it, is made its owner’s alone; the log says so',
    run: () =>
      inFolder(async folder => {
        const data = join(folder, 'gateway.db')
        const { open, warned } = await createTestServer(data)
        await (await open()).close()
        // A process that has died leaves them there.
        const files = ['', '-wal', '-shm'].map(end => data + end)
        for (const file of files) {
          await writeFile(file, '', { flag: 'a' })
          await chmod(file, 0o644)
        }
        assert.deepEqual(warned, [])
        const server = await open()
        for (const file of [data, `${data}-wal`]) assert.equal((await stat(file)).mode & 0o777, 0o600, file)
        assert.equal(
          await stat(`${data}-shm`).then(
            ({ mode }) => mode & 0o077,
            () => 0,
          ),
          0,
        )
        await server.close()
        assert.equal(warned.length, 3)
        assert.include(warned[0], `${data} was open to other users of this machine (mode 644)`)
        await (await open()).close()
        assert.equal(warned.length, 3)
      }),
  },
  {
    name: 'a delivery that failed is tried again in time, although the clock was set back by six hours meanwhile',
    run: () =>
      inFolder(async folder => {
        const { simulator, shop, clock, open, get, mchid, appid } = await createTestServer(join(folder, 'gateway.db'))
        const server = await open()
        shop.isUp = false
        const order = { appid, description: 'x', out_trade_no: ORDER, amount: { total: 100 } }
        await server.fetch(
          new Request('https://gateway.example.com/checkout/native', {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(order),
          }),
        )
        simulator.pay({ out_trade_no: ORDER })
        await simulator.settled()
        const tries = async () => {
          const { deliveries } = (await get(server, `/admin/merchants/${mchid}/deliveries`)) as {
            deliveries: { tries: number }[]
          }
          return deliveries[0]!.tries
        }
        await until(async () => (await tries()) > 0)
        clock.ahead = -6 * 60 * 60 * 1000
        shop.isUp = true
        const start = Date.now()
        await until(() => shop.received.length > 0 || Date.now() - start > 20_000)
        assert.equal(shop.received.length, 1)
        await server.close()
      }),
  },
  {
    name: 'a gateway made from the environment serves who shows the token',
    run: () =>
      inFolder(async folder => {
        const { merchant } = await createSimulator({ seed: 'gateway' })
        const server = await createServer({
          environment: {
            ...environmentOf(merchant),
            GATEWAY_TOKEN: `sha256:${await sha256(utf8('wxe_x'))}`,
            GATEWAY_DATA: join(folder, 'gateway.db'),
          },
          write: () => {},
        })
        const ask = (headers: Record<string, string>) =>
          server.fetch(new Request('https://gateway.example.com/v3/certificates', { method: 'HEAD', headers }))
        assert.equal((await ask({})).status, 401)
        assert.equal((await ask({ authorization: 'Bearer wxe_x' })).status, 405)
        await server.close()
      }),
  },
  {
    name: 'an environment with mistakes is told all of them',
    async run() {
      const error = await rejection(createServer({ environment: { WECHATPAY_MCHID: 'x', GATEWAY_TOKEN: 'plain' } }))
      assert.match(String(error), /WECHATPAY_MCHID[\s\S]*GATEWAY_TOKEN/)
    },
  },
]
