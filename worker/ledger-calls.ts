import type { CallCounts } from '../src/gateway/store/counts.ts'
import type { Ledger } from '../src/gateway/store/ledger.ts'
import { LedgerError, type LedgerErrorCode } from '../src/gateway/store/ledger-error.ts'
import { remoteLedger } from '../src/gateway/store/remote-ledger.ts'
import { createCallId } from '../src/gateway/store/repetitions.ts'
import { type Layout, LayoutChangedError } from '../src/gateway/store/shards/layout.ts'
import type { DurableObjectNamespace } from './bindings.ts'
import { type CallArguments, type LayoutRefusal, type LedgerRpc, METHOD_UNKNOWN } from './ledger-rpc.ts'
import { DEFAULT_LOCATION, type LocationHint } from './location.ts'
import { shareCalls } from './shared-calls.ts'

/**
 * Upper bounds of the pauses before each repetition of a call, ms; the lower bound is half of that. WeChat Pay waits 5 s for the
 * response to a notification.
 */
const PAUSES = [100, 300, 900]

/** A repetition would add to the load, or needs somebody to end an import first. */
const NOT_REPEATED: ReadonlySet<LedgerErrorCode> = new Set(['LEDGER_OVERLOADED', 'LEDGER_INCOMPLETE'])

/** A call to a ledger's Durable Object: the arguments of `carryOut`. */
export interface ObjectCall {
  readonly method: Parameters<LedgerRpc['carryOut']>[0]
  readonly args: readonly unknown[]
  readonly counts?: CallCounts | undefined
  readonly layout?: Layout | undefined
}

/** A Durable Object of a ledger. */
export interface ObjectPlace {
  readonly name: string
  /** The region in which it is created. */
  readonly location?: LocationHint | undefined
}

/** A call with its id, which it keeps at each repetition, so that it is carried out once. */
export interface IdentifiedCall extends ObjectCall {
  readonly id: string
}

export const identify = (call: ObjectCall): IdentifiedCall => ({ ...call, id: createCallId(Date.now()) })

const objectAt = (namespace: DurableObjectNamespace, { name, location = DEFAULT_LOCATION }: ObjectPlace): LedgerRpc =>
  namespace.getByName(name, { locationHint: location })

const argumentsOf = ({ method, args, id, counts, layout }: IdentifiedCall): CallArguments => [
  method,
  args,
  id,
  counts,
  layout,
]

/**
 * Calls the Durable Object of a ledger. Calls are repeated where Cloudflare suggests it (`retryable`): the object was moved, a deploy
 * restarted it, or the connection broke. Calls to an overloaded object, and while an import has not ended, are not repeated. A broken stub
 * cannot be used again, so each repetition gets a new one.
 *
 * @throws {LedgerError} the ledger has not responded
 * @throws {LayoutChangedError} the ledger has seen a later layout than that of the call
 * @see https://developers.cloudflare.com/durable-objects/best-practices/error-handling/
 */
export async function callObject(
  namespace: DurableObjectNamespace,
  place: ObjectPlace,
  call: IdentifiedCall,
): Promise<unknown> {
  for (let attempt = 0; ; attempt++) {
    try {
      return acceptedOf(await objectAt(namespace, place).carryOut(...argumentsOf(call)))
    } catch (error) {
      const ledgerError = ledgerErrorOf(error)
      const pause = PAUSES[attempt]
      if (pause === undefined || ledgerError === undefined || NOT_REPEATED.has(ledgerError.code))
        throw ledgerError ?? error
      // The jitter keeps callers that a restart has disconnected from returning all at once.
      await new Promise(resolve => setTimeout(resolve, pause * (1 - Math.random() / 2)))
    }
  }
}

/**
 * Creates a function that calls the Durable Object of a ledger as {@link callObject} does, together with the calls of other requests that
 * arrive at the same time. If calls fail together, each is repeated alone.
 */
export function shareObjectCalls(
  namespace: DurableObjectNamespace,
  place: ObjectPlace,
): (call: IdentifiedCall) => Promise<unknown> {
  const share = shareCalls<IdentifiedCall>({
    alone: call => callObject(namespace, place, call),
    async together(calls) {
      try {
        return await objectAt(namespace, place).carryOutAll(calls.map(argumentsOf))
      } catch (error) {
        const ledgerError = ledgerErrorOf(error)
        if (ledgerError?.code === 'LEDGER_OVERLOADED') throw ledgerError
        return []
      }
    },
  })
  return async call => acceptedOf(await share(call))
}

/** @throws {LayoutChangedError} the object has refused the call */
function acceptedOf(result: unknown): unknown {
  const { layoutChanged } = Object(result) as Partial<LayoutRefusal>
  if (layoutChanged) throw new LayoutChangedError(layoutChanged)
  return result
}

/** Returns a function that gives the ledger of a name, in one Durable Object. */
export const ledgerOf =
  (namespace: DurableObjectNamespace, location?: LocationHint) =>
  (name: string): Ledger =>
    remoteLedger(
      (method, args, counts) => callObject(namespace, { name, location }, identify({ method, args, counts })),
      { keepsCounts: true },
    )

/** Matches the runtime's error for an RPC method that the version of the Durable Object does not have. */
const NO_RPC_METHOD = /does not implement (?:the method )?"/
const NEWER = 'LEDGER_NEWER'
const INCOMPLETE = 'LEDGER_INCOMPLETE'

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
      'a newer version of the Worker has written the ledger, which this one can at most read: nothing was recorded. Deploy that version again; during a deploy, repeat the call',
      error,
    )
  if (text.includes(INCOMPLETE))
    return new LedgerError(
      INCOMPLETE,
      'an import into the ledger has not ended: nothing was recorded. Set LEDGER_IMPORT_TOKEN again, deploy, and run the same wechatpay-edge ledger import, which continues it',
      error,
    )
  if (retryable === true)
    return new LedgerError('LEDGER_UNAVAILABLE', 'the ledger could not be reached. Repeat in a moment', error)
  return undefined
}
