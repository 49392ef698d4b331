import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import chromium from '@sparticuz/chromium'

/**
 * The Chromium that comes with the dependencies. It unpacks itself into the folder for temporary files, and takes whatever
 * `chromium` it finds there, of whatever version: it is given a folder that `npm ci` empties.
 */
export async function chromiumPath(): Promise<string> {
  const { TMPDIR } = process.env
  process.env.TMPDIR = join(import.meta.dirname, '../node_modules/.cache/chromium')
  mkdirSync(process.env.TMPDIR, { recursive: true })
  try {
    return await chromium.executablePath()
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
  }
}
