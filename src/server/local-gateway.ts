import { createGateway, type Gateway, type GatewayOptions, type Log, readConsoleFile } from '../gateway/index.ts'
import type { DiskError } from './disk-error.ts'
import { createGuardedFetch } from './guarded-fetch.ts'
import { createLocalOutbox } from './outbox.ts'
import { processMetrics } from './process-metrics.ts'
import { sha256 } from './sha256.ts'
import { openStorage, type Storage } from './storage.ts'

/** A gateway that serves, delivers and sweeps. `Deno.serve`, `Bun.serve` and `@hono/node-server` accept its `fetch`. */
export interface Server extends Pick<Gateway, 'fetch' | 'sweep' | 'endStreams'> {
  /**
   * Starts no more deliveries and sweeps, waits for those in progress, and closes the ledger; once, however often it is called.
   *
   * @throws {DiskError} the disk has failed to store written data
   */
  readonly close: () => Promise<void>
}

/** The options of a gateway in a process. */
export interface LocalGatewayOptions extends Omit<GatewayOptions, 'ledgerOf' | 'outbox'> {
  /**
   * Path of the ledger file, which is created if it does not exist; `:memory:` for no file. Or the URL of a PostgreSQL (14 or later,
   * with the package `pg`), whose ledger any number of processes share:
   * `postgres://user:password@host:5432/database?schema=wechatpay_edge&pool=10&sslmode=verify-full`
   */
  readonly data: string
  /**
   * Ends the process after the disk has failed to confirm a write. The gateway serves no more requests; WeChat Pay sends
   * unacknowledged notifications again, to the next process. Default: throws the error uncaught.
   */
  readonly onDiskFailure?: ((error: DiskError) => void) | undefined
}

/** Milliseconds between two sweeps. */
const SWEEP_EVERY = 60_000

/**
 * Opens a gateway whose ledger and outbox are one SQLite file, or a PostgreSQL that other processes share. It begins at once to deliver
 * the pending events.
 *
 * If a newer version has written the ledger, it only reads: `/admin` and the console show what happened, `/healthz` is red, notifications
 * and calls that change something are refused with `LEDGER_NEWER` (503), and it neither delivers nor sweeps.
 *
 * @throws {ConfigurationError} the file cannot be opened, another process has it, or the runtime has no SQLite; the URL is wrong, or
 * `pg` is not installed
 * @throws {LedgerError} the PostgreSQL cannot be reached, refuses the user, is read-only or too old; a newer version has written the
 * ledger, which this one cannot read
 * @example
 * ```ts
 * const server = await openGateway({ merchants: { [mchid]: wxpay }, callers, endpoints, data: 'gateway.db' })
 * Deno.serve(request => server.fetch(request))
 * ```
 */
export async function openGateway({
  data,
  onDiskFailure = throwUncaught,
  ...options
}: LocalGatewayOptions): Promise<Server> {
  const { merchants, log } = options
  let isReadOnly = false
  const { ledger, now, others, close } = await openStorage({
    data,
    now: options.now,
    warn: detail => log?.warn('ledger unsafe', { detail }),
    onDiskFailure,
    onReadOnly({ message: detail }) {
      isReadOnly = true
      log?.error('ledger read-only', { detail })
    },
  })
  const outbox = createLocalOutbox({
    merchants: Object.keys(merchants),
    endpoints: options.endpoints?.length ?? 0,
    ledger,
    now,
    others,
    isPaused: () => isReadOnly,
    onError: logErrors(log),
  })
  const fetchAny = createGuardedFetch({ allowPrivate: true })
  const fetchPublic = createGuardedFetch({ allowPrivate: false })
  const gateway = createGateway({
    fetchOf: ({ allowPrivate }) => (allowPrivate ? fetchAny : fetchPublic),
    processMetrics,
    console: readConsoleFile,
    sha256,
    ...options,
    now,
    outbox,
    ledgerOf: () => ledger,
  })
  outbox.start(async job => {
    await gateway.deliver(job)
    // The next delivery need not wait for the counts.
    void gateway.flushCounts()
  })
  const sampled = isReadOnly ? undefined : gateway.recordSample()
  const sweep = sweepOf(gateway, { ledger, now, others })
  const sweeping = startSweeping(async () => (isReadOnly ? undefined : sweep()), logErrors(log))
  async function closeAll(): Promise<void> {
    gateway.endStreams()
    await sampled
    await sweeping.stop()
    await outbox.stop()
    // They continue with the deliveries that are left.
    others?.wake()
    await gateway.flushCounts()
    await close()
  }
  let closing: Promise<void> | undefined
  return {
    fetch: gateway.fetch,
    sweep: gateway.sweep,
    endStreams: gateway.endStreams,
    close() {
      closing ??= closeAll()
      return closing
    },
  }
}

const throwUncaught = (error: DiskError): void =>
  queueMicrotask(() => {
    throw error
  })

/** Returns the work of a sweep. If several processes share the ledger, only one of them sweeps each time. */
function sweepOf({ sweep }: Gateway, { ledger, now, others }: Omit<Storage, 'close'>): () => Promise<unknown> {
  if (!others) return sweep
  return () =>
    others.runExclusively(async () => {
      const last = await ledger.lastSweep()
      if (last === null || Math.abs(now() - last) >= SWEEP_EVERY / 2) await sweep()
    })
}

/** Sweeps periodically, one sweep at a time. Its timer does not keep the process alive. */
function startSweeping(sweep: () => Promise<unknown>, onError: (error: unknown) => void): { stop(): Promise<unknown> } {
  let current: Promise<unknown> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  const sweepLater = () => {
    timer = setTimeout(() => {
      current = sweep()
        .catch(onError)
        .then(() => {
          if (!isStopped) sweepLater()
        })
    }, SWEEP_EVERY)
    timer.unref?.()
  }
  sweepLater()
  return {
    stop() {
      isStopped = true
      clearTimeout(timer)
      return current
    },
  }
}

const logErrors =
  (log: Log | undefined) =>
  (error: unknown): void =>
    log?.warn('failed', { reason: error })
