import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { run } from '../../src/cli/run.ts'
import { listen } from '../../src/cli/simulator/server.ts'
import { HOUR } from '../../src/core/base/time.ts'
import { Wechatpay } from '../../src/core/index.ts'
import { createGateway, type Gateway, type Job } from '../../src/gateway/index.ts'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'
import { openDatabase } from '../../src/storage/sqlite.ts'
import { localLedger } from '../../src/storage/sqlite-ledger.ts'
import { openDraft } from '../../src/storage/transfer/draft.ts'
import { eventually } from '../eventually.ts'
import { type Account, hashOf, startAccount, TOKEN, variablesOf } from './account.ts'

// The Worker in workerd, with two objects for each merchant: its ledgers are exported over HTTP and imported into SQLite.

const ADMIN = 'wxe_token-of-its-operator'
const READER = 'wxe_token-of-a-dashboard'
const SECRET = `whsec_${btoa('0123456789abcdef0123456789abcdef')}`
const PAYMENTS = 7
/** The rows of the payments in the command's report. The last order is not paid. */
const ROWS = `event ${PAYMENTS - 1}, delivery ${PAYMENTS - 1}, attempt ${PAYMENTS - 1}`

let simulator: Simulator
let account: Account
let folder: string
let mchid: string
const closing: (() => Promise<unknown>)[] = []

/** The shop's endpoint, which is closed for an hour while the Worker delivers. */
const refused: string[] = []

/** A proxy before the Worker, which a test has break connections. */
const proxy = { url: '', requests: [] as string[], break: (_at: number): boolean | Promise<boolean> => false }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-export-'))
  closing.push(() => rm(folder, { recursive: true }))
  simulator = await createSimulator()
  mchid = simulator.merchant.mchid
  const wechatpay = await listen(request => simulator.fetch(request), { host: '127.0.0.1', port: 0 })
  closing.push(() => wechatpay.close())
  const shop = await serve(async (request, response) => {
    refused.push(String(request.headers['webhook-id']))
    await buffer(request)
    response.writeHead(503, { 'retry-after': '3600' }).end()
  })
  account = await startAccount({
    ...(await variablesOf(simulator, wechatpay.url)),
    GATEWAY_TOKEN: hashOf(TOKEN),
    GATEWAY_ADMIN_TOKEN: hashOf(ADMIN),
    GATEWAY_CONFIG: JSON.stringify({
      callers: [{ name: 'reader', tokens: [hashOf(READER)], allow: ['GET /admin/**'] }],
    }),
    GATEWAY_LOG: 'warn',
    LEDGER_SHARDS: '2',
    WEBHOOK_URL: shop,
    WEBHOOK_SECRET: SECRET,
    WEBHOOK_ALLOW_PRIVATE: 'true',
  })
  closing.push(account.close)
  proxy.url = await serve(forward)
  await live()
})
afterAll(async () => {
  for (const close of closing.reverse()) await close()
})
beforeEach(() => {
  proxy.requests = []
  proxy.break = () => false
})

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Promise<string> {
  const server: Server = createServer((request, response) => void handle(request, response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => new Promise(resolve => server.close(resolve)))
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

/** Forwards a request, and breaks the connection in the middle of the response if the test wants it. */
async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = 'GET', url = '/', headers } = request
  const body = await buffer(request)
  proxy.requests.push(`${url} ${body}`)
  const isBroken = await proxy.break(proxy.requests.length)
  const answer = await fetch(account.url + url, {
    method,
    headers: {
      'content-type': headers['content-type'] ?? 'application/json',
      authorization: headers.authorization ?? '',
    },
    ...(method === 'POST' && { body }),
  })
  const content = Buffer.from(await answer.arrayBuffer())
  const { 'wechatpay-edge-error': code = '' } = Object.fromEntries(answer.headers)
  response.writeHead(answer.status, {
    'content-type': 'application/json',
    'content-length': content.length,
    ...(code && { 'wechatpay-edge-error': code }),
  })
  if (!isBroken) return void response.end(content)
  response.write(content.subarray(0, content.length >> 1), () => response.destroy())
}

