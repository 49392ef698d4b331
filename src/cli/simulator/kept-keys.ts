import { join } from 'node:path'
import type { PlatformMode, Simulator } from '../../simulator/index.ts'
import { keysInSnapshot } from '../../simulator/state/state.ts'
import { CommandError } from '../command.ts'
import type { MerchantFolder } from './folder.ts'
import { KEYS_FILE } from './keys-ahead.ts'
import { APPID, BRAND_ID, MCHID, MODES } from './settings.ts'

/** The merchant that keys belong to, and how they were made. */
export interface KeysOwner {
  readonly mchid: string
  readonly appid: string
  /** The brand, if there is one. */
  readonly brandId?: string | undefined
  /** The mode of its platform keys. */
  readonly platform: PlatformMode
  /** The seed that they were made from, if they were made from one. */
  readonly seed?: string | undefined
}

/** The keys that an earlier run saved in a folder. */
export interface KeptKeys extends KeysOwner {
  /** A state to continue from, which has the keys and nothing else. */
  readonly state: string
}

/** Serializes the keys of a simulator. */
export function serializeKeys(simulator: Simulator, seed: string | undefined): string {
  const { merchant, brand, certificates } = simulator
  const { mchid, appid } = merchant
  const hasCertificates = Object.keys(certificates).length > 0
  const hasPublicKey = Object.keys(merchant.platformKeys).length > 0
  const platform: PlatformMode = hasCertificates ? (hasPublicKey ? 'both' : 'certificate') : 'public-key'
  const state = JSON.parse(keysInSnapshot(simulator.snapshot()))
  return JSON.stringify({ mchid, appid, brandId: brand?.brandId, platform, seed, state } satisfies KeysOwner & {
    state: unknown
  })
}

/**
 * Reads the keys of a folder; undefined if it has none that the simulator wrote.
 *
 * @throws {CommandError} they are malformed
 */
export async function readKeys(folder: MerchantFolder): Promise<KeptKeys | undefined> {
  const text = await folder.read(KEYS_FILE)
  if (text === undefined) return undefined
  const { mchid, appid, brandId, platform, seed, state } = parseObject(text)
  const isKept =
    MCHID.test(String(mchid)) &&
    APPID.test(String(appid)) &&
    (brandId === undefined || BRAND_ID.test(String(brandId))) &&
    MODES.includes(String(platform)) &&
    (seed === undefined || typeof seed === 'string')
  if (!isKept) throw new CommandError(`${join(folder.path, KEYS_FILE)} is malformed. Remove it.`)
  return { mchid, appid, brandId, platform, seed, state: JSON.stringify(state) } as KeptKeys
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}

/**
 * Requires that a folder's keys belong to the merchant who is asked for, because its files are about to be replaced.
 *
 * @throws {CommandError} they belong to another merchant
 */
export function requireOwner(
  { path }: MerchantFolder,
  { mchid, appid, brandId }: KeysOwner,
  asked: { readonly [Name in 'mchid' | 'appid' | 'brandId']?: string | undefined },
): void {
  if (brandId !== undefined && (asked.brandId ?? brandId) !== brandId)
    throw new CommandError(
      `${path} has the keys of brand ${brandId}, not of ${asked.brandId}. Choose another --folder, or replace its keys with --force.`,
    )
  if ((asked.mchid ?? mchid) === mchid && (asked.appid ?? appid) === appid) return
  throw new CommandError(
    `${path} has the keys of merchant ${mchid} with appid ${appid}, not of ${asked.mchid ?? mchid} with ${asked.appid ?? appid}. Choose another --folder, or replace its keys with --force.`,
  )
}

/** Returns whether a simulator has all the keys of a folder. It may have further ones, such as a certificate of a rotation. */
export function hasKeysOf(simulator: Simulator, kept: KeptKeys): boolean {
  const present = entriesOf(keysInSnapshot(simulator.snapshot()))
  return [...entriesOf(kept.state)].every(([name, value]) => present.get(name) === value)
}

/** Returns the entries of a snapshot as JSON, by the names of their map and of themselves. */
function entriesOf(snapshot: string): Map<string, string> {
  const { maps } = JSON.parse(snapshot) as { maps: [map: string, entries: [name: string, value: unknown][]][] }
  // The permissions of a merchant may change, and are no keys.
  const keyMaps = maps.filter(([map]) => map !== 'merchants')
  return new Map(
    keyMaps.flatMap(([map, entries]) =>
      entries.map(([name, value]): [string, string] => [JSON.stringify([map, name]), JSON.stringify(value)]),
    ),
  )
}
