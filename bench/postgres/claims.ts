import { openPostgresLedger, type PostgresLedger } from '../../src/storage/postgres/ledger.ts'
import { median } from '../median.ts'
import { openBenchClient } from './client.ts'
import { fillPending } from './pending.ts'

const [MCHID, ENDPOINT] = ['1900000109', 'shop']
/** Deliveries that an outbox reserves in one scan. */
const SHARE = 16

export interface ClaimTimes {
  /** Milliseconds. */
  readonly reserve: number
  readonly claim: number
  readonly nextDue: number
}

/**
 * Measures the reservation of due deliveries, the claim of one of them and the search for the next one, among few and among many pending
 * ones, in turns.
 *
 * @returns medians, and the plan of the reservation among many
 */
export async function claimTimesOf(
  url: string,
  { few, many, rounds }: { few: number; many: number; rounds: number },
): Promise<{ few: ClaimTimes; many: ClaimTimes; plan: string }> {
  const urls = [`${url}?schema=few&pool=1`, `${url}?schema=many&pool=1`] as const
  for (const [at, count] of [few, many].entries())
    await fillPending(urls[at]!, { mchid: MCHID, endpoint: ENDPOINT, count })
  const ledgers = [await openPostgresLedger(urls[0]), await openPostgresLedger(urls[1])] as const
  const clients = [await openBenchClient(urls[0]), await openBenchClient(urls[1])]
  const times = ledgers.map(() => ({ reserve: [], claim: [], nextDue: [] }) as Record<keyof ClaimTimes, number[]>)
  try {
    for (let round = 0; round < rounds; round++)
      for (const at of round % 2 ? [1, 0] : [0, 1]) {
        const taken = await takeOnce(ledgers[at]!, String(round))
        await clients[at]!.query('update delivery set leased_until = 0 where id = any ($1)', [taken.ids])
        // The first rounds prepare statements and read pages.
        if (round >= rounds / 10)
          for (const name of ['reserve', 'claim', 'nextDue'] as const) times[at]![name].push(taken[name])
      }
    const medians = times.map(({ reserve, claim, nextDue }) => ({
      reserve: median(reserve),
      claim: median(claim),
      nextDue: median(nextDue),
    }))
    return { few: medians[0]!, many: medians[1]!, plan: await planOf(urls[1]) }
  } finally {
    for (const { close } of ledgers) await close()
    for (const client of clients) await client.end()
  }
}

async function takeOnce(
  { ledger, now }: PostgresLedger,
  owner: string,
): Promise<ClaimTimes & { readonly ids: readonly number[] }> {
  const at = now()
  const timed = async <T>(work: Promise<T>): Promise<[T, number]> => {
    const begin = performance.now()
    return [await work, performance.now() - begin]
  }
  const [due, reserve] = await timed(ledger.reserveDueDeliveries(MCHID, at, SHARE, {}))
  const [, claim] = await timed(ledger.claimDelivery(due[0]!.id, owner))
  const [, nextDue] = await timed(ledger.nextDueAt(MCHID))
  return { reserve, claim, nextDue, ids: due.map(({ id }) => id) }
}

/** The plan of the search of a reservation. */
async function planOf(url: string): Promise<string> {
  const client = await openBenchClient(url)
  try {
    const { rows } = await client.query(
      `explain (analyze, costs off, timing off, summary off, buffers off)
       select id from delivery
       where mchid = '${MCHID}' and endpoint = '${ENDPOINT}' and state = 'pending' and due_at <= 9000000000000 and leased_until <= 9000000000000
         and not (delivery.subject is not null and exists (
           select 1 from delivery as before
           where before.mchid = delivery.mchid and before.endpoint = delivery.endpoint and before.subject = delivery.subject
             and before.state = 'pending' and before.tries < 7
             and (before.created_at, before.id) < (delivery.created_at, delivery.id)))
       order by due_at limit ${SHARE} for update skip locked`,
    )
    return rows.map(row => row['QUERY PLAN']).join('\n')
  } finally {
    await client.end()
  }
}
