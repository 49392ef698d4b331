import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import chromium from '@sparticuz/chromium'

/** Emptied by `npm ci`, so that the browser in it is always that of the lock file. */
const FOLDER = join(import.meta.dirname, '../node_modules/.cache/chromium')

/** Where the Chromium that comes with the dependencies is, once `chromiumPath` has unpacked it. */
export const CHROMIUM: string = join(FOLDER, 'chromium')

/**
 * Unpacks the Chromium that comes with the dependencies, unless that has been done.
 *
 * @returns the path of its executable
 */
export async function chromiumPath(): Promise<string> {
  if (existsSync(CHROMIUM)) return CHROMIUM
  // Renamed as a whole, because test files that run at the same time unpack at the same time.
  await mkdir(join(FOLDER, '..'), { recursive: true })
  const folder = await mkdtemp(`${FOLDER}-`)
  const { TMPDIR } = process.env
  process.env.TMPDIR = folder
  try {
    await chromium.executablePath()
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
  }
  try {
    await rename(folder, FOLDER)
  } catch (error) {
    await rm(folder, { recursive: true })
    if (!existsSync(CHROMIUM)) throw error
  }
  return CHROMIUM
}