const admin = async (path: string, body?: object) => {
  const response = await fetch(account.url + path, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  return (await response.json()) as any
}

/** Places orders, has them paid, and waits until each delivery was refused once. */
async function live(): Promise<void> {
  const { appid } = simulator.merchant
  const notify_url = `${account.url}/notify/${mchid}`
  for (let number = 0; number < PAYMENTS; number++) {
    const out_trade_no = `T${100_000 + number}`
    const order = {
      appid,
      mchid,
      description: '茶',
      out_trade_no,
      notify_url: 'https://pay.example.com/notify',
      amount: { total: 100 },
    }
    const placed = await fetch(`${account.url}/v3/pay/transactions/native`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${TOKEN}`,
        'content-type': 'application/json',
        'idempotency-key': out_trade_no,
      },
      body: JSON.stringify(order),
    })
    expect(placed.status).toBe(200)
    const resource = JSON.stringify({ ...order, transaction_id: `42${number}`, trade_state: 'SUCCESS' })
    // The last order is not paid, so that the gateway watches it still.
    if (number < PAYMENTS - 1)
      await simulator.notify.send({ api: 'v3', event: 'TRANSACTION.SUCCESS', url: notify_url, resource })
  }
  await eventually(async () => {
    const { deliveries } = await admin(`/admin/merchants/${mchid}/deliveries?state=pending`)
    expect(deliveries.map(({ tries }: { tries: number }) => tries)).toEqual(Array(PAYMENTS - 1).fill(1))
  })
}

async function say(argv: readonly string[], { token = ADMIN, stopped = new AbortController().signal } = {}) {
  const [out, errors]: [string[], string[]] = [[], []]
  const terminal = { print: (line: string) => out.push(line), warn: (line: string) => errors.push(line), stopped }
  const [tokenFile, env] = [join(folder, 'token'), join(folder, 'env')]
  await writeFile(tokenFile, token)
  await writeFile(env, '')
  const connection = argv[0] === 'export' ? ['--gateway', proxy.url, '--token-file', tokenFile] : []
  const code = await run(COMMANDS, ['ledger', ...argv, ...connection, '--env', env], terminal)
  // The progress depends on the speed of the machine.
  const told = errors.filter(line => !/^\d+ rows are read\.$/.test(line))
  return { code, out: out.join('\n'), errors: told.join('\n') }
}

let files = 0
const newFile = (ending: string) => join(folder, `${files++}.${ending}`)

/** Opens a gateway of another place with an imported ledger, some hours later. */
async function openCopy(data: string) {
  const database = await openDatabase(data)
  const now = () => Date.now() + 3 * HOUR
  const ledger = localLedger(database, now)
  const jobs: Job[] = []
  const received: string[] = []
  const { merchant, fetch: send, mtlsFetch } = simulator
  const caller = { name: 'admin', credential: { tokens: [] }, allow: ['* /**'] }
  const gateway: Gateway = createGateway({
    merchants: { [mchid]: new Wechatpay({ ...merchant, fetch: send, mtlsFetch }) },
    callers: [caller, { ...caller, name: 'default' }],
    authenticate: async () => caller,
    endpoints: [{ name: 'default', url: 'https://shop.example.com/', events: ['*'], secrets: [SECRET] }],
    ledgerOf: () => ledger,
    outbox: { enqueue: async more => void jobs.push(...more) },
    fetchOf: () => async (_, init) => {
      received.push(new Headers(init?.headers).get('webhook-id')!)
      return new Response(null, { status: 204 })
    },
    now,
  })
  return {
    received,
    // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
    admin: async (path: string): Promise<any> =>
      (await gateway.fetch(new Request(`https://pay.example.com${path}`))).json(),
    async deliverDue() {
      await gateway.sweep()
      for (const job of jobs.splice(0)) await gateway.deliver(job)
    },
    close: () => database.close(),
  }
}

/** Reads by the admin API what must be the same in a copy, without the numbers of rows. */
// biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
async function contents(ask: (path: string) => Promise<any>): Promise<object> {
  const { events } = (await ask(`/admin/merchants/${mchid}/events?limit=500`)) as { events: { seq: number }[] }
  const shown = await Promise.all(events.map(({ seq }) => ask(`/admin/merchants/${mchid}/events/${seq}`)))
  const { calls } = (await ask('/admin/callers/default/calls?limit=500')) as { calls: object[] }
  const { doubts } = await ask(`/admin/merchants/${mchid}/doubts`)
  const withoutNumbers = (value: unknown): unknown =>
    JSON.parse(
      JSON.stringify(value, (key, member) =>
        (key === 'seq' || key === 'id') && typeof member === 'number' ? 0 : member,
      ),
    )
  return { events: withoutNumbers(shown), calls: withoutNumbers(calls), doubts }
}

describe('wechatpay-edge ledger export --gateway', () => {
  it('moves the ledgers of a Worker with two objects per merchant to SQLite, where what was pending is delivered', async () => {
    const file = newFile('jsonl')
    const shards = await Promise.all(
      [0, 1].map(shard => admin('/admin/ledgers/rows', { ledger: mchid, shard, table: 'event' })),
    )
    for (const { rows } of shards) expect(rows.length).toBeGreaterThan(0)
    const exported = await say(['export', file])
    expect(exported).toMatchObject({ code: 0, errors: '' })
    expect(exported.out).toContain(ROWS)
    expect(exported.out).toContain('watch 1,')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await readdir(folder)).filter(name => name.includes('.part'))).toEqual([])
    expect((await say(['verify', file])).code).toBe(0)

    const data = newFile('db')
    expect(await say(['import', file, '--data', data])).toMatchObject({ code: 0, errors: '' })
    const copy = await openCopy(data)
    try {
      expect(await contents(copy.admin)).toEqual(await contents(admin))
      await copy.deliverDue()
      expect(copy.received.sort()).toEqual([...new Set(refused)].sort())
      const { deliveries } = await copy.admin(`/admin/merchants/${mchid}/deliveries`)
      for (const { state, tries } of deliveries) expect([state, tries]).toEqual(['delivered', 2])
    } finally {
      await copy.close()
    }
  })

  it('asks again where a connection breaks', async () => {
    const file = newFile('jsonl')
    proxy.break = at => at % 9 === 0
    const { code, out } = await say(['export', file])
    expect(code).toBe(0)
    expect(new Set(proxy.requests).size).toBeLessThan(proxy.requests.length)
    expect(out).toContain(ROWS)
    expect((await say(['verify', file])).code).toBe(0)
  })

  it('continues after it was stopped, and reads no page twice', async () => {
    const file = newFile('jsonl')
    const stopping = new AbortController()
    proxy.break = at => {
      if (at === 12) stopping.abort()
      return false
    }
    const stopped = await say(['export', file], { stopped: stopping.signal })
    expect(stopped.code).toBe(1)
    expect(stopped.errors).toContain(`What was read is in ${file}.part: run the same command again`)
    expect((await stat(`${file}.part`)).mode & 0o777).toBe(0o700)
    await expect(readFile(file)).rejects.toThrow('ENOENT')
    const read = proxy.requests.slice(1, -1)
    expect(read).toHaveLength(10)
    proxy.requests = []
    const { code, errors } = await say(['export', file])
    expect([code, errors]).toEqual([0, expect.stringMatching(/^Continues the export that began at \d{4}-/)])
    // After the last list of objects it looks for later rows.
    const again = proxy.requests.slice(0, proxy.requests.lastIndexOf('/admin/ledgers '))
    expect(again.length).toBeGreaterThan(10)
    for (const request of read) expect(again).not.toContain(request)
    expect((await say(['verify', file])).code).toBe(0)
  })

  it('says how many events the file lacks that were recorded meanwhile', async () => {
    const file = newFile('jsonl')
    let sent: Promise<unknown> | undefined
    proxy.break = async () => {
      if (!proxy.requests.at(-1)!.includes('"table":"delivery"')) return false
      sent ??= notifyRefund()
      await sent
      return false
    }
    const { code, errors } = await say(['export', file])
    expect(code).toBe(0)
    expect(errors).toMatch(
      /^Events, watches and calls with a key that the gateway has added since the export began, and that the file lacks: \d+ or more\./,
    )
  })

  it.each([
    ['a caller', TOKEN, 'The token may not do this'],
    ['a dashboard, which may only look', READER, 'The token may not do this'],
    ['nobody', 'wxe_unknown', 'The gateway does not know the token.'],
  ])('is refused to the token of %s, and leaves no file', async (_, token, message) => {
    const file = newFile('jsonl')
    const { code, errors } = await say(['export', file], { token })
    expect([code, errors]).toEqual([1, expect.stringContaining(message)])
    expect((await readdir(folder)).filter(name => file.endsWith(name.replace('.part', '')))).toEqual([])
  })
})

