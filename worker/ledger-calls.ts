import type { Ledger } from '../src/gateway/store/ledger.ts'
import { LedgerError } from '../src/gateway/store/ledger-error.ts'
import { remoteLedger } from '../src/gateway/store/remote-ledger.ts'
import { createCallId } from '../src/gateway/store/repetitions.ts'
import type { DurableObjectNamespace } from './bindings.ts'
import { METHOD_UNKNOWN } from './ledger-rpc.ts'
import { DEFAULT_LOCATION, type LocationHint } from './location.ts'

/** Milliseconds before each repetition of a call, at most; at least half of that. WeChat Pay waits 5 s for an answer. */
const PAUSES = [100, 300, 900]

/**
 * The ledger of that name, in a Durable Object, whose calls are repeated where Cloudflare suggests it (`retryable`): the object
 * was moved, restarted by a deploy, or the connection to it broke. One that is overloaded is left alone. A call has the same id
 * at each repetition, so it is carried out once. A stub that has broken cannot be used again: each repetition gets a fresh one.
 *
 * @param location where a ledger is made that does not exist yet, whoever asks first: a health check, or the cron
 * @throws {LedgerError} by the ledger's methods: it has not answered
 * @see https://developers.cloudflare.com/durable-objects/best-practices/error-handling/
 */
export const ledgerOf =
  (namespace: DurableObjectNamespace, location: LocationHint = DEFAULT_LOCATION) =>
  (name: string): Ledger =>
    remoteLedger(
      async (method, given, counts) => {
        const id = createCallId(Date.now())
        for (let attempt = 0; ; attempt++) {
          try {
            return await namespace.getByName(name, { locationHint: location }).carryOut(method, given, id, counts)
          } catch (error) {
            const known = ledgerErrorOf(error)
            const pause = PAUSES[attempt]
            if (pause === undefined || known === undefined || known.code === 'LEDGER_OVERLOADED') throw known ?? error
            // Callers that a restart has cut off must not come back all at once.
            await new Promise(resolve => setTimeout(resolve, pause * (1 - Math.random() / 2)))
          }
        }
      },
      { keepsCounts: true },
    )

/** A Durable Object of a version that has no such RPC method at all, in the runtime's words. */
const NO_RPC_METHOD = /does not implement (?:the method )?"/
const NEWER = 'LEDGER_NEWER'

/** @returns undefined for what the ledger itself has thrown: repeated, it would throw it again */
function ledgerErrorOf(error: unknown): LedgerError | undefined {
  const { overloaded, retryable, message } = Object(error) as Record<string, unknown>
  if (overloaded === true)
    return new LedgerError('LEDGER_OVERLOADED', 'the ledger has too much to do. Repeat later', error)
  const text = String(message)
  if (text.includes(METHOD_UNKNOWN) || NO_RPC_METHOD.test(text))
    return new LedgerError(
      METHOD_UNKNOWN,
      'the ledger runs an older version than the Worker. Repeat: a deploy reaches it within five minutes',
      error,
    )
  // An object that runs the version before restarts with the new one while the deploy spreads.
  if (text.includes(NEWER))
    return new LedgerError(
      NEWER,
      'a newer version of the Worker has written the ledger. Deploy that version again; during a deploy, repeat',
      error,
    )
  if (retryable === true)
    return new LedgerError('LEDGER_UNAVAILABLE', 'the ledger could not be reached. Repeat in a moment', error)
  return undefined
}
