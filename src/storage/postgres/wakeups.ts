import type { Client } from 'pg'
import type { Connection } from './connection.ts'

/** Tells other processes that deliveries are due. It may fail: each process also looks for due deliveries every few seconds. */
export interface Wakeups {
  /** Wakes the other processes, once for all calls within {@link GATHER}. */
  readonly wake: () => void
  /** Calls a listener whenever another process has woken this one, and after the connection was lost. */
  readonly listen: (listener: () => void) => void
  readonly close: () => Promise<void>
}

/**
 * Milliseconds. PostgreSQL orders the commits of transactions that notify, one at a time. So a notification is a transaction of its own,
 * for many events.
 */
const GATHER = 200
/** Milliseconds until a lost connection is replaced. */
const RECONNECT_AFTER = 2_000

/** Creates wakeups by `LISTEN` and `NOTIFY`, over a connection that stays open. */
export function createWakeups(
  connect: () => Promise<Connection & { readonly client: Client; readonly end: () => Promise<void> }>,
  schema: string,
): Wakeups {
  const channel = `wechatpay_edge_${[...new TextEncoder().encode(schema)]
    .map(byte => byte.toString(16))
    .join('')
    .slice(0, 40)}`
  const self = crypto.randomUUID()
  const listeners: (() => void)[] = []
  let connection: Awaited<ReturnType<typeof connect>> | undefined
  let opening: Promise<void> | undefined
  let isClosed = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let reconnecting: ReturnType<typeof setTimeout> | undefined

  const callListeners = (): void => {
    for (const listener of listeners) listener()
  }

  function reconnectLater(): void {
    if (isClosed) return
    clearTimeout(reconnecting)
    reconnecting = setTimeout(() => {
      opening = open()
    }, RECONNECT_AFTER)
    reconnecting.unref?.()
  }

  async function open(): Promise<void> {
    let opened: Awaited<ReturnType<typeof connect>> | undefined
    try {
      opened = await connect()
      opened.client.on('notification', ({ payload }) => {
        if (payload !== self) callListeners()
      })
      await opened.query(`listen ${channel}`)
    } catch {
      await opened?.end()
      return reconnectLater()
    }
    if (isClosed) return await opened.end()
    connection = opened
    opened.client.once('end', () => {
      connection = undefined
      reconnectLater()
    })
    // It may have missed notifications.
    callListeners()
  }

  async function notify(): Promise<void> {
    timer = undefined
    await connection?.query('select pg_notify($1, $2)', [channel, self]).catch(() => {})
  }

  return {
    wake() {
      timer ??= setTimeout(notify, GATHER)
      timer.unref?.()
    },
    listen(listener) {
      listeners.push(listener)
      opening ??= open()
    },
    async close() {
      isClosed = true
      clearTimeout(reconnecting)
      await opening
      if (timer !== undefined) {
        clearTimeout(timer)
        await notify()
      }
      await connection?.end()
    },
  }
}
