import { join } from 'node:path'
import type { PlatformMode, Simulator } from '../../simulator/index.ts'
import { keysInSnapshot } from '../../simulator/state/state.ts'
import { CommandError } from '../command.ts'
import { readFileIfExists } from '../file.ts'

/** File with the keys of the folder's merchant for the next run. The merchant platform offers no such file. */
export const KEYS_FILE = 'keys.json'

/** The merchant that keys belong to, and the mode of its platform keys. */
export interface KeysOwner {
  readonly mchid: string
  readonly appid: string
  readonly platform: PlatformMode
}

/** The keys that an earlier run saved in a folder. */
export interface KeptKeys extends KeysOwner {
  /** A state to continue from, which has the keys and nothing else. */
  readonly state: string
}

/** Serializes the keys of a simulator. */
export function serializeKeys(simulator: Simulator): string {
  const { merchant, certificates } = simulator
  const { mchid, appid } = merchant
  const hasCertificates = Object.keys(certificates).length > 0
  const hasPublicKey = Object.keys(merchant.platformKeys).length > 0
  const platform: PlatformMode = hasCertificates ? (hasPublicKey ? 'both' : 'certificate') : 'public-key'
  return JSON.stringify({ mchid, appid, platform, state: JSON.parse(keysInSnapshot(simulator.snapshot())) })
}

/** Reads the keys of a folder; undefined if it has none. */
export async function readKeys(folder: string): Promise<KeptKeys | undefined> {
  const text = (await readFileIfExists(join(folder, KEYS_FILE)))?.toString()
  const kept = text === undefined ? undefined : parse(text)
  return kept?.mchid && kept.appid && kept.platform
    ? { ...(kept as KeysOwner), state: JSON.stringify(kept.state) }
    : undefined
}

/**
 * Requires that a folder's keys belong to the merchant who is asked for, because its files are about to be replaced.
 *
 * @throws {CommandError} they belong to another merchant
 */
export function requireOwner(
  folder: string,
  { mchid, appid }: KeysOwner,
  asked: { readonly [Name in 'mchid' | 'appid']?: string | undefined },
): void {
  if ((asked.mchid ?? mchid) === mchid && (asked.appid ?? appid) === appid) return
  throw new CommandError(
    `${folder} has the keys of merchant ${mchid} with appid ${appid}, not of ${asked.mchid ?? mchid} with ${asked.appid ?? appid}. Choose another --folder, or replace its keys with --force.`,
  )
}

/** Parses the file; returns undefined if it is not JSON, which `writeFolder` then reports. */
function parse(text: string): (Partial<KeysOwner> & { state?: unknown }) | undefined {
  try {
    return Object(JSON.parse(text))
  } catch {
    return undefined
  }
}
