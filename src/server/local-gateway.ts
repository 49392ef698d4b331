import { WechatpayError } from '../core/index.ts'
import { createGateway, type Gateway, type GatewayOptions, type Log } from '../gateway/index.ts'
import { openDatabase } from '../storage/sqlite.ts'
import { localLedger } from '../storage/sqlite-ledger.ts'
import { createGuardedFetch } from './guarded-fetch.ts'
import { createLocalOutbox } from './outbox.ts'

/** A gateway that serves, delivers and sweeps. `Deno.serve`, `Bun.serve` and `@hono/node-server` accept its `fetch`. */
export interface Server extends Pick<Gateway, 'fetch' | 'sweep'> {
  /** Starts no more deliveries and sweeps, waits for those in progress, and closes the ledger. */
  readonly close: () => Promise<void>
}

/** The options of a gateway in a single process. */
export interface LocalGatewayOptions extends Omit<GatewayOptions, 'ledgerOf' | 'outbox'> {
  /** Path of the ledger file, which is created if it does not exist; `:memory:` for no file. */
  readonly data: string
  /**
   * Ends the process after the disk has failed to confirm a write. The gateway serves no more requests; WeChat Pay sends
   * unacknowledged notifications again, to the next process. Default: throws the error uncaught.
   */
  readonly onDiskFailure?: ((error: DiskError) => void) | undefined
}

/** The disk did not confirm a write to the ledger, so the system may have dropped the data. */
export class DiskError extends WechatpayError<'DISK_FAILED'> {
  override readonly name: string = 'DiskError'

  constructor(path: string, cause: unknown) {
    super(
      'DISK_FAILED',
      `${path}: the disk failed to store written data (${(cause as Error).message}). The gateway stops; WeChat Pay sends unacknowledged notifications again. Check the disk, then restart the gateway.`,
      cause,
    )
  }
}

/** Milliseconds between two sweeps. */
const SWEEP_EVERY = 60_000

/**
 * Opens a gateway whose ledger and outbox are one SQLite file. It begins at once to deliver the pending events of that file.
 *
 * @throws {ConfigurationError} the file cannot be opened, another process has it, or the runtime has no SQLite
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
  const { merchants, now = Date.now, log } = options
  const database = await openDatabase(data, detail => log?.warn('ledger file', { detail }))
  const ledger = localLedger(database, now, error => onDiskFailure(new DiskError(data, error)))
  const outbox = createLocalOutbox({
    merchants: Object.keys(merchants),
    endpoints: options.endpoints?.length ?? 0,
    ledger,
    now,
    onError: logErrors(log),
  })
  const fetchAny = createGuardedFetch({ allowPrivate: true })
  const fetchPublic = createGuardedFetch({ allowPrivate: false })
  const gateway = createGateway({
    fetchOf: ({ allowPrivate }) => (allowPrivate ? fetchAny : fetchPublic),
    ...options,
    outbox,
    ledgerOf: () => ledger,
  })
  outbox.start(async job => {
    await gateway.deliver(job)
    // The next delivery need not wait for the counts.
    void gateway.flushCounts()
  })
  const sweeping = startSweeping(gateway, logErrors(log))
  return {
    fetch: gateway.fetch,
    sweep: gateway.sweep,
    async close() {
      await sweeping.stop()
      await outbox.stop()
      await gateway.flushCounts()
      await database.close().catch(error => {
        throw new DiskError(data, error)
      })
    },
  }
}

const throwUncaught = (error: DiskError): void =>
  queueMicrotask(() => {
    throw error
  })

/** Sweeps periodically, one sweep at a time. Its timer does not keep the process alive. */
function startSweeping({ sweep }: Gateway, onError: (error: unknown) => void): { stop(): Promise<unknown> } {
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
