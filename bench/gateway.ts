// npm run bench:gateway: compares notification intake with bare verification and decryption, and calls through the
// gateway with direct ones.
import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { inProcess, type Length, overHttp } from './gateway/intake.ts'
import { medianOf, type Round, speedOf } from './gateway/race.ts'
import { CALLS, type RelayRound, relayed } from './gateway/relay.ts'
import { inWorkerd } from './gateway/workerd.ts'
import { markdownTable, number } from './markdown.ts'
import { median, medianRatio } from './median.ts'

const BOUNDS = { intake: 0.6, relay: 1.25 }
const [INTAKE, WORKERD]: Length[] = [
  { count: 2_000, rounds: 7 },
  { count: 500, rounds: 5 },
]
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
        results: await relayed(call, delay, { count: 60 * Math.min(atOnce, 4), rounds: 5, atOnce }),
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
`
console.log(report)
await writeFile(new URL('./gateway.md', import.meta.url), report)
if (report.includes(` ${yes(false)} |`)) process.exitCode = 1

function yes(holds: boolean): string {
  return holds ? 'yes' : 'NO'
}
