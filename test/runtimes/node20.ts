import { execFile } from 'node:child_process'
import { realpath } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Finds a Node 20 on this machine, which the project does not bring.
 *
 * @returns its path; undefined, and a line that says so, when there is none
 */
export async function findNode20(): Promise<string | undefined> {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin']
  for (const folder of folders.filter(folder => folder && !folder.includes('node_modules'))) {
    const path = await realpath(join(folder, 'node')).catch(() => undefined)
    const version = path && (await run(path, ['--version']).catch(() => undefined))?.stdout
    if (version?.startsWith('v20.')) return path
  }
  console.warn('No Node 20 on this machine: what is to run on it is skipped.')
  return undefined
}
