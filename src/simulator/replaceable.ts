import { delegate } from './delegate.ts'
import type { Instance, InstanceDependencies } from './instance.ts'
import type { MerchantView } from './merchants/merchant-view.ts'
import { ParameterRangeError } from './parameter-error.ts'
import type { Simulator } from './simulator.ts'
import { addMerchantsOf, keysInSnapshot } from './state/state.ts'

/** Maximum number of saved states, which stay in memory. */
const MAX_SAVED = 100

/** The parts of a simulator that another one starts from. */
export interface ForkSource extends Pick<Instance, 'identity'> {
  readonly name: string
  /** A state with the keys, and without records. */
  readonly state: string
}

/** Creates a simulator that returns to an earlier state by replacing its instance. */
export async function createReplaceable(
  create: (state: string | undefined) => Promise<Instance>,
  firstState: string | undefined,
  { journal, observers, failures }: InstanceDependencies,
  fork: (source: ForkSource) => Promise<Simulator>,
): Promise<Simulator> {
  let current = await create(firstState)
  let start = current.simulator.snapshot()
  const saved = new Map<string, string>()
  /** Changes of the replaced instances. */
  let earlierChanges = 0
  const replace = async (state: string): Promise<void> => {
    const replaced = current
    replaced.scheduler.stop()
    try {
      current = await create(replaced.continueNumbers(state))
    } catch (error) {
      replaced.scheduler.resume()
      throw error
    }
    earlierChanges += replaced.simulator.changes + 1
    journal.clear()
    failures.take()
    current.scheduler.resume()
  }
  /** Of the replacements and the additions of merchants. */
  let lastChange: Promise<unknown> = Promise.resolve()
  /** Replaces one instance after the other, so that none is left running. */
  const returnTo = (state: string, name: string, ...parameters: readonly unknown[]): Promise<void> => {
    const replaced = lastChange
      .then(() => replace(state))
      .then(() => observers.report({ kind: 'action', at: current.simulator.now(), name, parameters, changes: [] }))
    lastChange = replaced.catch(() => {})
    return replaced
  }
  const as = (mchid: string): MerchantView => ({
    ...delegate(() => current.simulator.as(mchid)),
    get certificates() {
      return current.simulator.as(mchid).certificates
    },
    get keySwitch() {
      return current.simulator.as(mchid).keySwitch
    },
  })
  return {
    ...delegate(() => current.simulator),
    as,
    addMerchant(options) {
      const added = lastChange.then(async () => {
        await current.simulator.addMerchant(options)
        start = addMerchantsOf(start, current.simulator.snapshot())
        return as(options.mchid)
      })
      lastChange = added.catch(() => {})
      return added
    },
    get merchants() {
      return current.simulator.merchants
    },
    journal: journal.entries,
    get certificates() {
      return current.simulator.certificates
    },
    get keySwitch() {
      return current.simulator.keySwitch
    },
    get notifications() {
      return current.simulator.notifications
    },
    get changes() {
      return earlierChanges + current.simulator.changes
    },
    notify: delegate(() => current.simulator.notify),
    faults: delegate(() => current.simulator.faults),
    observe: observers.add,
    fork: name => fork({ name, state: keysInSnapshot(current.simulator.snapshot()), identity: current.identity }),
    reset: () => returnTo(start, 'reset'),
    savedStates: () => [...saved.keys()],
    save(name) {
      if (saved.size >= MAX_SAVED && !saved.has(name))
        throw new ParameterRangeError(`${MAX_SAVED} states are saved; save under the name of one of them.`)
      saved.set(name, current.simulator.snapshot())
    },
    async restore(name) {
      const state = saved.get(name)
      if (state === undefined)
        throw new ParameterRangeError(`No state is saved under the name ${JSON.stringify(name)}.`)
      await returnTo(state, 'restore', name)
    },
  }
}
