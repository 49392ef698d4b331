/** Marks a text as a snapshot of a simulator. */
const FORM = 'wechatpay-edge simulator'
/** Version of the snapshot. Raise it when the form, the name of a map or the values in a map change. */
const VERSION = 2

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
  /** Serializes all maps as JSON. */
  snapshot(): string
}

/**
 * @param saved text from {@link State.snapshot}
 * @throws {StateError} `NOT_A_SNAPSHOT`, `OTHER_VERSION`
 */
export function createState(saved?: string): State {
  let changes = 0
  const countChange = (): void => {
    changes++
  }
  const maps = new Map<string, Map<string, unknown>>()
  if (saved !== undefined)
    for (const [name, entries] of readSnapshot(saved)) maps.set(name, new WatchedMap(entries, countChange))
  return {
    map<T>(name: string) {
      const map = maps.get(name) ?? new WatchedMap([], countChange)
      maps.set(name, map)
      return map as Map<string, T>
    },
    get changes() {
      return changes
    },
    snapshot: () => writeSnapshot([...maps].map(([name, map]) => [name, [...map]])),
  }
}

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
  'merchant',
  'platform-public-key',
  'platform-certificates',
  'bank-key',
]

/**
 * Returns the part of a snapshot that holds the keys. A simulator restored from it has these keys and no records.
 *
 * @param snapshot text from {@link State.snapshot}
 * @throws {StateError}
 */
export const keysInSnapshot = (snapshot: string): string =>
  writeSnapshot(readSnapshot(snapshot).filter(([name]) => KEY_MAPS.includes(name)))

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

/** A `Map` that reports every change. */
class WatchedMap<T> extends Map<string, T> {
  readonly #onChange: () => void

  constructor(entries: Iterable<[string, T]>, onChange: () => void) {
    super()
    for (const [name, value] of entries) super.set(name, value)
    this.#onChange = onChange
  }

  override set(name: string, value: T): this {
    this.#onChange()
    return super.set(name, value)
  }

  override delete(name: string): boolean {
    this.#onChange()
    return super.delete(name)
  }

  override clear(): void {
    this.#onChange()
    super.clear()
  }
}
