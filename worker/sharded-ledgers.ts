import type { Log } from '../src/gateway/index.ts'
import type { Ledger } from '../src/gateway/store/ledger.ts'
import { sizeOf } from '../src/gateway/store/shards/layout.ts'
import type { Shard } from '../src/gateway/store/shards/shard.ts'
import { shardedLedger } from '../src/gateway/store/shards/sharded-ledger.ts'
import type { DurableObjectNamespace } from './bindings.ts'
import { callObject, identify, shareObjectCalls } from './ledger-calls.ts'
import type { LocationHint } from './location.ts'

/** Returns the name of the Durable Object of a shard. Shard 0 is the object that the ledger had before it was sharded. */
export const objectName = (ledger: string, shard: number): string => (shard === 0 ? ledger : `${ledger}#${shard}`)

/**
 * Returns a function that gives the ledger of a name, in as many Durable Objects as it has. It gives the same ledger whenever the name is
 * asked for, which remembers its layout: only the first call of an isolate may be refused and repeated because of it.
 *
 * @param sizeOfLedger returns the number of objects that a ledger is to have
 */
export function shardedLedgers(
  namespace: DurableObjectNamespace,
  {
    location,
    sizeOfLedger,
    log,
  }: {
    readonly location?: LocationHint
    readonly sizeOfLedger: (name: string) => number
    readonly log: Pick<Log, 'warn'>
  },
): (name: string) => Ledger {
  const ledgers = new Map<string, Ledger>()
  const createShard = (name: string): Shard => {
    const place = { name, location }
    const callShared = shareObjectCalls(namespace, place)
    return {
      carryOut(method, args, layout, counts) {
        const call = identify({ method, args, counts, layout })
        return method === 'recordEvent' ? callShared(call) : callObject(namespace, place, call)
      },
    }
  }
  const shardOf = (name: string): ((index: number) => Shard) => {
    const shards = new Map<number, Shard>()
    return index => {
      const shard = shards.get(index) ?? createShard(objectName(name, index))
      shards.set(index, shard)
      return shard
    }
  }
  const open = (name: string): Ledger => {
    const size = sizeOfLedger(name)
    return shardedLedger({
      size,
      shardOf: shardOf(name),
      onFailure: ({ shard, method, error }) =>
        log.warn('ledger failed', { detail: `${objectName(name, shard)}: ${method}`, reason: error }),
      onLayout(layout) {
        if (sizeOf(layout) > size)
          log.warn('ledger keeps its objects', {
            detail: `LEDGER_SHARDS is ${size} for ${name}, which has ${sizeOf(layout)} objects: they cannot become fewer`,
          })
      },
    })
  }
  return name => {
    const ledger = ledgers.get(name) ?? open(name)
    ledgers.set(name, ledger)
    return ledger
  }
}
