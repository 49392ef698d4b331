import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { BAD_NETWORK, type DistributedRun, runDistributed } from '../../test/load/distributed.ts'
import { markdownTable, number } from '../markdown.ts'
import { type ClaimOfRun, claimsOf, yes } from './load-claims.ts'

/** Gateways that are killed, for each process and thousand notifications. */
const KILLS = 0.2
/**
 * Loads several gateways that share a PostgreSQL, twice: next to it, and over a network that delays, cuts and freezes connections. Writes
 * a report.
 *
 * @param farCount the notifications over the network
 * @returns whether nothing was lost, duplicated or forged
 */
export async function loadDistributed({
  count,
  farCount,
  processes,
}: {
  count: number
  farCount: number
  processes: number
}): Promise<boolean> {
  const busy = loadavg()[0]!
  const killsOf = (length: number) => Math.max(processes, Math.round((KILLS * processes * length) / 1_000))
  const near = await runDistributed({ count, processes, kills: killsOf(count) })
  const far = await runDistributed({ count: farCount, processes, kills: killsOf(farCount), faults: BAD_NETWORK })
  const claims = [near, far].map(run => [
    ...claimsOf(run),
    ['no process ended of its own accord', run.crashes === 0] as ClaimOfRun,
  ])
  const rows = claims[0]!.map(([name], at) => [name, ...claims.map(column => yes(column[at]![1]))])
  const figures = [
    ['notifications', count, farCount],
    ['gateways killed', killsOf(count), killsOf(farCount)],
    ['sent again: no response', near.unanswered, far.unanswered],
    ['sent again: 5xx', near.refused, far.refused],
    ['connections to PostgreSQL cut', near.cuts, far.cuts],
    ['connections frozen', near.freezes, far.freezes],
    ['failures of the endpoint', near.shop.failures(), far.shop.failures()],
    ['seconds until all was answered', near.times.answered / 1000, far.times.answered / 1000],
    ['seconds until all was delivered', near.times.delivered / 1000, far.times.delivered / 1000],
  ] as const
  const { mix } = near satisfies DistributedRun
  const { latency, jitter, lifetime, freezeEvery } = BAD_NETWORK

  const report = `# Several gateways on one PostgreSQL, under load

${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]!.model.trim()}, load before the start ${number(busy)}. Written by \`npm run load -- ${process.argv.slice(2).join(' ')}\`.

${number(count)} notifications over HTTP, 64 at a time, each to any of ${processes} gateways: ${number(mix.duplicates)} duplicates with new signatures; ${number(mix.forged.length)} forged ones (tampered, wrong key, probes,
stale); every twentieth of the rest is a refund of an earlier payment. The endpoint fails every other request, with HTTP 500 or a closed connection. Gateways are
killed at random times (SIGKILL) and others started; PostgreSQL crashes once in the middle (immediate shutdown) and recovers. What gets no response within 5 seconds, or
a 5xx, is signed anew and sent again, as WeChat Pay does. The second run sends ${number(farCount)} over a network in which a packet takes ${latency} to ${latency + jitter} ms in each direction and a connection
lasts ${lifetime / 1000} s on average: one of ${freezeEvery} falls silent without an error, the others are cut.

${markdownTable(['', 'next to PostgreSQL', 'over a bad network'], rows)}

${markdownTable(
  ['', 'next to PostgreSQL', 'over a bad network'],
  figures.map(([name, ...values]) => [name, ...values.map(number)]),
)}

The processes, PostgreSQL, the endpoint and the sender share the cores of this machine: the times say nothing about a deployment. Every killed process
leaves deliveries claimed until their leases expire, 30 seconds later at most.
`
  console.log(report)
  await writeFile(new URL('../gateway-load-postgres.md', import.meta.url), report)
  return claims.flat().every(([, holds]) => holds)
}
