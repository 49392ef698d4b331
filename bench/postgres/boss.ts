import { PgBoss } from 'pg-boss'
import { openPostgresLedger } from '../../src/storage/postgres/ledger.ts'
import { median } from '../median.ts'

/** Calls at once; each contender has so many connections. */
const CONNECTIONS = 10
const [MCHID, QUEUE] = ['1900000109', 'notifications']

/** Jobs per second. */
export interface QueueRates {
  readonly added: number
  readonly done: number
}

interface Contender {
  readonly add: (at: number) => Promise<unknown>
  /** Takes up to so many jobs, and returns how each is ended. */
  readonly take: (limit: number) => Promise<(() => Promise<unknown>)[]>
  readonly close: () => Promise<unknown>
}

/**
 * Compares the ledger as a queue with pg-boss on the same server: jobs added one by one, and taken by the dozen and ended one by one.
 * Contenders take turns.
 *
 * @returns medians over the rounds
 */
export async function queueRatesOf(
  url: string,
  { count, rounds }: { count: number; rounds: number },
): Promise<Record<'ledger' | 'boss', QueueRates>> {
  const contenders = { ledger: await openLedger(url), boss: await openBoss(url) }
  const rates = { ledger: [] as QueueRates[], boss: [] as QueueRates[] }
  try {
    for (let round = 0; round <= rounds; round++)
      for (const name of round % 2 ? (['boss', 'ledger'] as const) : (['ledger', 'boss'] as const)) {
        const rate = await raceOnce(contenders[name], round * count, count)
        if (round > 0) rates[name].push(rate)
      }
  } finally {
    await Promise.all(Object.values(contenders).map(({ close }) => close()))
  }
  const medianOf = (list: readonly QueueRates[]): QueueRates => ({
    added: median(list.map(({ added }) => added)),
    done: median(list.map(({ done }) => done)),
  })
  return { ledger: medianOf(rates.ledger), boss: medianOf(rates.boss) }
}

async function raceOnce({ add, take }: Contender, first: number, count: number): Promise<QueueRates> {
  const begin = performance.now()
  await inParallel(Array.from({ length: count }, (_, at) => () => add(first + at)))
  const added = performance.now()
  for (let left = count; left > 0; ) {
    const ends = await take(64)
    left -= ends.length
    await inParallel(ends)
  }
  const perSecond = (ms: number) => (count / ms) * 1000
  return { added: perSecond(added - begin), done: perSecond(performance.now() - added) }
}

async function inParallel(work: readonly (() => Promise<unknown>)[]): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < work.length) await work[next++]!()
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, worker))
}

async function openLedger(url: string): Promise<Contender> {
  const { ledger, now, close } = await openPostgresLedger(`${url}?schema=queue&pool=${CONNECTIONS}`)
  return {
    add: at =>
      ledger.recordEvent({
        mchid: MCHID,
        api: 'v3',
        id: `EV-${at}`,
        event: 'TRANSACTION.SUCCESS',
        resource: JSON.stringify({ out_trade_no: `T${at}` }),
        subject: `T${at}`,
        dedupeKey: `PAID/T${at}`,
        source: 'notification',
        createdAt: now(),
        nonce: `nonce-${at}`,
        endpoints: ['shop'],
      }),
    async take(limit) {
      const due = await ledger.reserveDueDeliveries(MCHID, now(), limit, {})
      return due.map(({ id }) => async () => {
        await ledger.claimDelivery(id, crypto.randomUUID())
        await ledger.recordAttempt(id, {
          tries: 0,
          at: now(),
          ms: 1,
          status: 204,
          result: 'delivered',
          isOutage: false,
        })
      })
    },
    close,
  }
}

async function openBoss(url: string): Promise<Contender> {
  const boss = new PgBoss({ connectionString: url, max: CONNECTIONS, supervise: false, schedule: false })
  boss.on('error', () => {})
  await boss.start()
  await boss.createQueue(QUEUE)
  return {
    add: at => boss.send(QUEUE, { out_trade_no: `T${at}` }),
    async take(limit) {
      const jobs = await boss.fetch(QUEUE, { batchSize: limit })
      return jobs.map(
        ({ id }) =>
          () =>
            boss.complete(QUEUE, id),
      )
    },
    close: () => boss.stop({ graceful: false }),
  }
}
