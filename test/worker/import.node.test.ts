import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { run } from '../../src/cli/run.ts'
import { listen } from '../../src/cli/simulator/server.ts'
import { startServer } from '../../src/server/start.ts'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'
import { openDatabase } from '../../src/storage/sqlite.ts'
import { localLedger } from '../../src/storage/sqlite-ledger.ts'
import { openSqliteLedger } from '../../src/storage/transfer/sqlite.ts'
import { eventually } from '../eventually.ts'
import { exportText, LONG, NOW } from '../storage/transfer/exports.ts'
import { forgeLines, type Line, readGenuine } from '../storage/transfer/forgery.ts'
import { live } from '../storage/transfer/history.ts'
import { type Account, hashOf, startAccount, TOKEN, variablesOf } from './account.ts'

// The ledger of `serve` is exported and imported into a Worker in workerd, over HTTP.

const ADMIN = 'wxe_token-of-its-operator'
const IMPORT = 'wxe_token-of-the-import'
const SECRET = `whsec_${btoa('0123456789abcdef0123456789abcdef')}`
const PAYMENTS = 6

let simulator: Simulator
let mchid: string
let folder: string
let account: Account
let variables: Record<string, string>
/** The export of `serve`. */
let file: string
/** The notifications that WeChat Pay has sent. */
const resources: string[] = []
const closing: (() => Promise<unknown>)[] = []

/** The shop's endpoint, which is down until the move. */
const shop = { received: [] as string[], status: 503 }
/** A proxy before the Worker, which a test has break connections. */
const proxy = { url: '', requests: [] as string[], break: (_at: number): boolean => false }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-import-'))
  closing.push(() => rm(folder, { recursive: true }))
  simulator = await createSimulator()
  mchid = simulator.merchant.mchid
  const wechatpay = await listen(request => simulator.fetch(request), { host: '127.0.0.1', port: 0 })
  closing.push(() => wechatpay.close())
  variables = {
    ...(await variablesOf(simulator, wechatpay.url)),
    GATEWAY_TOKEN: hashOf(TOKEN),
    GATEWAY_ADMIN_TOKEN: hashOf(ADMIN),
    GATEWAY_LOG: 'error',
    WEBHOOK_URL: await serve(async (request, response) => {
      shop.received.push(String(request.headers['webhook-id']))
      await buffer(request)
      response.writeHead(shop.status).end()
    }),
    WEBHOOK_SECRET: SECRET,
    WEBHOOK_ALLOW_PRIVATE: 'true',
  }
  file = await exportOf(join(folder, 'serve.db'), liveOnServer)
  // A sweep leaves deliveries to the outbox for half a minute.
  const aged = forgeLines(readGenuine(await readFile(file, 'utf8')), lines => {
    for (const { table, row } of lines as { table?: string; row: { due_at: number } }[])
      if (table === 'delivery') row.due_at -= 60_000
  })
  await writeFile(file, aged)
  account = await startAccount({ ...variables, LEDGER_IMPORT_TOKEN: hashOf(IMPORT) })
  closing.push(account.close)
  proxy.url = await serve(forward)
})
afterAll(async () => {
  for (const close of closing.reverse()) await close()
})
beforeEach(() => {
  proxy.requests = []
  proxy.break = () => false
})

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Promise<string> {
  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => new Promise(resolve => server.close(resolve)))
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

/** Forwards a request, and breaks the connection after it was carried out if the test wants it. */
async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = 'GET', url = '/', headers } = request
  const body = await buffer(request)
  proxy.requests.push(`${method} ${body}`)
  const isBroken = proxy.break(proxy.requests.length)
  const answer = await fetch(account.url + url, {
    method,
    headers: { 'content-type': 'application/json', authorization: headers.authorization ?? '' },
    ...(method === 'POST' && { body }),
  })
  const content = Buffer.from(await answer.arrayBuffer())
  if (isBroken) return void response.destroy()
  const code = answer.headers.get('wechatpay-edge-error')
  response.writeHead(answer.status, { ...(code && { 'wechatpay-edge-error': code }) }).end(content)
}

const orderOf = (number: number) => ({
  appid: simulator.merchant.appid,
  mchid,
  description: '茶',
  out_trade_no: `T${100_000 + number}`,
  notify_url: 'https://pay.example.com/notify',
  amount: { total: 100 },
})

const place = (number: number): RequestInit => ({
  method: 'POST',
  headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', 'idempotency-key': `K${number}` },
  body: JSON.stringify(orderOf(number)),
})

