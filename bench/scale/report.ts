import { markdownTable, number } from '../markdown.ts'
import { OUTAGE, PEAK_AT } from './assumptions.ts'
import { type CellResult, PERIOD } from './cell.ts'
import { drawChart } from './chart.ts'
import type { Plan } from './plan.ts'
import { recoveryMinutes, type Scenario } from './scenarios.ts'
import type { FurtherTime, FurtherTimes, LedgerTimes, OperationTime, ServiceTimes } from './service-times.ts'

/** A language of the document, with the titles of the tables. */
export interface Words {
  readonly operations: readonly string[]
  readonly operationHead: readonly string[]
  /** Says when, on what and how the times were measured. */
  readonly setting: (date: string, machine: string) => string
  readonly further: readonly string[]
  readonly furtherHead: readonly string[]
  readonly planHead: readonly string[]
  readonly plan: readonly string[]
  readonly outageHead: readonly string[]
  readonly outages: Readonly<Record<'peak' | 'failover' | 'region' | 'endpoint' | 'large', string>>
  readonly never: string
}

export const ENGLISH: Words = {
  operations: [
    'a notification over HTTP, without the ledger',
    '`recordEvent`',
    '`claimDelivery`',
    'a delivery over HTTP, without the ledger',
    '`recordAttempt`',
    'a notification with its delivery',
  ],
  operationHead: ['milliseconds', 'JavaScript thread', 'all threads', 'database server', 'until it returned'],
  setting: (date, machine) =>
    `Measured on ${date}: ${machine}. Processor time, which does not count what other programs use: getrusage for the gateway, /proc for
workerd and the database server; medians of three to five rounds of 300 to 2,000 calls, 8 at a time to a ledger, 16 through the gateway, 64
notifications. The last column is time on the clock under that load, one call after another; in workerd, the time of all calls, made at once, divided by their number.`,
  further: [
    'SQLite: `recordEvent`',
    'SQLite: `claimDelivery`',
    'SQLite: `recordAttempt`',
    'PostgreSQL: `recordEvent`',
    'PostgreSQL: `claimDelivery`',
    'PostgreSQL: `recordAttempt`',
    'a query through the gateway, SQLite',
    'an order through the gateway, with its audit trail, SQLite',
    'a notification to the Worker, in workerd',
    'the same with its delivery by the queue',
    'a Worker and its Durable Object: `recordEvent`',
    'a Worker and its Durable Object: `claimDelivery`',
    'a Worker and its Durable Object: `recordAttempt`',
  ],
  furtherHead: ['milliseconds', 'process', 'database server', 'until it returned'],
  planHead: ['at 100,000 notifications per second', ''],
  plan: [
    'notifications per second that a process carries, at full use',
    'notifications per second that a database server carries, at full use',
    'database servers (cells)',
    'processes, in all and per database',
    'connections to each database',
    'merchants per cell',
    'the largest merchant, notifications per second',
    'notifications per second of one merchant that a shared cell always delivers',
    'the same with the slots that the others leave at the peak',
    'merchants above 60 % of that, each with a cell of its own',
    'deliveries per second of a process to the only endpoint of its cell',
    'GB per hour of the peak and cell',
  ],
  outageHead: [
    'simulated',
    'acknowledged after, 50 %',
    '99 %',
    'delivered after, 50 %',
    '99 %',
    'sent per second at most',
    'refused',
    'unrecorded at most',
    'recorded again after',
    'delivered again after',
  ],
  outages: {
    peak: 'the peak',
    failover: 'a region down for 5 min',
    region: 'a region down for 30 min',
    endpoint: 'the endpoint of the largest merchant of a shared cell down for 30 min',
    large: 'the endpoint of a merchant with a cell of its own down for 30 min',
  },
  never: 'not within 60 min',
}

