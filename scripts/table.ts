/** Formats rows in a box, wrapping long lines to the width of their column. */
export function table(
  columns: readonly { title: string; width: number }[],
  rows: readonly (readonly string[])[],
): string {
  const rule = (left: string, middle: string, right: string) =>
    left + columns.map(({ width }) => '─'.repeat(width + 2)).join(middle) + right
  const line = (cells: readonly string[]) =>
    `│${columns.map(({ width }, at) => ` ${pad(cells[at] ?? '', width)} `).join('│')}│`
  const block = (cells: readonly string[]) => {
    const broken = cells.map((cell, at) => cell.split('\n').flatMap(text => breakAt(text, columns[at]!.width)))
    const height = Math.max(...broken.map(({ length }) => length))
    return Array.from({ length: height }, (_, at) => line(broken.map(lines => lines[at] ?? ''))).join('\n')
  }
  return [
    rule('┌', '┬', '┐'),
    block(columns.map(({ title }) => title)),
    ...rows.flatMap(row => [rule('├', '┼', '┤'), block(row)]),
    rule('└', '┴', '┘'),
  ].join('\n')
}

/** Counts terminal columns; Chinese characters take two. */
const widthOf = (text: string): number =>
  Array.from(text).reduce(
    (width, character) =>
      width +
      (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/.test(character)
        ? 2
        : 1),
    0,
  )

const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)))

function breakAt(text: string, width: number): string[] {
  const lines = ['']
  for (const character of text) {
    if (widthOf(lines.at(-1)! + character) > width) lines.push('')
    lines[lines.length - 1] += character
  }
  return lines
}