/** Places orders at `serve`, has all but the last one paid, and waits until each delivery was refused once. */
async function liveOnServer(data: string): Promise<void> {
  const { server } = await startServer({ environment: variables, data, write: () => {} })
  const listening = await listen(request => server.fetch(request), { host: '127.0.0.1', port: 0 })
  try {
    for (let number = 0; number < PAYMENTS; number++) {
      const placed = await server.fetch(new Request('http://gateway.example/v3/pay/transactions/native', place(number)))
      expect(placed.status).toBe(200)
      if (number === PAYMENTS - 1) continue
      const { notify_url: _, ...order } = orderOf(number)
      resources.push(JSON.stringify({ ...order, transaction_id: `42${number}`, trade_state: 'SUCCESS' }))
      await notify(listening.url, resources.at(-1)!)
    }
    await eventually(() => expect(new Set(shop.received).size).toBe(PAYMENTS - 1))
  } finally {
    await listening.close()
    await server.close()
  }
}

const notify = (url: string, resource: string) =>
  simulator.notify.send({ api: 'v3', event: 'TRANSACTION.SUCCESS', url: `${url}/notify/${mchid}`, resource })

/** Lives on a ledger in a file, and exports it. */
async function exportOf(data: string, lives: (data: string) => Promise<void>): Promise<string> {
  await lives(data)
  const database = await openSqliteLedger(data, 'export')
  const text = await exportText(database).finally(() => database.close())
  await writeFile(`${data}.jsonl`, text)
  return `${data}.jsonl`
}

async function say(argv: readonly string[], { token = IMPORT, stopped = new AbortController().signal } = {}) {
  const [out, errors]: [string[], string[]] = [[], []]
  const terminal = { print: (line: string) => out.push(line), warn: (line: string) => errors.push(line), stopped }
  const [tokenFile, env] = [join(folder, 'token'), join(folder, 'env')]
  await writeFile(tokenFile, token)
  await writeFile(env, '')
  const connection = ['--gateway', proxy.url, '--token-file', tokenFile, '--env', env]
  const code = await run(COMMANDS, ['ledger', ...argv, ...connection], terminal)
  return { code, out: out.join('\n'), errors: errors.join('\n') }
}

const ask = async (path: string, init: RequestInit = {}) => {
  const headers = { authorization: `Bearer ${ADMIN}`, ...init.headers }
  const response = await fetch(account.url + path, { ...init, headers })
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  return { status: response.status, headers: response.headers, body: (await response.json()) as any }
}

/** Returns the rows of an export, without their numbers, claims, and what an import and an export add themselves. */
const contentsOf = (lines: readonly Line[]): string[] =>
  lines
    .filter(({ table }) => table !== undefined && !['counter', 'rate_bucket', 'sweep_run'].includes(table))
    .map(({ table, row }) => {
      const own = ['seq', 'last', 'probe', 'delivery', 'leased_until', 'leased_by', 'queued_until']
      const rest = Object.fromEntries(Object.entries(row as object).filter(([column]) => !own.includes(column)))
      return { table, row: table === 'call' || table === 'event' ? rest : { ...rest, id: 0 } }
    })
    .filter(({ row }) => !String((row as { path?: string }).path).startsWith('/admin/'))
    .map(row => JSON.stringify(row))
    .sort()

describe('a Worker with LEDGER_IMPORT_TOKEN', () => {
  it.each(['/healthz', '/notify/1900000109', '/v3/pay/transactions/native', '/admin/merchants', '/console/'])(
    'refuses %s',
    async path => {
      const { status, headers, body } = await ask(path)
      expect([status, headers.get('wechatpay-edge-error'), headers.get('retry-after')]).toEqual([
        503,
        'LEDGER_INCOMPLETE',
        '60',
      ])
      expect(body.detail).toContain('LEDGER_IMPORT_TOKEN')
    },
  )

  it.each([
    ['of the operator', ADMIN],
    ['of a caller', TOKEN],
    ['that nobody has', 'wxe_unknown'],
    ['that is the hash', hashOf(IMPORT)],
  ])('imports nothing with a token %s', async (_, token) => {
    const { code, errors } = await say(['import', file], { token })
    expect([code, errors]).toEqual([1, expect.stringContaining('LEDGER_IMPORT_TOKEN')])
    expect(proxy.requests).toEqual(['GET '])
  })

  it.each([
    ['a ledger that is not configured', { step: 'begin', ledger: '1900000999' }],
    ['a step that does not exist', { step: 'carryOut', ledger: 'gateway' }],
    ['an id that no export has', { step: 'begin', ledger: 'gateway', id: "'; drop table event --" }],
    [
      'rows of a table that does not exist',
      { step: 'rows', ledger: 'gateway', table: 'clock', rows: [], after: 1, line: 2 },
    ],
    [
      'rows with an unknown column',
      { step: 'rows', ledger: 'gateway', table: 'sweep_run', rows: [{ x: 1 }], after: 1, line: 2 },
    ],
    [
      'rows of another ledger',
      {
        step: 'rows',
        ledger: 'gateway',
        table: 'fault',
        after: 1,
        line: 2,
        rows: [{ mchid: '1', kind: 'notifications', code: 'X', at: 1 }],
      },
    ],
  ])('refuses %s', async (_, body) => {
    const { status, headers } = await ask('/admin/ledgers/import', {
      method: 'POST',
      headers: { authorization: `Bearer ${IMPORT}` },
      body: JSON.stringify({ id: 'some-export', ...body }),
    })
    expect([status, headers.get('wechatpay-edge-error')]).toEqual([400, 'BODY_INVALID'])
  })

  it('refuses rows of an import that has not begun', async () => {
    const rows = {
      step: 'rows',
      id: 'some-export',
      ledger: 'gateway',
      table: 'sweep_run',
      rows: [{ id: 1, at: 1 }],
      after: 1,
      line: 2,
    }
    const { status, body } = await ask('/admin/ledgers/import', {
      method: 'POST',
      headers: { authorization: `Bearer ${IMPORT}` },
      body: JSON.stringify(rows),
    })
    expect([status, body.code]).toEqual([409, 'LEDGER_NOT_EMPTY'])
  })
})

