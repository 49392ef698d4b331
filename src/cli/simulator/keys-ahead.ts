import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { generateKeyPair, type KeyPair } from '../../simulator/keys/key-pair.ts'
import type { Settings } from './settings.ts'

/** File with the keys of the folder's merchant for the next run. The merchant platform offers no such file. */
export const KEYS_FILE = 'keys.json'

/** Keys of a merchant and of its platform. More would take the threads with which Node reads the modules. */
const COUNT = 2

/**
 * Starts to generate the keys of a simulator that starts without any, while its modules are still to be loaded: on an idle machine, both
 * take about as long.
 *
 * @returns no keys if they come from a seed, from a file, or if none are needed
 */
export function generateKeysAhead({ seed, state, folder, wait }: Settings): readonly Promise<KeyPair>[] {
  const hasKeys = [state, folder && join(folder, KEYS_FILE)].some(file => file !== undefined && existsSync(file))
  if (seed !== undefined || wait !== undefined || hasKeys) return []
  const pairs = Array.from({ length: COUNT }, () => generateKeyPair(crypto))
  // A command that fails before it uses the keys reports its own error.
  for (const pair of pairs) pair.catch(() => {})
  return pairs
}
