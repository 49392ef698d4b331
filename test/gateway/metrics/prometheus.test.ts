import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCounters, type Increment } from '../../../src/gateway/metrics/counters.ts'
import { BUCKETS, METRICS } from '../../../src/gateway/metrics/metrics.ts'
import { writePrometheus } from '../../../src/gateway/metrics/prometheus.ts'

interface Family {
  help: string
  type: string
  samples: { name: string; labels: Record<string, string>; value: number }[]
}

const unescaped = (text: string): string => text.replace(/\\(.)/g, (_, one) => (one === 'n' ? '\n' : one))

/** A value as Go's `strconv.ParseFloat` takes it. */
function float(text: string): number {
  if (/^[+-]?Inf$/.test(text)) return Number(`${text.replace('Inf', 'Infinity')}`)
  if (text === 'NaN') return Number.NaN
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw new Error(`no float: ${text}`)
  return Number(text)
}

/**
 * Reads text format 0.0.4, and is as strict as its description: a line feed ends each line, help and type stand once before a
 * metric's samples, which are one group; a series stands once; a histogram's buckets rise, end with `+Inf`, and that is the count.
 */
function parse(text: string): Map<string, Family> {
  const families = new Map<string, Family>()
  if (text === '') return families
  if (!text.endsWith('\n')) throw new Error('the last line has no line feed')
  const seen = new Set<string>()
  let name = ''
  for (const line of text.slice(0, -1).split('\n')) {
    const help = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) ((?:[^\\]|\\\\|\\n)*)$/.exec(line)
    const type = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)$/.exec(line)
    if (help) {
      name = help[1]!
      if (families.has(name)) throw new Error(`${name} is described twice`)
      families.set(name, { help: unescaped(help[2]!), type: '', samples: [] })
      continue
    }
    const family = families.get(name)
    if (type) {
      if (type[1] !== name || family?.type !== '' || family.samples.length > 0) throw new Error(`misplaced: ${line}`)
      family.type = type[2]!
      continue
    }
    const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\]|\\["\\n])*",?)*)\})? (\S+)$/.exec(line)
    if (!sample || !family?.type) throw new Error(`no line of the format: ${line}`)
    const pairs = [...(sample[2] ?? '').matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\["\\n])*)"/g)]
    const labels = Object.fromEntries(pairs.map(([, label, value]) => [label!, unescaped(value!)]))
    const allowed = family.type === 'histogram' ? ['_bucket', '_sum', '_count'].map(part => name + part) : [name]
    if (!allowed.includes(sample[1]!)) throw new Error(`${sample[1]} is none of ${name}`)
    const series = JSON.stringify([sample[1], Object.entries(labels).sort()])
    if (seen.has(series)) throw new Error(`twice: ${line}`)
    seen.add(series)
    family.samples.push({ name: sample[1]!, labels, value: float(sample[3]!) })
  }
  for (const [name, family] of families) if (family.type === 'histogram') checkHistogram(name, family)
  return families
}

function checkHistogram(name: string, { samples }: Family): void {
  const sets = new Map<string, typeof samples>()
  for (const sample of samples) {
    const { le: _, ...labels } = sample.labels
    const key = JSON.stringify(labels)
    sets.set(key, [...(sets.get(key) ?? []), sample])
  }
  for (const [key, set] of sets) {
    const buckets = set.filter(sample => sample.name === `${name}_bucket`)
    const bounds = buckets.map(({ labels }) => float(labels.le!))
    expect(bounds, key).toEqual([...bounds].sort((one, other) => one - other))
    expect(bounds.at(-1), key).toBe(Number.POSITIVE_INFINITY)
    const counts = buckets.map(({ value }) => value)
    expect(counts, key).toEqual([...counts].sort((one, other) => one - other))
    expect(
      set.slice(buckets.length).map(sample => [sample.name, sample.name.endsWith('_count') && sample.value]),
    ).toEqual([
      [`${name}_sum`, false],
      [`${name}_count`, counts.at(-1)],
    ])
  }
}

const CALLS = 'wechatpay_edge_calls_total'
const SECONDS = 'wechatpay_edge_call_duration_seconds'

test('nothing counted is an empty text', () => {
  expect(writePrometheus([])).toBe('')
})

