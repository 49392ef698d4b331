import type { CounterRow } from '../ledger/counts.ts'
import { METRICS } from './metrics.ts'

/**
 * Writes counters and gauges as Prometheus reads them, a family behind its help, in the order of {@link METRICS}.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function writePrometheus(rows: readonly CounterRow[]): string {
  const families = Object.entries(METRICS).map(([name, { type, help }]) => {
    const samples = rows.filter(row => familyOf(row.name) === name).sort(inOrder)
    if (samples.length === 0) return ''
    return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n${samples.map(sampleOf).join('')}`
  })
  return families.join('')
}

export const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

const familyOf = (name: string): string =>
  Object.hasOwn(METRICS, name) ? name : name.replace(/_(?:bucket|sum|count)$/, '')

/** The buckets of one histogram stand together, by their bounds, before its sum and its count. */
function inOrder(one: CounterRow, other: CounterRow): number {
  const [left, right] = [one, other].map(({ labels: { le: _, ...labels } }) => JSON.stringify(labels)) as [
    string,
    string,
  ]
  if (left !== right) return left < right ? -1 : 1
  if (one.name !== other.name) return rank(one.name) - rank(other.name)
  return Number(one.labels.le?.replace('+Inf', 'Infinity')) - Number(other.labels.le?.replace('+Inf', 'Infinity'))
}

const rank = (name: string): number => ['_bucket', '_sum', '_count'].findIndex(part => name.endsWith(part))

function sampleOf({ name, labels, value }: CounterRow): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`)
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}\n`
}

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"')
