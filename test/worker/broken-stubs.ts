import { evictDurableObject } from 'cloudflare:test'
import type { DurableObjectNamespace } from '../../worker/bindings.ts'

/** How a call to a Durable Object fails, as Cloudflare's runtime lets it. */
export type Failure =
  /** It was not reached. */
  | 'unreached'
  /** It has carried the call out, and was restarted before the answer arrived: what it had in memory is gone. */
  | 'answer-lost'
  | 'overloaded'
  /** It runs an older version of the class, which has no such RPC method. */
  | 'old'

const ERRORS: Readonly<Record<Failure, () => Error>> = {
  unreached: () => Object.assign(new Error('Network connection lost.'), { retryable: true }),
  'answer-lost': () =>
    Object.assign(new Error('Durable Object reset because its code was updated.'), { retryable: true }),
  // Cloudflare may say both.
  overloaded: () => Object.assign(new Error('Durable Object is overloaded.'), { overloaded: true, retryable: true }),
  old: () => new TypeError('The RPC receiver does not implement the method "carryOut".'),
}

/** A call that was made, to the object of that name. */
export interface StubCall {
  readonly name: string
  readonly method: string
  readonly locationHint: string | undefined
}

/**
 * Durable Objects whose stubs break: real ones, before whose calls, or behind them, something fails. A stub that has broken
 * fails ever after, as a real one does.
 *
 * @param failureOf is asked for each call: how it fails. `attempt` counts the calls of that method in a row, from 0
 */
export function breakable(
  namespace: DurableObjectNamespace,
  failureOf: (method: string, attempt: number) => Failure | undefined,
): { namespace: DurableObjectNamespace; calls: StubCall[] } {
  const calls: StubCall[] = []
  const attempts = new Map<string, number>()
  return {
    calls,
    namespace: {
      getByName(name, options) {
        const stub = namespace.getByName(name, options)
        let isBroken = false
        async function call<T>(method: string, given: unknown, carryOut: () => Promise<T>): Promise<T> {
          if (isBroken) throw new Error('This stub has broken.')
          calls.push({ name, method, locationHint: options?.locationHint })
          const key = `${name} ${method} ${JSON.stringify(given)}`
          const attempt = attempts.get(key) ?? 0
          const failure = failureOf(method, attempt)
          attempts.set(key, failure ? attempt + 1 : 0)
          if (failure) isBroken = true
          if (failure && failure !== 'answer-lost') throw ERRORS[failure]()
          const result = await carryOut()
          if (!failure) return result
          await evictDurableObject(stub)
          throw ERRORS[failure]()
        }
        return {
          carryOut: (...given) => call(given[0], given[1], () => stub.carryOut(...given)),
          carryOutAll: given => call('carryOutAll', given, () => stub.carryOutAll(given)),
        }
      },
    },
  }
}
