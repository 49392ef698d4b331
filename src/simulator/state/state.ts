/** What a state file bears, so that nothing else is taken for one; another number once its form changes. */
const FORM = 'wechatpay-edge simulator'
const VERSION = 1

/** Why a snapshot is refused. */
export type StateErrorReason = 'NOT_A_SNAPSHOT' | 'OTHER_VERSION' | 'OTHER_SIMULATOR'

/** What was given as `state` cannot be gone on from. */
export class StateError extends Error {
  override readonly name: string = 'StateError'
  readonly reason: StateErrorReason

  constructor(reason: StateErrorReason, why: string, cause?: unknown) {
    super(`No state of the simulator to go on from: ${why}.`, cause === undefined ? undefined : { cause })
    this.reason = reason
  }
}

/** What the simulator remembers, in named maps of plain JSON values, so that all of it can be written down and read back. */
export interface State {
  /** A map of this name; the same one whenever it is asked for. Its values are plain JSON: replaced, never changed. */
  map<T>(name: string): Map<string, T>
  /** Grows with whatever is set or deleted in any map: where it has not, there is nothing new to save. */
  readonly changes: number
  /** All maps as one JSON text. */
  snapshot(): string
}

/**
 * @param saved what {@link State.snapshot} gave
 * @throws {StateError} `NOT_A_SNAPSHOT`, `OTHER_VERSION`
 */
export function createState(saved?: string): State {
  let changes = 0
  const change = (): void => {
    changes++
  }
  const maps = new Map<string, Map<string, unknown>>()
  if (saved !== undefined)
    for (const [name, entries] of readSnapshot(saved)) maps.set(name, new WatchedMap(entries, change))
  return {
    map<T>(name: string) {
      const known = maps.get(name) ?? new WatchedMap([], change)
      maps.set(name, known)
      return known as Map<string, T>
    },
    get changes() {
      return changes
    },
    // Lists of entries: an object would put the names that look like numbers first.
    snapshot: () =>
      JSON.stringify({ form: FORM, version: VERSION, maps: [...maps].map(([name, map]) => [name, [...map]]) }),
  }
}

/** Adds entries whose names a map lacks: a state of an earlier version may not have all of them. */
export function addMissing<T>(
  map: Map<string, T>,
  entries: Iterable<readonly [name: string, value: T]>,
): Map<string, T> {
  for (const [name, value] of entries) if (!map.has(name)) map.set(name, value)
  return map
}

/** The maps that hold keys, certificates and whom they were issued to. */
const KEY_MAPS: readonly string[] = [
  'authority',
  'merchant',
  'platform-public-key',
  'platform-certificates',
  'bank-key',
]

/**
 * Returns the part of a snapshot that holds the keys: a simulator that goes on from it has these, and nothing else.
 *
 * @param snapshot what {@link State.snapshot} gave
 * @throws {StateError}
 */
export function keysInSnapshot(snapshot: string): string {
  const maps = readSnapshot(snapshot).filter(([name]) => KEY_MAPS.includes(name))
  return JSON.stringify({ form: FORM, version: VERSION, maps })
}

type Entries = [name: string, value: unknown][]

function readSnapshot(saved: string): [name: string, entries: Entries][] {
  let read: unknown
  try {
    read = JSON.parse(saved)
  } catch (cause) {
    throw new StateError('NOT_A_SNAPSHOT', 'not JSON, or cut short', cause)
  }
  const { form, version, maps } = Object(read) as { form?: unknown; version?: unknown; maps?: unknown }
  if (form !== FORM) throw new StateError('NOT_A_SNAPSHOT', 'JSON, but not what snapshot() gives')
  if (version !== VERSION)
    throw new StateError(
      'OTHER_VERSION',
      `its form has version ${JSON.stringify(version)}, this simulator reads ${VERSION}`,
    )
  if (!areEntries(maps) || !maps.every(([, entries]) => areEntries(entries)))
    throw new StateError('NOT_A_SNAPSHOT', 'its maps are no lists of entries')
  return maps as [string, Entries][]
}

const areEntries = (list: unknown): list is Entries =>
  Array.isArray(list) && list.every(entry => Array.isArray(entry) && entry.length === 2 && typeof entry[0] === 'string')

/** A `Map` that tells of every change. */
class WatchedMap<T> extends Map<string, T> {
  readonly #changed: () => void

  constructor(entries: Iterable<[string, T]>, changed: () => void) {
    super()
    for (const [name, value] of entries) super.set(name, value)
    this.#changed = changed
  }

  override set(name: string, value: T): this {
    this.#changed()
    return super.set(name, value)
  }

  override delete(name: string): boolean {
    this.#changed()
    return super.delete(name)
  }

  override clear(): void {
    this.#changed()
    super.clear()
  }
}
