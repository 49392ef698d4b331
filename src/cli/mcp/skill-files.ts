import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Reads a folder of skills, which is inside the executable where the program is a single file. */
export function readSkillFiles(folder: string): Record<string, string> {
  const readBelow = (path: string): [name: string, text: string][] =>
    readdirSync(join(folder, path), { withFileTypes: true }).flatMap(entry => {
      const below = path === '' ? entry.name : `${path}/${entry.name}`
      if (entry.isDirectory()) return readBelow(below)
      return entry.isFile() ? [[below, readFileSync(join(folder, below), 'utf8')]] : []
    })
  return Object.fromEntries(readBelow(''))
}