it('touches no folder that others can access, and no unfinished export of another gateway', async () => {
  const [open, other] = [newFile('jsonl'), newFile('jsonl')]
  await mkdir(`${open}.part`, { mode: 0o755 })
  expect(await say(['export', open])).toMatchObject({
    code: 1,
    errors: `${open}.part is no folder of an unfinished export, which only you can access and which has nothing else in it. Remove it, or name another file.`,
  })
  expect(await readdir(`${open}.part`)).toEqual([])
  const foreign = newFile('jsonl')
  await mkdir(`${foreign}.part`, { mode: 0o700 })
  await writeFile(join(`${foreign}.part`, 'precious.txt'), 'precious')
  expect(await say(['export', foreign])).toMatchObject({
    code: 1,
    errors: expect.stringContaining('has nothing else in it'),
  })
  expect(await readdir(`${foreign}.part`)).toEqual(['precious.txt'])
  await rename(join(`${foreign}.part`, 'precious.txt'), join(`${foreign}.part`, 'ledger.db'))
  await writeFile(join(`${foreign}.part`, 'ledger.db'), '')
  expect(await say(['export', foreign])).toMatchObject({
    code: 1,
    errors: expect.stringContaining('is no unfinished export'),
  })
  expect(await readdir(`${foreign}.part`)).toContain('ledger.db')
  await mkdir(`${other}.part`, { mode: 0o700 })
  const draft = await openDraft(join(`${other}.part`, 'ledger.db'))
  draft.begin('https://pay.example.com', 0)
  await draft.close()
  expect(await say(['export', other])).toMatchObject({
    code: 1,
    errors: `${other}.part is the unfinished export of https://pay.example.com. Delete the folder, or name another file.`,
  })
})

const notifyRefund = () =>
  simulator.notify.send({
    api: 'v3',
    event: 'REFUND.SUCCESS',
    url: `${account.url}/notify/${mchid}`,
    resource: JSON.stringify({
      mchid,
      out_trade_no: 'T1',
      transaction_id: '421',
      out_refund_no: 'R1',
      refund_id: '501',
      refund_status: 'SUCCESS',
    }),
  })
