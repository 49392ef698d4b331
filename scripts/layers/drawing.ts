import { isBelow, ROOMS, type Room } from './table.ts'

const [BEGIN, END] = ['<!-- drawn by `npm run graph` from scripts/layers/table.ts -->', '<!-- end of the drawing -->']

/** Inserts the drawing of the layers between its two marks in a document. */
export function withDrawing(document: string, rooms: readonly Room[] = ROOMS): string {
  const [head, rest] = document.split(BEGIN)
  const [, tail] = rest?.split(END) ?? []
  if (head === undefined || tail === undefined) throw new Error(`the document lacks the marks ${BEGIN} and ${END}`)
  return `${head}${BEGIN}\n\n${mermaid(rooms)}\n\n${markdownTable(rooms)}\n\n${END}${tail}`
}

/**
 * Draws the rooms as nodes, with the core in a frame, and an arrow for each allowed import that no longer path implies.
 */
function mermaid(rooms: readonly Room[]): string {
  const groupOf = ({ name }: Room): string | undefined => /^(.+)\//.exec(name)?.[1]
  const node = ({ name }: Room): string => `  ${idOf(name)}[${name.split('/').at(-1)}]`
  const groups = new Set(rooms.map(groupOf))
  const nodes = [...groups].flatMap(group => {
    const members = rooms.filter(room => groupOf(room) === group).map(node)
    return group === undefined ? members : [`  subgraph ${group}`, ...members.map(line => `  ${line}`), '  end']
  })
  const arrows = rooms.flatMap(({ name, rooms: below }) => {
    const direct = below.filter(room => !below.some(between => between !== room && leadsTo(rooms, between, room)))
    return direct.length > 0 ? [`  ${idOf(name)} --> ${direct.map(idOf).join(' & ')}`] : []
  })
  return ['```mermaid', 'flowchart TD', ...nodes, ...arrows, '```'].join('\n')
}

const leadsTo = (rooms: readonly Room[], from: string, to: string): boolean =>
  isBelow(from, to) ||
  rooms.some(({ name, rooms: below }) => isBelow(from, name) && below.some(room => leadsTo(rooms, room, to)))

const idOf = (name: string): string => name.replace('/', '_')

function markdownTable(rooms: readonly Room[]): string {
  const list = (texts: readonly string[]): string => texts.join(', ') || '–'
  const code = (texts: readonly string[]): string[] => texts.map(text => `\`${text}\``)
  return [
    '| room | files | imports rooms | imports packages |',
    '| --- | --- | --- | --- |',
    ...rooms.map(
      ({ name, paths, rooms: below, packages }) =>
        `| ${name} | ${list(code(shortened(paths)))} | ${list(below)} | ${list(code(packages))} |`,
    ),
  ].join('\n')
}

/** Shortens several files of a folder: `src/core/{bytes,errors}.ts`. */
function shortened(paths: readonly string[]): readonly string[] {
  const names = paths.map(path => /^src\/core\/([\w-]+)\.ts$/.exec(path)?.[1])
  return names.length > 1 && names.every(Boolean) ? [`src/core/{${names.join(',')}}.ts`] : paths
}
