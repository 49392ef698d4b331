// node bench/listen.ts: measures how many events `wechatpay-edge listen` carries from a gateway to a local program. Writes bench/listen.md.
// Fails if a bound is exceeded.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGateway } from '../src/gateway/index.ts'
import { listenHttp } from '../src/server/http.ts'
import { openDatabase } from '../src/storage/sqlite.ts'
import { localLedger } from '../src/storage/sqlite-ledger.ts'
import { markdownTable, number } from './markdown.ts'

const EVENTS = 10_000
const ROUNDS = 3
/** Events per second. */
const BOUND = 500
const mchid = '1900000109'
/** The resource of a payment, as long as a usual one. */
const resourceOf = (at: number) => ({
  mchid,
  appid: 'wxd678efh567hg6787',
  out_trade_no: `T${at}`,
  transaction_id: `42000000${at}`,
  trade_type: 'JSAPI',
  trade_state: 'SUCCESS',
  trade_state_desc: '支付成功',
  bank_type: 'OTHERS',
  attach: '',
  success_time: '2026-01-01T08:00:00+08:00',
  payer: { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' },
  amount: { total: 100, payer_total: 100, currency: 'CNY', payer_currency: 'CNY' },
})

interface Round {
  /** Events per second, from the first to the last that the program received. */
  readonly rate: number
  /** Megabytes that the listener has resident at the end. */
  readonly resident: number
}

const busy = loadavg()[0]!
const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-bench-'))
const rounds: Round[] = []
try {
  for (let round = 0; round < ROUNDS; round++) rounds.push(await measure(join(folder, String(round))))
} finally {
  await rm(folder, { recursive: true })
}
const byRate = [...rounds].sort((a, b) => a.rate - b.rate)
const { rate } = byRate[Math.floor(ROUNDS / 2)]!
const resident = Math.max(...rounds.map(round => round.resident))
const report = `# Events that \`listen\` carries

${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]!.model.trim()}, load before the start ${number(busy)}. Written by \`node bench/listen.ts\`.

${markdownTable(
  ['', 'bound', 'measured', 'holds'],
  [
    ['Events a second', `≥ ${BOUND}`, number(rate), rate >= BOUND ? 'yes' : 'NO'],
    ['Megabytes resident in the listener', '–', number(resident), ''],
  ],
)}

A gateway with its ledger in a file and the program that receives the events are one process, \`wechatpay-edge listen\` is another. ${number(EVENTS)} payments of different
orders are recorded; the listener begins with the first. Each event is streamed, signed, posted, accepted with 204, noted in the state file and printed. Median of ${ROUNDS} rounds.
`
console.log(report)
await writeFile(new URL('./listen.md', import.meta.url), report)
if (rate < BOUND) process.exitCode = 1

async function measure(path: string): Promise<Round> {
  const database = await openDatabase(`${path}.db`)
  const ledger = localLedger(database, Date.now)
  const recording: Promise<unknown>[] = []
  for (let at = 0; at < EVENTS; at++) {
    const resource = JSON.stringify(resourceOf(at))
    const event = { mchid, api: 'v3', id: `EV-${at}`, event: 'TRANSACTION.SUCCESS', resource } as const
    const subject = `transaction_id/42000000${at}`
    const rest = {
      subject,
      dedupeKey: null,
      source: 'notification',
      createdAt: Date.now(),
      nonce: null,
      endpoints: [],
    } as const
    recording.push(ledger.recordEvent({ ...event, ...rest }))
  }
  await Promise.all(recording)
  const admin = { name: 'admin', credential: { tokens: [] }, allow: ['* /admin/**'] }
  const gateway = createGateway({
    merchants: { [mchid]: {} as never },
    callers: [admin],
    authenticate: async () => admin,
    ledgerOf: () => ledger,
    outbox: { enqueue: async () => {} },
  })
  const server = await listenHttp({ fetch: request => gateway.fetch(request), hostname: '127.0.0.1', port: 0 })
  const times: number[] = []
  let finish = () => {}
  const finished = new Promise<void>(resolve => {
    finish = resolve
  })
  const shop = createServer((incoming, outgoing) => {
    incoming.resume().once('end', () => {
      outgoing.writeHead(204).end()
      if (times.push(performance.now()) === EVENTS) finish()
    })
  })
  await new Promise<void>(resolve => shop.listen(0, '127.0.0.1', resolve))
  const target = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/notify`
  const options = [
    '--gateway',
    `http://127.0.0.1:${server.port}`,
    '--forward-to',
    target,
    '--state',
    path,
    '--since',
    '1d',
  ]
  const main = new URL('../src/cli/main.ts', import.meta.url).pathname
  const listener = spawn(process.execPath, [main, 'listen', ...options], { stdio: ['ignore', 'ignore', 'inherit'] })
  try {
    await Promise.race([finished, failureOf(listener)])
    return { rate: ((EVENTS - 1) / (times.at(-1)! - times[0]!)) * 1_000, resident: await residentSize(listener.pid!) }
  } finally {
    listener.kill('SIGKILL')
    shop.closeAllConnections()
    shop.close()
    gateway.endStreams()
    await server.close()
    await database.close()
  }
}

function failureOf(child: ChildProcess): Promise<never> {
  return new Promise((_, reject) =>
    child.once('exit', code => reject(new Error(`The listener ended with code ${code}.`))),
  )
}

/** Reads the resident set of a process, in megabytes. */
async function residentSize(pid: number): Promise<number> {
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1_000
}
