import { join } from 'node:path'
import type { PlatformMode, Simulator } from '../../simulator/index.ts'
import { keysInSnapshot } from '../../simulator/state/state.ts'
import { readFileIfExists } from '../file.ts'

/** File with the keys of the folder's merchant for the next run. The merchant platform has no such file. */
export const KEYS_FILE = 'keys.json'

/** The merchant that the keys belong to, and the mode of its platform keys. */
export interface KeysOwner {
  readonly mchid: string
  readonly appid: string
  readonly platform: PlatformMode
}

/** Serializes the keys of a simulator. */
export function serializeKeys(made: Simulator): string {
  const { merchant, certificates } = made
  const { mchid, appid } = merchant
  const hasCertificates = Object.keys(certificates).length > 0
  const hasPublicKey = Object.keys(merchant.platformKeys).length > 0
  const platform: PlatformMode = hasCertificates ? (hasPublicKey ? 'both' : 'certificate') : 'public-key'
  return JSON.stringify({ mchid, appid, platform, state: JSON.parse(keysInSnapshot(made.snapshot())) })
}

/**
 * Reads the keys that an earlier run saved in a folder.
 *
 * @returns a state to continue from; undefined if there is none, or the keys belong to another merchant
 */
export async function readKeys(folder: string, owner: KeysOwner): Promise<string | undefined> {
  const text = (await readFileIfExists(join(folder, KEYS_FILE)))?.toString()
  const kept = text === undefined ? undefined : parse(text)
  const isOwner = kept && (Object.keys(owner) as (keyof KeysOwner)[]).every(name => kept[name] === owner[name])
  return isOwner ? JSON.stringify(kept.state) : undefined
}

/** Parses the file; undefined if it is not JSON, which `writeFolder` then reports. */
function parse(text: string): (Partial<KeysOwner> & { state?: unknown }) | undefined {
  try {
    return Object(JSON.parse(text))
  } catch {
    return undefined
  }
}
