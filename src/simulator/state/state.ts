/** Marks a text as a snapshot of a simulator. */
const FORM = 'wechatpay-edge simulator'
/** Version of the snapshot. Raise it when the form, the name of a map or the values in a map change; a test compares their types. */
const VERSION = 6

/** Reason why a state cannot be restored. */
export type StateErrorReason = 'NOT_A_SNAPSHOT' | 'OTHER_VERSION' | 'OTHER_SIMULATOR'

/** The option `state` cannot be restored. */
export class StateError extends Error {
  override readonly name: string = 'StateError'
  readonly reason: StateErrorReason

  constructor(reason: StateErrorReason, explanation: string, cause?: unknown) {
    super(`The state cannot be restored: ${explanation}.`, cause === undefined ? undefined : { cause })
    this.reason = reason
  }
}

/** Everything that the simulator remembers: named maps of plain JSON values, so that it can be saved and restored. */
export interface State {
  /** Returns the map of a name, the same one at each call. Its values are plain JSON, and are replaced instead of changed. */
  map<T>(name: string): Map<string, T>
  /** Counts the changes of all maps: while it stays the same, there is nothing new to save. */
  readonly changes: number
  /**
   * Runs a function, and adds each change that it makes before it returns to a list. Of several changes of one entry, the list has
   * one, from the first value to the last.
   */
  recordChanges<T>(changes: StateChange[], run: () => T): T
  /** Serializes all maps as JSON. */
  snapshot(): string
}

/** A change of an entry of a map. */
export interface StateChange {
  /** Name of the map. */
  readonly map: string
  readonly key: string
  /** Absent if the entry is new. */
  readonly before?: unknown
  /** Absent if the entry was deleted. */
  readonly after?: unknown
}

/**
 * @param saved text from {@link State.snapshot}
 * @throws {StateError} `NOT_A_SNAPSHOT`, `OTHER_VERSION`
 */
export function createState(saved?: string): State {
  let changes = 0
  let recorded: StateChange[] | undefined
  const watcherOf =
    (map: string): OnChange =>
    (key, before, after) => {
      changes++
      if (recorded) addChange(recorded, { map, key, before, after })
    }
  const maps = new Map<string, Map<string, unknown>>()
  if (saved !== undefined)
    for (const [name, entries] of readSnapshot(saved)) maps.set(name, new WatchedMap(entries, watcherOf(name)))
  return {
    map<T>(name: string) {
      const map = maps.get(name) ?? new WatchedMap([], watcherOf(name))
      maps.set(name, map)
      return map as Map<string, T>
    },
    get changes() {
      return changes
    },
    recordChanges(list, run) {
      const outer = recorded
      recorded = list
      try {
        return run()
      } finally {
        recorded = outer
      }
    },
    snapshot: () => writeSnapshot([...maps].map(([name, map]) => [name, [...map]])),
  }
}

function addChange(changes: StateChange[], change: StateChange): void {
  const at = changes.findIndex(({ map, key }) => map === change.map && key === change.key)
  if (at < 0) changes.push(change)
  else changes[at] = { ...change, before: changes[at]!.before }
}

/** Maps that all merchants share: each merchant's money is in the same accounts, and moves by the same clock. */
const SHARED_MAPS: readonly string[] = ['funds', 'closings', 'deposits']

/** Returns the part of a state that belongs to one of several merchants: its maps have a prefix, unless all merchants share them. */
export const scopeState = (state: State, scope: string): State => ({
  map: name => state.map(SHARED_MAPS.includes(name) ? name : `${scope}/${name}`),
  get changes() {
    return state.changes
  },
  recordChanges: state.recordChanges,
  snapshot: state.snapshot,
})

/** Returns the name of a map without the scope that {@link scopeState} has put before it. */
export const baseName = (map: string): string => map.slice(map.lastIndexOf('/') + 1)

/** Adds the entries whose names a map does not have. */
export function addMissing<T>(
  map: Map<string, T>,
  entries: Iterable<readonly [name: string, value: T]>,
): Map<string, T> {
  for (const [name, value] of entries) if (!map.has(name)) map.set(name, value)
  return map
}

