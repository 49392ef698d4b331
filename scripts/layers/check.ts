import { posix } from 'node:path'
import { importsOf } from './imports.ts'
import { isBelow, ROOMS, type Room } from './table.ts'

const roomOf = (rooms: readonly Room[], file: string): Room | undefined =>
  rooms.find(({ paths }) => paths.some(path => isBelow(path, file)))
const matches = (pattern: string, specifier: string): boolean =>
  pattern.endsWith('*') ? specifier.startsWith(pattern.slice(0, -1)) : specifier === pattern

/**
 * Compares imports with the table of layers, in both directions.
 *
 * @param sources texts by file path from the root of the repository
 * @returns one line per problem: place, problem and remedy
 */
export function violationsOf(sources: Readonly<Record<string, string>>, rooms: readonly Room[] = ROOMS): string[] {
  const violations: string[] = []
  const used = new Set<string>()
  for (const [file, text] of Object.entries(sources)) {
    const room = roomOf(rooms, file)
    if (room === undefined) {
      violations.push(`${file}: does not belong to a room; add it to scripts/layers/table.ts`)
      continue
    }
    for (const { line, specifier } of importsOf(file, text)) {
      const problem =
        specifier === undefined
          ? 'computes the specifier of an import, which cannot be checked; use a literal'
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
      : room.packages.find(pattern => matches(pattern, specifier))
    if (allowed !== undefined) {
      used.add(`${room.name} ${allowed}`)
      return undefined
    }
    const imported = target ? `${specifier} of ${target.name}` : specifier
    const all = [...room.rooms, ...room.packages]
    return `imports ${imported}; ${room.name} may import ${all.length > 0 ? all.join(', ') : 'nothing'} (scripts/layers/table.ts)`
  }

  function rowProblems({ name, rooms: allowed, packages }: Room, below: readonly Room[]): string[] {
    const where = `scripts/layers/table.ts: ${name}`
    return [
      ...allowed
        .filter(allowedRoom => !below.some(room => isBelow(allowedRoom, room.name)))
        .map(
          allowedRoom =>
            `${where} allows ${allowedRoom}, which is not a room below it; a room may import only rooms below it`,
        ),
      ...[...allowed, ...packages]
        .filter(target => !used.has(`${name} ${target}`))
        .map(target => `${where} allows ${target}, which none of its files imports; remove it from the row`),
    ]
  }
}
