// npm run bench:gateway: compares notification intake with bare verification and decryption, and calls through the
// gateway with direct ones.
import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { inProcess, type Length, overHttp } from './gateway/intake.ts'
import { medianOf, type Round, speedOf } from './gateway/race.ts'
import { CALLS, CONTENDERS, type RelayRound, relayed } from './gateway/relay.ts'
import { inWorkerd } from './gateway/workerd.ts'
import { markdownTable, number } from './markdown.ts'
import { median, medianRatio } from './median.ts'

const BOUNDS = { intake: 0.6, relay: 1.25, relayCpu: 1.5 }
const [INTAKE, WORKERD]: Length[] = [
  { count: 2_000, rounds: 7 },
  { count: 500, rounds: 5 },
]
/**
 * Calls before the measured ones, until which V8 compiles: a gateway's processor time falls by half within the first thousand. The
 * client's process is the same in all rows, so it would be warm long before the others.
 */
const WARM_UP = 1_000
/** Milliseconds until the simulator responds; WeChat Pay takes longer than any of them. */
const DELAYS = [0, 5, 30]
const NAMES: Readonly<Record<string, string>> = {
  bare: 'bare',
  gateway: 'gateway',
  delivering: 'gateway, delivering',
}
const busy = loadavg()[0]!

const intake = {
  'Node, over HTTP': [await overHttp(INTAKE!), INTAKE!.count],
  'Node, in process': [await inProcess(INTAKE!), INTAKE!.count],
  'workerd, over HTTP': [await inWorkerd(WORKERD!), WORKERD!.count],
} as const
const relays: {
  delay: number
  atOnce: number
  call: keyof typeof CALLS
  results: Awaited<ReturnType<typeof relayed>>
}[] = []
for (const call of ['query', 'order'] as const)
  for (const atOnce of [1, 16])
    for (const delay of DELAYS)
      relays.push({
        delay,
        atOnce,
        call,
        results: await relayed(call, delay, { count: 60 * Math.min(atOnce, 4), rounds: 5, warmUp: WARM_UP, atOnce }),
      })

const intakeRows = Object.entries(intake).flatMap(([where, [results, count]]) =>
  Object.entries(results as Record<string, Round[]>).map(([name, rounds]) => {
    const wall = speedOf(rounds, results.bare, 'wall')
    const cpu = speedOf(rounds, results.bare, 'cpu')
    return [
      `${where}: ${NAMES[name]}`,
      number((count / medianOf(rounds, 'wall')) * 1000),
      number((medianOf(rounds, 'cpu') / count) * 1000),
      `${number(wall)} ×`,
      `${number(cpu)} ×`,
      name === 'gateway' ? yes(wall >= BOUNDS.intake) : '',
    ]
  }),
)

const column = (rounds: readonly RelayRound[], key: keyof RelayRound) => rounds.map(round => round[key])
const relayRows = relays.map(({ delay, atOnce, call, results: { direct, gateway } }) => {
  const [ours, theirs] = [gateway, direct].map(rounds => median(column(rounds, 'latency'))) as [number, number]
  const time = medianRatio(column(gateway, 'latency'), column(direct, 'latency'))
  const rates = [direct, gateway].map(rounds => number(median(column(rounds, 'rate'))))
  return [
    `${CALLS[call].name}, ${delay} ms, ${atOnce} at once`,
    number(theirs),
    number(ours),
    `${number(time)} ×`,
    ...rates,
    yes(time <= BOUNDS.relay),
  ]
})
const processorRows = relays.map(({ delay, atOnce, call, results }) => {
  const ratioTo = (name: 'direct' | 'floor', of: 'floor' | 'gateway') =>
    medianRatio(column(results[of], 'cpu'), column(results[name], 'cpu'))
  const ratio = ratioTo('direct', 'gateway')
  return [
    `${CALLS[call].name}, ${delay} ms, ${atOnce} at once`,
    ...CONTENDERS.map(name => number(median(column(results[name], 'cpu')))),
    `${number(ratioTo('direct', 'floor'))} ×`,
    `${number(ratioTo('floor', 'gateway'))} ×`,
    `${number(ratio)} ×`,
    yes(ratio <= BOUNDS.relayCpu),
  ]
})

const report = `# The gateway's speed

${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]!.model.trim()}, load before the start ${number(busy)}. Written by \`npm run bench:gateway\`.

All processes share these cores with whatever else runs on the machine. Contenders take turns. Values are medians of rounds, ratios are medians of the ratios within a round.

## Intake of notifications

64 at a time, each newly signed and unique. Bare calls WebCrypto's \`verify\` and \`decrypt\` between two \`JSON.parse\` and responds 204, on the same server. The
gateway verifies, decrypts, writes the event to its ledger, waits for the disk, and responds. "Delivering" also sends each event to an endpoint at
the same time, so its processor time is that of both. Speed is relative to bare, by wall clock and by processor time. The bound: ${BOUNDS.intake} × by wall clock.

${markdownTable(['', 'per second', 'CPU µs each', 'speed, wall', 'speed, CPU', 'holds'], intakeRows)}

In Node without HTTP, everything runs in one process, and the gateway also writes a delivery. workerd is started by Miniflare, with the Durable Object and
the queue of \`wrangler.toml\`: each commit there waits for the disk of this machine, on the only thread.

## A call through the gateway

A client calls the simulator over HTTP; \`fetch\` calls the gateway, which calls the same simulator: two hops instead of one, and calls other than queries
are written to the audit trail before they are sent. The simulator, in its own process, responds after 0, 5 or 30 ms. Median milliseconds per
call. The bound: ${BOUNDS.relay} ×.

${markdownTable(['', 'direct, ms', 'gateway, ms', 'time', 'direct, calls/s', 'gateway, calls/s', 'holds'], relayRows)}

Milliseconds of processor time of a call, over all threads of the process that signs it: the client, the floor or the gateway. All three sign with the client of
the Node adapter. The floor is a proxy on the gateway's own HTTP server that receives a call, compares a token, parses the body, calls and responds, and does nothing
else: what it costs more than a direct call is the price of a second HTTP request. The gateway also checks what the caller may do, and
keeps counts and the audit trail. The bound: ${BOUNDS.relayCpu} × direct.

A profile of the gateway's main thread over 6,000 orders, 16 at a time, which this command does not repeat (2026-11-29, load 24): signing and verifying 17 %, writing the response and the
request to their sockets 15 %, SQLite and handing its syncs to another thread 10 %, Node's streams and events 5 %, garbage collection 4 %, undici 4 %. No
function of the gateway itself had 1 %. An order needs two transactions, because its entry must be committed before it is sent, and the disk is
synced every 10 ms. A query needs neither, so that its ratio to the floor is the price of the checks.

${markdownTable(
  ['', 'direct, ms', 'floor, ms', 'gateway, ms', 'floor / direct', 'gateway / floor', 'gateway / direct', 'holds'],
  processorRows,
)}
`
console.log(report)
await writeFile(new URL('./gateway.md', import.meta.url), report)
if (report.includes(` ${yes(false)} |`)) process.exitCode = 1

function yes(holds: boolean): string {
  return holds ? 'yes' : 'NO'
}
