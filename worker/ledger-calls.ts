import type { Ledger } from '../src/gateway/store/ledger.ts'
import { LedgerError } from '../src/gateway/store/ledger-error.ts'
import { remoteLedger } from '../src/gateway/store/remote-ledger.ts'
import { createCallId } from '../src/gateway/store/repetitions.ts'
import type { DurableObjectNamespace } from './bindings.ts'
import { METHOD_UNKNOWN } from './ledger-rpc.ts'
import { DEFAULT_LOCATION, type LocationHint } from './location.ts'

/**
 * Upper bounds of the pauses before each repetition of a call, ms; the lower bound is half of that. WeChat Pay waits 5 s for the
 * response to a notification.
 */
const PAUSES = [100, 300, 900]

/**
 * Returns a function that gives the ledger of a name, in a Durable Object. Calls are repeated where Cloudflare suggests it
 * (`retryable`): the object was moved, a deploy restarted it, or the connection broke. Calls to an overloaded object are not
 * repeated. A call keeps its id at each repetition, so it is carried out once. A broken stub cannot be used again, so each
 * repetition gets a new one.
 *
 * @param location the region in which ledgers are created
 * @throws {LedgerError} from the ledger's methods, if the ledger has not responded
 * @see https://developers.cloudflare.com/durable-objects/best-practices/error-handling/
 */
export const ledgerOf =
  (namespace: DurableObjectNamespace, location: LocationHint = DEFAULT_LOCATION) =>
  (name: string): Ledger =>
    remoteLedger(
      async (method, args, counts) => {
        const id = createCallId(Date.now())
        for (let attempt = 0; ; attempt++) {
          try {
            return await namespace.getByName(name, { locationHint: location }).carryOut(method, args, id, counts)
          } catch (error) {
            const ledgerError = ledgerErrorOf(error)
            const pause = PAUSES[attempt]
            if (pause === undefined || ledgerError === undefined || ledgerError.code === 'LEDGER_OVERLOADED')
              throw ledgerError ?? error
            // The jitter keeps callers that a restart has disconnected from returning all at once.
            await new Promise(resolve => setTimeout(resolve, pause * (1 - Math.random() / 2)))
          }
        }
      },
      { keepsCounts: true },
    )

/** Matches the runtime's error for an RPC method that the version of the Durable Object does not have. */
const NO_RPC_METHOD = /does not implement (?:the method )?"/
const NEWER = 'LEDGER_NEWER'

/** @returns undefined for an error of the ledger itself, which a repetition would cause again */
function ledgerErrorOf(error: unknown): LedgerError | undefined {
  const { overloaded, retryable, message } = Object(error) as Record<string, unknown>
  if (overloaded === true) return new LedgerError('LEDGER_OVERLOADED', 'the ledger is overloaded. Repeat later', error)
  const text = String(message)
  if (text.includes(METHOD_UNKNOWN) || NO_RPC_METHOD.test(text))
    return new LedgerError(
      METHOD_UNKNOWN,
      'the ledger runs an older version than the Worker. Repeat the call: a deploy reaches the ledger within five minutes',
      error,
    )
  // Repeated too: an object of the old version restarts with the new one while the deploy spreads.
  if (text.includes(NEWER))
    return new LedgerError(
      NEWER,
      'a newer version of the Worker has written the ledger. Deploy that version again; during a deploy, repeat the call',
      error,
    )
  if (retryable === true)
    return new LedgerError('LEDGER_UNAVAILABLE', 'the ledger could not be reached. Repeat in a moment', error)
  return undefined
}