export const CHINESE: Words = {
  operations: [
    '经 HTTP 收一条通知，不含账本',
    '`recordEvent`',
    '`claimDelivery`',
    '经 HTTP 投递一次，不含账本',
    '`recordAttempt`',
    '一条通知连同其投递',
  ],
  operationHead: ['毫秒', 'JavaScript 线程', '全部线程', '数据库服务器', '调用返回'],
  setting: (date, machine) =>
    `${date} 测于 ${machine}。处理器时间不计其他程序占用的部分：网关取自 getrusage，workerd 和数据库服务器取自 /proc；三至五轮、每轮 300 至
2,000 次的中位数，账本并发 8，经网关并发 16，通知并发 64。最后一列是该负载下逐次调用的时钟时间；workerd 各行为并发总时间除以次数。`,
  further: [
    'SQLite：`recordEvent`',
    'SQLite：`claimDelivery`',
    'SQLite：`recordAttempt`',
    'PostgreSQL：`recordEvent`',
    'PostgreSQL：`claimDelivery`',
    'PostgreSQL：`recordAttempt`',
    '经网关查询一次，SQLite',
    '经网关下单一次，含审计记录，SQLite',
    'Worker 收一条通知，workerd',
    '同上，并由队列投递',
    'Worker 与 Durable Object：`recordEvent`',
    'Worker 与 Durable Object：`claimDelivery`',
    'Worker 与 Durable Object：`recordAttempt`',
  ],
  furtherHead: ['毫秒', '进程', '数据库服务器', '调用返回'],
  planHead: ['每秒 10 万条通知', ''],
  plan: [
    '一个进程满载时每秒的通知数',
    '一台数据库服务器满载时每秒的通知数',
    '数据库服务器（单元）数',
    '进程数：合计，每个数据库',
    '每个数据库的连接数',
    '每个单元的商户数',
    '最大的商户每秒的通知数',
    '共用单元中单个商户每秒保证可投递的通知数',
    '同上，加上高峰时其他商户空出的名额',
    '超过其 60 %、需要独占单元的商户数',
    '独占单元时一个进程每秒可投递的通知数',
    '高峰时每个单元每小时的 GB 数',
  ],
  outageHead: [
    '模拟的情形',
    '确认耗时，50 %',
    '99 %',
    '投递耗时，50 %',
    '99 %',
    '每秒最多发来',
    '被拒绝',
    '未记录的最多',
    '多久后补记完',
    '多久后补投完',
  ],
  outages: {
    peak: '高峰',
    failover: '一个地域中断 5 分钟',
    region: '一个地域中断 30 分钟',
    endpoint: '共用单元中最大商户的接收端中断 30 分钟',
    large: '独占单元的商户的接收端中断 30 分钟',
  },
  never: '60 分钟内没有',
}

/** Writes the measured times of the parts of a notification. */
export function operationTable({ intake, delivery }: ServiceTimes, ledger: LedgerTimes, words: Words): string {
  const times = [intake, ledger.record, ledger.claim, delivery, ledger.attempt]
  const sum = (key: keyof OperationTime) => times.reduce((total, time) => total + time[key], 0)
  const total = { thread: sum('thread'), process: sum('process'), server: sum('server'), latency: sum('latency') }
  return markdownTable(
    words.operationHead,
    [...times, total].map(({ thread, process, server, latency }, at) => [
      words.operations[at]!,
      number(thread),
      number(process),
      server === 0 ? '–' : number(server),
      number(latency),
    ]),
  )
}

/** Writes the measured times that the simulation does not use. */
export function furtherTable({ date, machine, sqlite, postgres, relay, worker }: FurtherTimes, words: Words): string {
  const ofLedger = ({ record, claim, attempt }: LedgerTimes) => [record, claim, attempt]
  const { intake, delivering, record, claim, attempt } = worker
  const times: readonly (FurtherTime & { readonly server?: number })[] = [
    ...ofLedger(sqlite),
    ...ofLedger(postgres),
    relay.query,
    relay.order,
    intake,
    delivering,
    record,
    claim,
    attempt,
  ]
  const rows = times.map(({ process, server, latency }, at) => [
    words.further[at]!,
    number(process),
    server ? number(server) : '–',
    number(latency),
  ])
  return `${words.setting(date, machine)}\n\n${markdownTable(words.furtherHead, rows)}`
}

