import { createFailures } from './failures.ts'
import { createJournal } from './http/journal.ts'
import { createInstance, type InstanceDependencies } from './instance.ts'
import type { KeyPair } from './keys/key-pair.ts'
import { refuseMisspelled, type SimulatorOptions, withFirstMerchant } from './options.ts'
import { createReplaceable, type ForkSource } from './replaceable.ts'
import type { Simulator } from './simulator.ts'
import { StateError } from './state/state.ts'
import { createObservers } from './timeline/record.ts'

/**
 * Creates a simulated WeChat Pay with its own keys, certificates and accounts, and one merchant or several. It verifies the signature of
 * every request, signs its responses, keeps orders and refunds in memory, sends notifications, and refuses with the
 * documented errors.
 *
 * The simulated clock keeps its distance to the real one until `advance()` moves it. Work that is due starts with the next
 * request or method call; only `settled()` and `advance()` wait until notifications have been delivered.
 *
 * @example
 * ```ts
 * const simulator = await createSimulator()
 * const wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch })
 * ```
 * @throws {StateError} `state` cannot be continued from
 * @throws {TypeError} the name of an option is misspelled, or a merchant is wrong
 */
export const createSimulator = (options: SimulatorOptions = {}): Promise<Simulator> =>
  createSimulatorFromKeys([], options)

/**
 * Creates a simulator as {@link createSimulator} does.
 *
 * @param keyPairs key pairs of `crypto` that are being generated already. They become the first keys that it would generate
 */
export async function createSimulatorFromKeys(
  keyPairs: readonly Promise<KeyPair>[],
  options: SimulatorOptions,
): Promise<Simulator> {
  refuseMisspelled(options)
  const complete = withFirstMerchant(options)
  const failures = createFailures(options.onError)
  const dependencies: InstanceDependencies = {
    journal: createJournal(failures.isolate(options.onExchange)),
    observers: createObservers(failures),
    failures,
  }
  try {
    const unused = [...keyPairs]
    const create = (state: string | undefined) => createInstance({ ...complete, state }, dependencies, unused)
    const fork = ({ name, state, identity }: ForkSource): Promise<Simulator> => {
      const { merchants: _, seed, ...same } = complete
      return createSimulator({ ...same, ...identity, state, ...(seed !== undefined && { seed: `${seed}/${name}` }) })
    }
    return await createReplaceable(create, options.state, dependencies, fork)
  } catch (error) {
    if (options.state === undefined || error instanceof StateError) throw error
    throw new StateError('NOT_A_SNAPSHOT', 'it is damaged; pass what snapshot() returned', error)
  }
}
