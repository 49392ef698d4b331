import { labelled } from '../labelled.ts'
import { boundedText } from './format.ts'

/** A line of a chart. */
export interface ChartSeries {
  readonly label: string
  readonly tone: 'good' | 'bad' | 'open'
  /** A value for each time; null where there is none. */
  readonly values: readonly (number | null)[]
  /** The latest value may be higher, as the legend says. */
  readonly isAtLeast?: boolean
}

interface ChartProps {
  readonly title: string
  /** Milliseconds since 1970, in rising order. */
  readonly times: readonly number[]
  readonly series: readonly ChartSeries[]
  readonly format: (value: number) => string
  /** Returns the top of the scale for the highest value. Default: 1, 2 or 5 times a power of ten. */
  readonly topOf?: (value: number) => number
}

const WIDTH = 600
const HEIGHT = 140

/**
 * Draws lines over time. They differ in their dashes too, for those who do not tell the colours apart. The legend has the latest values
 * as text.
 */
export function Chart({ title, times, series, format, topOf = ceiling }: ChartProps) {
  const max = topOf(Math.max(0, ...series.flatMap(({ values }) => values.map(value => value ?? 0))))
  const [first = 0] = times
  const last = times.at(-1) ?? first
  const x = (time: number): number => (last === first ? WIDTH : ((time - first) / (last - first)) * WIDTH)
  const y = (value: number): number => HEIGHT - (value / max) * HEIGHT
  const latest = series.map(({ label, values, isAtLeast = false }) => {
    const value = values.at(-1) ?? null
    return `${label} ${value === null ? '–' : boundedText(value, format, isAtLeast)}`
  })
  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3>
        <ul class="legend">
          {series.map(({ tone, label }, at) => (
            <li key={label} class={tone}>
              <svg viewBox="0 0 24 4" aria-hidden="true">
                <line x1="0" y1="2" x2="24" y2="2" class={`line-${at}`} />
              </svg>
              {latest[at]}
            </li>
          ))}
        </ul>
      </figcaption>
      <div class="plot">
        <span class="axis dim" aria-hidden="true">
          <span>{format(max)}</span>
          <span>{format(max / 2)}</span>
          <span>{format(0)}</span>
        </span>
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={labelled(title, latest.join(', '))}
        >
          {[0, 0.5, 1].map(part => (
            <line key={part} class="grid" x1="0" x2={WIDTH} y1={part * HEIGHT} y2={part * HEIGHT} />
          ))}
          {series.map(({ label, tone, values }, at) => (
            <path key={label} class={`${tone} line-${at}`} d={pathOf(times, values, x, y)} />
          ))}
        </svg>
      </div>
      <p class="times dim" aria-hidden="true">
        <span>{timeOf(first)}</span>
        <span>{timeOf(last)}</span>
      </p>
    </figure>
  )
}

/** Writes the path of a line, which is interrupted where there is no value. A single value is a dot. */
export function pathOf(
  times: readonly number[],
  values: readonly (number | null)[],
  x: (time: number) => number,
  y: (value: number) => number,
): string {
  let isDrawing = false
  const parts = values.map((value, at) => {
    if (value === null) {
      isDrawing = false
      return ''
    }
    const place = `${round(x(times[at]!))} ${round(y(value))}`
    const part = isDrawing ? `L${place}` : `M${place}h0`
    isDrawing = true
    return part
  })
  return parts.join('')
}

const round = (value: number): number => Math.round(value * 10) / 10

/** Returns the next value that reads well: 1, 2 or 5 times a power of ten. */
export function ceiling(value: number): number {
  if (!(value > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return power * [1, 2, 5, 10].find(factor => factor * power >= value)!
}

const timeOf = (at: number): string =>
  at === 0 ? '' : new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
