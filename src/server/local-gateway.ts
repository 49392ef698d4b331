import { createGateway, type Gateway, type GatewayOptions, type Log } from '../gateway/index.ts'
import { openDatabase } from '../storage/sqlite.ts'
import { localLedger } from '../storage/sqlite-ledger.ts'
import { createGuardedFetch } from './guarded-fetch.ts'
import { createLocalOutbox } from './outbox.ts'

/** A gateway that serves, delivers and sweeps. Its `fetch` is what `Deno.serve`, `Bun.serve` and `@hono/node-server` take. */
export interface Server extends Pick<Gateway, 'fetch' | 'sweep'> {
  /** Begins nothing more, waits for what is under way, and closes the ledger. */
  readonly close: () => Promise<void>
}

/** What a gateway in one process is made from. */
export interface LocalGatewayOptions extends Omit<GatewayOptions, 'ledgerOf' | 'outbox'> {
  /** The file of the ledger, which is made where there is none; `:memory:` for none. */
  readonly data: string
  /**
   * Ends the process when the disk did not confirm what was written. The gateway answers nothing any more: what was not
   * acknowledged WeChat Pay sends again, to the next process. Default: throws the error where nobody catches it.
   */
  readonly onDiskFailure?: ((error: DiskError) => void) | undefined
}

/** The disk did not confirm what was written to the ledger; the system may have dropped it. */
export class DiskError extends Error {
  override readonly name: string = 'DiskError'
  readonly code = 'DISK_FAILED'

  constructor(path: string, cause: unknown) {
    super(
      `${path}: the disk did not keep what was written (${(cause as Error).message}). The gateway ends; what it has not acknowledged is sent again. Check the disk, then start the gateway anew.`,
      { cause },
    )
  }
}

/** Milliseconds between two sweeps. */
const SWEEP_EVERY = 60_000

/**
 * A gateway whose ledger and outbox are one file of SQLite. It begins at once to deliver what the file has left.
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
    failed: failureTo(log),
  })
  const reach = {
    private: createGuardedFetch({ allowPrivate: true }),
    public: createGuardedFetch({ allowPrivate: false }),
  }
  const gateway = createGateway({
    fetchOf: ({ allowPrivate }) => (allowPrivate ? reach.private : reach.public),
    ...options,
    outbox,
    ledgerOf: () => ledger,
  })
  outbox.start(async job => {
    await gateway.deliver(job)
    // Not waited for: the next delivery may begin.
    void gateway.flushed()
  })
  const sweeping = createSweeping(gateway, failureTo(log))
  return {
    fetch: gateway.fetch,
    sweep: gateway.sweep,
    async close() {
      await sweeping.stop()
      await outbox.stop()
      await gateway.flushed()
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

/** Sweeps now and then, one sweep at a time; keeps no process alive. */
function createSweeping({ sweep }: Gateway, failed: (error: unknown) => void): { stop(): Promise<unknown> } {
  let current: Promise<unknown> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  const sweepLater = () => {
    timer = setTimeout(() => {
      current = sweep()
        .catch(failed)
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

const failureTo =
  (log: Log | undefined) =>
  (error: unknown): void =>
    log?.warn('failed', { reason: error })
