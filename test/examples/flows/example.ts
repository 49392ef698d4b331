import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Runs an example as a user does in the clone, on the built package by its name, and returns the lines that it prints. */
export async function printed(name: string): Promise<string> {
  const { stdout } = await run(process.execPath, [join('examples/flows', `${name}.ts`)])
  return stdout
}
