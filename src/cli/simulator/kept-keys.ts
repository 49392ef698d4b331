import { join } from 'node:path'
import type { PlatformMode, Simulator } from '../../simulator/index.ts'
import { keysInSnapshot } from '../../simulator/state/state.ts'
import { readIfThere } from '../file.ts'

/** The keys of a folder's merchant, for the next run; a merchant downloads no such file. */
export const KEYS_FILE = 'keys.json'

/** Whose the keys are. */
export interface KeyOwner {
  readonly mchid: string
  readonly appid: string
  readonly platform: PlatformMode
}

/** Writes down the keys of a simulator that has just been made. */
export function keptKeys(made: Simulator): string {
  const { merchant, certificates } = made
  const { mchid, appid } = merchant
  const hasCertificates = Object.keys(certificates).length > 0
  const hasPublicKey = Object.keys(merchant.platformKeys).length > 0
  const platform: PlatformMode = hasCertificates ? (hasPublicKey ? 'both' : 'certificate') : 'public-key'
  return JSON.stringify({ mchid, appid, platform, state: JSON.parse(keysInSnapshot(made.snapshot())) })
}

/**
 * Reads the keys that an earlier run has left in a folder.
 *
 * @returns a state to go on from; undefined where there is none, or they are another merchant's
 */
export async function readKeys(folder: string, owner: KeyOwner): Promise<string | undefined> {
  const text = (await readIfThere(join(folder, KEYS_FILE)))?.toString()
  const kept = text === undefined ? undefined : parse(text)
  const isOwner = kept && (Object.keys(owner) as (keyof KeyOwner)[]).every(name => kept[name] === owner[name])
  return isOwner ? JSON.stringify(kept.state) : undefined
}

/** What is no JSON is not the simulator's: writing the folder finds that out. */
function parse(text: string): (Partial<KeyOwner> & { state?: unknown }) | undefined {
  try {
    return Object(JSON.parse(text))
  } catch {
    return undefined
  }
}