test('a counter and a gauge, to the letter', () => {
  expect(
    writePrometheus([
      { name: 'wechatpay_edge_watched', labels: { mchid: '1900000109', kind: 'refund' }, value: 0 },
      { name: 'wechatpay_edge_refused_total', labels: { code: 'B' }, value: 2 },
      { name: 'wechatpay_edge_refused_total', labels: { code: 'A"\\\n中' }, value: 1e21 },
      { name: 'of_another_release', labels: {}, value: 1 },
    ]),
  ).toBe(`# HELP wechatpay_edge_refused_total Requests that the gateway itself refused, by code.
# TYPE wechatpay_edge_refused_total counter
wechatpay_edge_refused_total{code="A\\"\\\\\\n中"} 1e+21
wechatpay_edge_refused_total{code="B"} 2
# HELP wechatpay_edge_watched Calls whose final state is unknown, counted up to 10000.
# TYPE wechatpay_edge_watched gauge
wechatpay_edge_watched{mchid="1900000109",kind="refund"} 0
`)
})

test('a histogram, to the letter', () => {
  const row = (part: string, labels: object, value: number) => ({
    name: SECONDS + part,
    labels: { api: 'v3', ...labels },
    value,
  })
  const text = writePrometheus([
    row('_sum', {}, 42.5),
    row('_bucket', { le: '0.1' }, 3),
    row('_bucket', { le: '+Inf' }, 1),
    // Of a release that had this bound.
    row('_bucket', { le: '3' }, 2),
  ])
  expect(text).toBe(`# HELP ${SECONDS} Duration of calls, including WeChat Pay.
# TYPE ${SECONDS} histogram
${[0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, '+Inf']
  .map((le, at) => `${SECONDS}_bucket{api="v3",le="${le}"} ${[0, 3, 3, 3, 3, 3, 5, 5, 5, 6][at]}`)
  .join('\n')}
${SECONDS}_sum{api="v3"} 42.5
${SECONDS}_count{api="v3"} 6
`)
  parse(text)
})

describe('a strict reader reads again', () => {
  const label = fc.string({ unit: 'binary' })

  test('every label, and every number', () => {
    const row = fc.record({
      name: fc.constantFrom(CALLS, 'wechatpay_edge_watched'),
      labels: fc.record({ caller: label, outcome: label }),
      value: fc.double(),
    })
    fc.assert(
      fc.property(fc.uniqueArray(row, { selector: ({ name, labels }) => JSON.stringify([name, labels]) }), rows => {
        const families = parse(writePrometheus(rows))
        const read = [...families.values()].flatMap(({ samples }) => samples)
        expect(read).toHaveLength(rows.length)
        for (const { name, labels, value } of rows) {
          const found = read.find(
            one => one.name === name && one.labels.caller === labels.caller && one.labels.outcome === labels.outcome,
          )
          expect(found?.value).toBe(value === 0 ? found?.value : value)
          if (value === 0) expect(found?.value === 0).toBe(true)
          const { type, help } = METRICS[name as typeof CALLS]
          expect(families.get(name)).toMatchObject({ type, help })
        }
      }),
    )
  })

  test('what was counted and observed, in however many flushes', () => {
    const seconds = fc.oneof(fc.double({ min: 0, max: 60, noNaN: true }), fc.constantFrom(...BUCKETS))
    return fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom('v2', 'v3'), seconds, fc.boolean())), async observed => {
        const rows: Increment[] = []
        const counters = createCounters(async increments => void rows.push(...increments))
        for (const [api, value, isFlushed] of observed) {
          counters.observe(SECONDS, { api }, value)
          if (isFlushed) await counters.flush()
        }
        await counters.flush()
        const samples =
          parse(writePrometheus(rows.map(({ by: value, ...row }) => ({ ...row, value })))).get(SECONDS)?.samples ?? []
        for (const api of new Set(observed.map(([api]) => api))) {
          const own = observed.filter(one => one[0] === api).map(([, value]) => value)
          const value = (part: string, le?: string) =>
            samples.find(({ name, labels }) => name === SECONDS + part && labels.api === api && labels.le === le)!.value
          for (const bound of BUCKETS)
            expect(value('_bucket', String(bound))).toBe(own.filter(one => one <= bound).length)
          expect(value('_count')).toBe(own.length)
          expect(value('_sum')).toBeCloseTo(
            own.reduce((one, other) => one + other),
            6,
          )
        }
      }),
    )
  })
})
