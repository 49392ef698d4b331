import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What an example prints, run as a user runs it in the clone: on the built package, by its name. */
export async function printed(name: string): Promise<string> {
  const { stdout } = await run(process.execPath, [join('examples/flows', `${name}.ts`)])
  return stdout
}