export function planTable(plan: Plan, ledger: LedgerTimes, words: Words): string {
  const values = [
    number(plan.ofProcess),
    number(plan.ofDatabase),
    number(plan.databases),
    `${number(plan.processes)}; ${number(plan.processesPerDatabase)}`,
    number(plan.connectionsPerDatabase),
    number(plan.merchantsPerCell),
    number(plan.largest),
    number(plan.ofShare),
    number(plan.ofEndpoint),
    number(plan.merchantsBeyond),
    number(plan.ofOwnEndpoint),
    number((plan.ofCell * 3_600 * ledger.bytesPerEvent) / 1e9),
  ]
  return markdownTable(
    words.planHead,
    values.map((value, at) => [words.plan[at]!, value]),
  )
}

type Scenarios = Readonly<Record<keyof Words['outages'], Scenario>>

/** Writes the results of the scenarios, scaled up to a whole cell. */
export function outageTable(scenarios: Scenarios, plan: Plan, words: Words): string {
  return markdownTable(
    words.outageHead,
    Object.entries(scenarios).map(([name, { result, scale, end }]) => {
      const up = (value: number) => number(Math.round(value / scale))
      const recovered = (series: 'unrecorded' | 'pending') => {
        if (end === undefined) return '–'
        const minutes = recoveryMinutes(result, series, { from: end, limit: plan.ofCell * scale })
        return minutes === undefined ? words.never : `${number(minutes)} min`
      }
      const { acknowledgement, delivery, timeline } = result
      return [
        words.outages[name as keyof Scenarios],
        duration(acknowledgement.quantile(0.5)),
        duration(acknowledgement.quantile(0.99)),
        duration(delivery.quantile(0.5)),
        duration(delivery.quantile(0.99)),
        up(Math.max(...timeline.values('sent')) / (PERIOD / 1_000)),
        up(timeline.values('refused').reduce((sum, value) => sum + value, 0)),
        up(Math.max(...timeline.values('unrecorded'))),
        recovered('unrecorded'),
        recovered('pending'),
      ]
    }),
  )
}

function duration(ms: number): string {
  if (ms < 1_000) return `${number(Math.round(ms))} ms`
  if (ms < 120_000) return `${number(ms / 1_000)} s`
  return `${number(ms / 60_000)} min`
}

const [BLUE, RED, GREEN] = ['#0969da', '#cf222e', '#1a7f37']

/** Draws the charts of the document, by the name of their files. */
export function drawCharts({ region, large }: Scenarios): Record<string, string> {
  const chart = ({ result, scale }: Scenario, title: string, unit: string, lines: [string, string, string][]) =>
    drawChart({
      title,
      unit,
      from: -PEAK_AT / 60_000,
      step: PERIOD / 60_000,
      shaded: [0, OUTAGE / 60_000],
      lines: lines.map(([label, series, color]) => ({ label, color, values: scaled(result, series, scale) })),
    })
  return {
    'region-rate': chart(region, 'A region is down for 30 minutes at the peak: one cell', 'per second', [
      ['sent by WeChat Pay', 'sent', RED],
      ['recorded', 'recorded', BLUE],
      ['delivered', 'delivered', GREEN],
    ]),
    'region-backlog': chart(region, 'What waits meanwhile', 'events', [
      ['not recorded', 'unrecorded', RED],
      ['not delivered', 'pending', GREEN],
    ]),
    'endpoint-rate': chart(large, 'The endpoint of a large merchant is down for 30 minutes', 'per second', [
      ['recorded', 'recorded', BLUE],
      ['attempts', 'attempts', RED],
      ['delivered', 'delivered', GREEN],
    ]),
  }
}

/** Rates are per second; lengths of queues are as they are. The first and last periods may be incomplete. */
function scaled({ timeline }: CellResult, series: string, scale: number): number[] {
  const isLength = series === 'pending' || series === 'unrecorded'
  return timeline
    .values(series)
    .slice(0, -1)
    .map(value => value / scale / (isLength ? 1 : PERIOD / 1_000))
}
