import { parser } from '@prometheus-io/lezer-promql'
import { METRICS, type MetricName } from '../../src/gateway/metrics/metrics.ts'

type Node = ReturnType<typeof parser.parse>['topNode']

/** The labels that Prometheus adds to a target. */
const TARGET_LABELS = ['job', 'instance', 'pod', 'le']
const FOREIGN_METRICS = ['up']
/** Aggregations of the equal values that processes with one ledger report. */
const IDEMPOTENT = ['max', 'min']

/**
 * Lists what is wrong with an expression of PromQL: its syntax, a metric, a label or an outcome that `/metrics` does not have, a
 * metric of the ledger that is added up over processes.
 */
export function promqlProblems(expression: string): string[] {
  const text = expression.replaceAll('$__rate_interval', '5m')
  const problems: string[] = []
  parser.parse(text).iterate({
    enter({ type, node, from, to }) {
      if (type.isError) problems.push(`syntax at ${from} of ${expression}`)
      if (type.name === 'VectorSelector') problems.push(...selectorProblems(node, text))
      if (type.name === 'GroupingLabels')
        for (const label of text.slice(from, to).match(/\w+/g) ?? [])
          if (!isKnownLabel(label)) problems.push(`unknown label ${label}`)
    },
  })
  return problems
}

const isKnownLabel = (label: string): boolean =>
  TARGET_LABELS.includes(label) || Object.values(METRICS).some(({ labels }) => labels.some(known => known === label))

function selectorProblems(selector: Node, text: string): string[] {
  const name = textOf(selector.getChild('Identifier'), text)
  if (FOREIGN_METRICS.includes(name)) return []
  const metric = metricOf(name)
  if (!metric) return [`unknown metric ${name}`]
  const { scope, labels, help } = METRICS[metric]
  const problems: string[] = []
  for (const [, label, pattern] of textOf(selector, text).matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"/g)) {
    if (![...labels, ...TARGET_LABELS].some(known => known === label)) problems.push(`${name} has no label ${label}`)
    if (label === 'outcome' && help.includes('outcome: ') && !help.includes('error code'))
      for (const outcome of pattern!.split('|'))
        if (!new RegExp(`[ ,]${outcome}[,.]`).test(help)) problems.push(`${name} has no outcome ${outcome}`)
  }
  const aggregation = innermostAggregation(selector, text)
  if (scope === 'ledger' && !IDEMPOTENT.includes(aggregation)) problems.push(`${name} is added up over processes`)
  return problems
}

/** Returns the metric of a series' name: those of a histogram have a suffix, and no other has. */
function metricOf(name: string): MetricName | undefined {
  const base = name.replace(/_(?:bucket|sum|count)$/, '')
  const isHistogram = Object.hasOwn(METRICS, base) && METRICS[base as MetricName].type === 'histogram'
  if (isHistogram) return base === name ? undefined : (base as MetricName)
  return Object.hasOwn(METRICS, name) ? (name as MetricName) : undefined
}

function innermostAggregation(node: Node, text: string): string {
  for (let parent = node.parent; parent; parent = parent.parent)
    if (parent.name === 'AggregateExpr') return textOf(parent.getChild('AggregateOp'), text)
  return ''
}

const textOf = (node: Node | null, text: string): string => (node ? text.slice(node.from, node.to) : '')