/** Maps that hold keys, certificates and the merchant that they were issued to. */
const KEY_MAPS: readonly string[] = [
  'authority',
  'merchants',
  'merchant',
  'platform-public-key',
  'platform-certificates',
  'bank-key',
  'brand',
  'brand-platform-public-key',
]

/**
 * Returns the part of a snapshot that holds the keys. A simulator restored from it has these keys and no records.
 *
 * @param snapshot text from {@link State.snapshot}
 * @throws {StateError}
 */
export const keysInSnapshot = (snapshot: string): string =>
  writeSnapshot(readSnapshot(snapshot).filter(([name]) => isKeyMap(name)))

const isKeyMap = (name: string): boolean => KEY_MAPS.includes(baseName(name))

/**
 * Returns a snapshot to which the keys of the merchants have been added that another one has and it does not.
 *
 * @param snapshot text from {@link State.snapshot}
 * @param later text from {@link State.snapshot}, of the same simulator with more merchants
 */
export function addMerchantsOf(snapshot: string, later: string): string {
  const maps = readSnapshot(snapshot)
  const present = new Set(maps.map(([name]) => name))
  const isAdded = (name: string): boolean =>
    name === 'merchants' || (isKeyMap(name) && name.includes('/') && !present.has(name))
  const added = readSnapshot(later).filter(([name]) => isAdded(name))
  return writeSnapshot([...maps.filter(([name]) => name !== 'merchants'), ...added])
}

/** Returns a snapshot in which a map has other entries. */
export const replaceMap = (snapshot: string, name: string, entries: Iterable<readonly [string, unknown]>): string =>
  writeSnapshot([
    ...readSnapshot(snapshot).filter(([other]) => other !== name),
    [name, Array.from(entries, ([key, value]): [string, unknown] => [key, value])],
  ])

type Entries = [name: string, value: unknown][]
type NamedEntries = [name: string, entries: Entries]

/** Writes maps as lists of entries, because an object would put names that look like numbers first. */
const writeSnapshot = (maps: readonly NamedEntries[]): string => JSON.stringify({ form: FORM, version: VERSION, maps })

function readSnapshot(saved: string): NamedEntries[] {
  let snapshot: unknown
  try {
    snapshot = JSON.parse(saved)
  } catch (cause) {
    throw new StateError('NOT_A_SNAPSHOT', 'it is not JSON, or was cut short; pass what snapshot() returned', cause)
  }
  const { form, version, maps } = Object(snapshot) as Record<'form' | 'version' | 'maps', unknown>
  if (form !== FORM)
    throw new StateError('NOT_A_SNAPSHOT', 'it is JSON, but no snapshot of a simulator; pass what snapshot() returned')
  if (version !== VERSION)
    throw new StateError(
      'OTHER_VERSION',
      `its "version" is ${JSON.stringify(version)}, and this simulator reads only ${VERSION}; start without it, or use the release that wrote it`,
    )
  if (!areEntries(maps) || !maps.every(([, entries]) => areEntries(entries)))
    throw new StateError('NOT_A_SNAPSHOT', 'its "maps" are not lists of entries; pass what snapshot() returned')
  return maps as NamedEntries[]
}

const areEntries = (list: unknown): list is Entries =>
  Array.isArray(list) && list.every(entry => Array.isArray(entry) && entry.length === 2 && typeof entry[0] === 'string')

type OnChange = (key: string, before: unknown, after: unknown) => void

/** A `Map` that reports every change. */
class WatchedMap<T> extends Map<string, T> {
  readonly #onChange: OnChange

  constructor(entries: Iterable<[string, T]>, onChange: OnChange) {
    super()
    for (const [name, value] of entries) super.set(name, value)
    this.#onChange = onChange
  }

  override set(name: string, value: T): this {
    this.#onChange(name, this.get(name), value)
    return super.set(name, value)
  }

  override delete(name: string): boolean {
    this.#onChange(name, this.get(name), undefined)
    return super.delete(name)
  }

  override clear(): void {
    for (const [name, value] of this) this.#onChange(name, value, undefined)
    super.clear()
  }
}
