/** A line of a chart, with a value per step of the axis. */
export interface Line {
  readonly label: string
  readonly color: string
  readonly values: readonly number[]
}

export interface ChartOptions {
  readonly title: string
  readonly unit: string
  /** Minutes of the first value, and from one value to the next. */
  readonly from: number
  readonly step: number
  readonly lines: readonly Line[]
  /** A span of minutes that is shaded. */
  readonly shaded?: readonly [from: number, to: number]
}

const [WIDTH, HEIGHT] = [760, 300]
const MARGIN = { left: 64, right: 16, top: 56, bottom: 40 }
const PLOT = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom }
const FONT = 'font-family="system-ui, sans-serif" font-size="12"'

/** Draws a chart as SVG with a background of its own, so that it is readable on a dark page too. */
export function drawChart({ title, unit, from, step, lines, shaded }: ChartOptions): string {
  const count = Math.max(...lines.map(({ values }) => values.length))
  const to = from + (count - 1) * step
  const top = niceTop(Math.max(...lines.flatMap(({ values }) => values)))
  const x = (minute: number) => round(MARGIN.left + ((minute - from) / (to - from)) * PLOT.width)
  const y = (value: number) => round(MARGIN.top + PLOT.height - (value / top) * PLOT.height)
  const parts = [
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${MARGIN.left}" y="20" ${FONT} font-weight="600" fill="#1f2328">${title}</text>`,
    ...(shaded
      ? [
          `<rect x="${x(shaded[0])}" y="${MARGIN.top}" width="${round(x(shaded[1]) - x(shaded[0]))}" height="${PLOT.height}" fill="#fbe3e4"/>`,
        ]
      : []),
    ...[0, 0.25, 0.5, 0.75, 1].flatMap(part => [
      `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(top * part)}" y2="${y(top * part)}" stroke="#d8dee4"/>`,
      `<text x="${MARGIN.left - 8}" y="${y(top * part) + 4}" ${FONT} text-anchor="end" fill="#59636e">${short(top * part)}</text>`,
    ]),
    ...minutes(from, to).map(
      minute =>
        `<text x="${x(minute)}" y="${HEIGHT - 20}" ${FONT} text-anchor="middle" fill="#59636e">${minute}</text>`,
    ),
    `<text x="${WIDTH - MARGIN.right}" y="${HEIGHT - 4}" ${FONT} text-anchor="end" fill="#59636e">min</text>`,
    ...lines.flatMap(({ label, color, values }, at) => [
      `<polyline fill="none" stroke="${color}" stroke-width="1.8" points="${values.map((value, index) => `${x(from + index * step)},${y(value)}`).join(' ')}"/>`,
      `<rect x="${MARGIN.left + at * 190}" y="32" width="14" height="4" fill="${color}"/>`,
      `<text x="${MARGIN.left + at * 190 + 20}" y="38" ${FONT} fill="#1f2328">${label}</text>`,
    ]),
    `<text x="${WIDTH - MARGIN.right}" y="20" ${FONT} text-anchor="end" fill="#59636e">${unit}</text>`,
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${title}">
${parts.join('\n')}
</svg>
`
}

const round = (value: number): number => Math.round(value * 10) / 10

/** Returns the smallest number of one, two, four or five and zeros that is not below a value. */
function niceTop(value: number): number {
  if (value <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 4, 5, 8, 10].map(digit => digit * power).find(candidate => candidate >= value)!
}

const UNITS: readonly [number, string][] = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
]

function short(value: number): string {
  const [size, letter] = UNITS.find(([size]) => value >= size) ?? [1, '']
  return `${Number((value / size).toPrecision(3))}${letter}`
}

function minutes(from: number, to: number): number[] {
  const first = Math.ceil(from / 10) * 10
  return Array.from({ length: Math.floor((to - first) / 10) + 1 }, (_, at) => first + at * 10)
}
