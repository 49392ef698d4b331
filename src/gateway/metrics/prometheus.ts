import { BUCKETS, METRICS } from './metrics.ts'

/** The sum of a counter, or the value of a gauge. */
export interface Row {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/**
 * Writes counters and gauges in Prometheus' text format 0.0.4, in the order of {@link METRICS}, each after its help and type. A
 * histogram is composed of its `_sum` and its `_bucket` rows, whose counts are made cumulative. Rows of the same series are added up;
 * metrics that are not in the table are left out.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 * @example
 * ```ts
 * new Response(writePrometheus(rows), { headers: { 'Content-Type': PROMETHEUS_TYPE } })
 * ```
 */
export function writePrometheus(rows: readonly Row[]): string {
  return Object.entries(METRICS)
    .map(([name, { type, help }]) => {
      const lines = (type === 'histogram' ? histogram : plain)(name, rows)
      return lines.length === 0 ? '' : `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n${lines.join('')}`
    })
    .join('')
}

type Lines = (name: string, rows: readonly Row[]) => string[]

const plain: Lines = (name, rows) => seriesOf(name, rows).map(({ labels, value }) => sample(name, labels, value))

const histogram: Lines = (name, rows) => {
  const sums = seriesOf(`${name}_sum`, rows)
  const parts = seriesOf(`${name}_bucket`, rows)
  const bare = parts.map(({ labels: { le: _, ...labels } }) => ({ name, labels, value: 0 }))
  return seriesOf(name, bare).flatMap(({ labels }) => {
    const key = keyOf(labels)
    const own = parts.filter(({ labels: { le: _, ...rest } }) => keyOf(rest) === key)
    // Compares bounds, so that rows of an earlier release with other bounds are counted too.
    const below = (bound: number) =>
      own.filter(({ labels: { le } }) => boundOf(le) <= bound).reduce((sum, { value }) => sum + value, 0)
    const count = below(Number.POSITIVE_INFINITY)
    return [
      ...BUCKETS.map(bound => sample(`${name}_bucket`, { ...labels, le: String(bound) }, below(bound))),
      sample(`${name}_bucket`, { ...labels, le: '+Inf' }, count),
      sample(`${name}_sum`, labels, sums.find(sum => keyOf(sum.labels) === key)?.value ?? 0),
      sample(`${name}_count`, labels, count),
    ]
  })
}

const boundOf = (le = '+Inf'): number => (le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le))

/** Lists the series of a metric, each once, in a stable order. */
function seriesOf(name: string, rows: readonly Row[]): Row[] {
  const series = new Map<string, Row>()
  for (const row of rows) {
    if (row.name !== name) continue
    const key = keyOf(row.labels)
    series.set(key, { ...row, value: (series.get(key)?.value ?? 0) + row.value })
  }
  return [...series].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}

const keyOf = (labels: Row['labels']): string => JSON.stringify(Object.entries(labels).sort())

function sample(name: string, labels: Row['labels'], value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text).replaceAll('"', '\\"')}"`)
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${textOf(value)}\n`
}

/** Escapes backslashes and line feeds, as help texts require. The values of labels require escaped quotes too. */
const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')

/** Formats a number as Go does: `+Inf`, `-Inf`, `NaN`. */
const textOf = (value: number): string =>
  Math.abs(value) === Number.POSITIVE_INFINITY ? `${value < 0 ? '-' : '+'}Inf` : String(value)
