import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { METRICS } from '../../src/gateway/metrics/metrics.ts'
import { promqlProblems } from './promql.ts'

interface Panel {
  id: number
  type: string
  title: string
  gridPos: { x: number; y: number; w: number; h: number }
  targets?: { expr: string }[]
}
const dashboard = JSON.parse(readFileSync('deploy/grafana/dashboards/wechatpay-edge.json', 'utf8'))
const panels: Panel[] = dashboard.panels
const { groups } = parse(readFileSync('deploy/prometheus/alerts.yaml', 'utf8'))
const rules: { alert: string; expr: string; labels: object; annotations: { summary: string } }[] = groups.flatMap(
  ({ rules }: { rules: object[] }) => rules,
)
const expressions = [
  ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
]

it.each(expressions)('%s: its expression has only metrics, labels and outcomes of /metrics', (_, expr) => {
  expect(promqlProblems(expr)).toEqual([])
})

describe('an expression is refused', () => {
  it.each([
    ['syntax', 'sum by (outcome'],
    ['unknown metric', 'max(wechatpay_edge_calls)'],
    ['unknown metric', 'wechatpay_edge_call_duration_seconds'],
    ['unknown metric', 'max(wechatpay_edge_calls_total_bucket)'],
    ['has no label endpoint', 'max(wechatpay_edge_calls_total{endpoint="shop"})'],
    ['has no outcome lost', 'max(wechatpay_edge_deliveries_total{outcome=~"dead|lost"})'],
    ['unknown label merchant', 'max by (merchant) (wechatpay_edge_deliveries_dead)'],
    ['added up over processes', 'sum(rate(wechatpay_edge_calls_total[5m]))'],
    ['added up over processes', 'wechatpay_edge_deliveries_dead > 0'],
  ])('%s: %s', (problem, expr) => {
    expect(promqlProblems(expr).join()).toContain(problem)
  })
})

it('the dashboard shows every metric', () => {
  const shown = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)).join()
  expect(Object.keys(METRICS).filter(name => !shown.includes(name))).toEqual([])
})

it('the panels of the dashboard have their own ids, fit into 24 columns, and do not overlap', () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  const cells = new Set<string>()
  for (const { title, gridPos } of panels)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(x, title).toBeLessThan(24)
        expect(cells.has(`${x}/${y}`), title).toBe(false)
        cells.add(`${x}/${y}`)
      }
})

it('the alerts have their own names, a severity and a summary, and name only labels that their expression keeps', () => {
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length)
  for (const { alert, labels, annotations, expr } of rules) {
    expect(labels, alert).toEqual({ severity: expect.stringMatching(/^(?:critical|warning)$/) })
    const named = [
      ...Object.values(annotations)
        .join()
        .matchAll(/\$labels\.(\w+)/g),
    ].map(([, label]) => label!)
    const [, by] = /^\s*(?:sum|count) by \(([^)]*)\)/.exec(expr) ?? []
    if (by) expect(by.split(', '), alert).toEqual(expect.arrayContaining(named))
  }
})

it('a notification that is dropped because too many arrive, which anybody can cause, warns, and says when that is harmless', () => {
  const busy = rules.filter(({ expr }) => /outcome=~?"[^"]*\bbusy\b/.test(expr))
  expect(busy).toEqual([
    expect.objectContaining({
      labels: { severity: 'warning' },
      annotations: expect.objectContaining({ description: expect.stringMatching(/^Harmless while .* If /) }),
    }),
  ])
})