describe('wechatpay-edge ledger import --gateway', () => {
  it('imports nothing of a file with merchants and callers that the Worker does not have', async () => {
    const other = await exportOf(join(folder, 'other.db'), liveLong)
    const { code, errors } = await say(['import', other])
    expect([code, errors]).toEqual([
      1,
      'The file has rows of 1900000110, caller/till, which the Worker does not have. Configure these merchants and callers, or leave their rows out with --only-configured. Nothing was imported.',
    ])
    expect(proxy.requests).toEqual(['GET '])
  })

  it('a gateway refuses the ledgers until an import that was interrupted has ended', async () => {
    const stopping = new AbortController()
    proxy.break = at => {
      if (proxy.requests[at - 1]!.includes('"table":"delivery"')) stopping.abort()
      return false
    }
    const { code, errors } = await say(['import', file], { stopped: stopping.signal })
    expect([code, errors]).toEqual([1, expect.stringContaining('Run the same command again: it continues.')])
    await account.deploy(variables)
    const events = await ask(`/admin/merchants/${mchid}/events`)
    expect([events.status, events.body.code]).toEqual([503, 'LEDGER_INCOMPLETE'])
    expect(events.body.detail).toContain('Set LEDGER_IMPORT_TOKEN again')
    expect((await notify(account.url, resources[0]!)).state).not.toBe('delivered')
    expect((await ask('/healthz')).status).toBe(503)
    const called = await fetch(`${account.url}/v3/pay/transactions/native`, place(0))
    expect([called.status, called.headers.get('wechatpay-edge-error')]).toEqual([503, 'LEDGER_INCOMPLETE'])
    await account.deploy({ ...variables, LEDGER_IMPORT_TOKEN: hashOf(IMPORT) })
  })

  it('continues where it was, with each row once, however often connections break', async () => {
    proxy.break = at => at % 3 === 0
    const { code, out, errors } = await say(['import', file])
    expect([code, errors]).toEqual([0, expect.stringContaining('Delete the secret LEDGER_IMPORT_TOKEN')])
    expect(out).toContain(`imported. Rows: event ${PAYMENTS - 1}, delivery ${PAYMENTS - 1}, attempt ${PAYMENTS - 1},`)
    expect(new Set(proxy.requests).size).toBeLessThan(proxy.requests.length)
    expect(await say(['import', file])).toMatchObject({ code: 0, out })
  })

  it('refuses another file then, and touches nothing', async () => {
    const another = join(folder, 'another.jsonl')
    const lines = readGenuine(await readFile(file, 'utf8'))
    await writeFile(
      another,
      forgeLines(lines, ([header]) => void Object.assign(header!, { id: 'another' })),
    )
    const { code, errors } = await say(['import', another])
    expect([code, errors]).toEqual([1, expect.stringContaining('another file was imported into this ledger')])
    expect(proxy.requests.filter(request => request.includes('begin'))).toEqual([])
  })

  it('the gateway goes on with the ledgers: what was pending is delivered, what was known is not recorded or sent again', async () => {
    await account.deploy({ ...variables, LEDGER_SHARDS: '2' })
    const exported = join(folder, 'worker.jsonl')
    expect(await say(['export', exported], { token: ADMIN })).toMatchObject({ code: 0 })
    const [given, imported] = [readGenuine(await readFile(file, 'utf8')), readGenuine(await readFile(exported, 'utf8'))]
    expect(contentsOf(imported)).toEqual(contentsOf(given))

    for (const resource of resources) await notify(account.url, resource)
    const { body } = await ask(`/admin/merchants/${mchid}/events`)
    expect(body.events).toHaveLength(PAYMENTS - 1)
    expect((await ask(`/admin/merchants/${mchid}/events?number=T100001`)).body.events).toHaveLength(1)

    const sent = simulator.journal.length
    const again = await fetch(`${account.url}/v3/pay/transactions/native`, place(0))
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, 'true'])
    expect(simulator.journal).toHaveLength(sent)

    const before = new Set(shop.received)
    shop.received = []
    shop.status = 204
    await eventually(async () => {
      await account.runCron()
      await setTimeout(100)
      expect(new Set(shop.received)).toEqual(before)
    })
    const { deliveries } = (await ask(`/admin/merchants/${mchid}/deliveries`)).body
    for (const { state, tries } of deliveries) expect([state, tries]).toEqual(['delivered', 2])
  })

  it('leaves out merchants and callers that the Worker does not have if it is told to, and fills several pages', async () => {
    const long = join(folder, 'other.db.jsonl')
    const fresh = await startAccount({ ...variables, LEDGER_IMPORT_TOKEN: hashOf(IMPORT) })
    const used = account
    account = fresh
    try {
      const stopping = new AbortController()
      proxy.break = () => {
        if (proxy.requests.at(-1)!.includes('"step":"rows"')) stopping.abort()
        return false
      }
      expect((await say(['import', long, '--only-configured'], { stopped: stopping.signal })).code).toBe(1)
      const refused = await say(['import', file])
      expect([refused.code, refused.errors]).toEqual([1, expect.stringContaining('an import of another file')])
      expect(await say(['abandon'])).toEqual({
        code: 0,
        out: 'Abandoned. The ledgers of the configured merchants and callers in which an import had not ended are empty; all others are as they were.',
        errors: '',
      })
      proxy.requests = []
      expect((await say(['import', long, '--only-configured'])).code).toBe(0)
      const pages = proxy.requests.filter(request => request.includes('"step":"rows"'))
      expect(pages.length).toBeGreaterThan(5)
      await account.deploy(variables)
      const exported = join(folder, 'long.jsonl')
      expect(await say(['export', exported], { token: ADMIN })).toMatchObject({ code: 0 })
      const [given, imported] = [
        readGenuine(await readFile(long, 'utf8')),
        readGenuine(await readFile(exported, 'utf8')),
      ]
      const isLeftOut = (row: string) => /"1900000110"|"caller":"till"|"table":"attempt"/.test(row)
      const kept = (lines: readonly Line[]) => contentsOf(lines).filter(row => !isLeftOut(row))
      expect(kept(imported)).toEqual(kept(given))
      const rowsOf = (lines: readonly Line[], table: string) =>
        lines.filter(line => line.table === table).map(({ row }) => row as Record<string, unknown>)
      const deliveries = rowsOf(given, 'delivery').filter(row => row.mchid === mchid)
      const attempts = rowsOf(given, 'attempt').filter(row => deliveries.some(({ id }) => id === row.delivery))
      expect(attempts.length).toBeGreaterThan(0)
      expect(rowsOf(imported, 'attempt')).toHaveLength(attempts.length)
    } finally {
      account = used
      await fresh.close()
    }
  })

  it.each([
    [['import', 'x', '--data', 'y.db'], 2, 'Give --gateway or --data: they are two ledgers.'],
    [['verify', 'x'], 2, 'verify only reads the file. Leave out --gateway.'],
    [
      ['export', 'x', '--only-configured'],
      2,
      '--only-configured is for an import into a Worker: import with --gateway.',
    ],
    [['import', '/nowhere/x.jsonl'], 1, 'There is no file /nowhere/x.jsonl. Name one that ledger export has written.'],
  ])('%j is refused: exit %d', async (argv, code, errors) => {
    expect(await say(argv)).toEqual({ code, out: '', errors })
  })

  it('is refused by a Worker that does not import, with what to do', async () => {
    const { code, errors } = await say(['import', file])
    expect([code, errors]).toEqual([1, expect.stringContaining('does not import. Set the secret LEDGER_IMPORT_TOKEN')])
  })
})

async function liveLong(data: string): Promise<void> {
  const clock = { now: NOW }
  const database = await openDatabase(data)
  await live(
    localLedger(database, () => clock.now),
    LONG,
    clock,
  )
  await database.close()
}
