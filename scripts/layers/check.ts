import { posix } from 'node:path'
import { importsOf } from './imports.ts'
import { ROOMS, type Room } from './table.ts'

const isBelow = (folder: string, path: string): boolean => path === folder || path.startsWith(`${folder}/`)
const roomOf = (rooms: readonly Room[], file: string): Room | undefined =>
  rooms.find(({ paths }) => paths.some(path => isBelow(path, file)))
const fits = (pattern: string, specifier: string): boolean =>
  pattern.endsWith('*') ? specifier.startsWith(pattern.slice(0, -1)) : specifier === pattern

/**
 * Compares what files import with the table of layers, in both directions.
 *
 * @param sources the files' texts by their paths from the root of the repository
 * @returns what is wrong, where, and what to do, a line each
 */
export function violationsOf(sources: Readonly<Record<string, string>>, rooms: readonly Room[] = ROOMS): string[] {
  const violations: string[] = []
  const used = new Set<string>()
  for (const [file, text] of Object.entries(sources)) {
    const room = roomOf(rooms, file)
    if (room === undefined) {
      violations.push(`${file}: belongs to no room; add it to scripts/layers/table.ts`)
      continue
    }
    for (const { line, specifier } of importsOf(file, text)) {
      const problem =
        specifier === undefined
          ? 'computes what it imports, which cannot be checked; write the specifier as a literal'
          : problemOf(room, file, specifier)
      if (problem !== undefined) violations.push(`${file}:${line}: ${problem}`)
    }
  }
  return [...violations, ...rooms.flatMap((room, at) => rowProblems(room, rooms.slice(at + 1)))]

  function problemOf(room: Room, file: string, specifier: string): string | undefined {
    const isFile = specifier.startsWith('.')
    const target = isFile ? roomOf(rooms, posix.join(posix.dirname(file), specifier)) : undefined
    if (target === room) return undefined
    const allowed = isFile
      ? room.rooms.find(name => target && isBelow(name, target.name))
      : room.packages.find(pattern => fits(pattern, specifier))
    if (allowed !== undefined) {
      used.add(`${room.name} ${allowed}`)
      return undefined
    }
    const what = target ? `${specifier} of ${target.name}` : specifier
    const all = [...room.rooms, ...room.packages]
    return `imports ${what}; ${room.name} may import ${all.length > 0 ? all.join(', ') : 'nothing'} (scripts/layers/table.ts)`
  }

  function rowProblems({ name, rooms: allowed, packages }: Room, below: readonly Room[]): string[] {
    const where = `scripts/layers/table.ts: ${name}`
    return [
      ...allowed
        .filter(one => !below.some(room => isBelow(one, room.name)))
        .map(one => `${where} allows ${one}, which is no room below it; a room imports only rooms further down`),
      ...[...allowed, ...packages]
        .filter(one => !used.has(`${name} ${one}`))
        .map(one => `${where} allows ${one}, which none of its files imports; remove it from the row`),
    ]
  }
}
