import { useState } from 'preact/hooks'
import type { Finding } from '../../gateway/health/finding.ts'
import type { ThroughputPoint } from '../../gateway/metrics/throughput.ts'
import { language } from '../settings.ts'
import { useStore } from '../store.ts'
import { ConfirmedButton, Outcome, ReadProblem } from './action.tsx'
import { Chart, type ChartSeries, ceiling } from './chart.tsx'
import { findingTextOf } from './finding-text.ts'
import { countOf, durationOf, timeOf } from './format.ts'
import { framed } from './frame.tsx'
import { useGatewayActions } from './use-action.ts'
import { useRead } from './use-read.ts'
import { useGatewayWords } from './words.ts'

interface Check extends Finding {
  readonly check: string
  readonly merchant?: string
}

/** The gateway as a whole: its health, charts of what goes through it, and the sweep. */
export const OverviewView = framed(() => (
  <>
    <Health />
    <Throughput />
    <Sweep />
  </>
))

const TONES = { ok: 'good', warn: 'open', fail: 'bad' } as const

function Health() {
  const words = useGatewayWords()
  const [isDeep, setDeep] = useState(false)
  const { value, problem } = useRead<{ status: Check['status']; checks: readonly Check[] }>(
    isDeep ? '/admin/health?deep=true' : '/admin/health',
    isDeep ? 'once' : 'seconds',
  )
  const bad = value?.checks.filter(({ status }) => status !== 'ok') ?? []
  return (
    <section>
      <h2>{words.health}</h2>
      <ReadProblem problem={problem} />
      {!value && <p class="dim">{words.loading}</p>}
      {value && (
        <>
          <p>
            <span class={`state ${TONES[value.status]}`}>{words.healths[value.status]}</span>
          </p>
          {bad.length > 0 && <Checks checks={bad} />}
          <details>
            <summary>{words.allWell(value.checks.length - bad.length)}</summary>
            <Checks checks={value.checks.filter(({ status }) => status === 'ok')} />
          </details>
        </>
      )}
      <div class="buttons">
        <button type="button" role="switch" aria-checked={isDeep} onClick={() => setDeep(!isDeep)}>
          {words.deepCheck}
        </button>
      </div>
    </section>
  )
}

function Checks({ checks }: { checks: readonly Check[] }) {
  const words = useGatewayWords()
  const chosen = useStore(language)
  return (
    <ul class="items">
      {checks.map((row, at) => {
        const { check, status, merchant } = row
        const { text, lang } = findingTextOf(row, chosen)
        return (
          <li key={`${check} ${merchant} ${at}`}>
            <span class={`state ${TONES[status]}`}>{words.healths[status]}</span>
            <span class="description">
              {check} <span class="number dim">{merchant}</span> <span lang={lang}>{text}</span>
            </span>
          </li>
        )
      })}
    </ul>
  )
}

const HOURS = [1, 6, 24]

function Throughput() {
  const words = useGatewayWords()
  const [hours, setHours] = useState(1)
  const { value, problem } = useRead<{ points: readonly ThroughputPoint[] }>(
    `/admin/throughput?hours=${hours}`,
    'seconds',
  )
  return (
    <section>
      <h2>{words.throughput}</h2>
      <ReadProblem problem={problem} />
      <label class="field">
        {words.hours}
        <select value={hours} onChange={event => setHours(Number(event.currentTarget.value))}>
          {HOURS.map(count => (
            <option key={count} value={count}>
              {words.lastHours(count)}
            </option>
          ))}
        </select>
      </label>
      {value && value.points.length === 0 && <p class="dim">{words.noPoints}</p>}
      {value && value.points.length > 0 && <Charts points={value.points} />}
    </section>
  )
}

function Charts({ points }: { points: readonly ThroughputPoint[] }) {
  const words = useGatewayWords()
  const times = points.map(({ at }) => at)
  const { isAtLeast } = points.at(-1) ?? {}
  const line = (
    label: string,
    tone: ChartSeries['tone'],
    read: (point: ThroughputPoint) => number | null,
  ): ChartSeries => ({ label, tone, values: points.map(read) })
  const rate = (title: string, ...series: ChartSeries[]) => (
    <Chart title={words.perMinute(title)} times={times} series={series} format={countOf} />
  )
  return (
    <div class="charts">
      {rate(
        words.chartCalls,
        line(words.ok, 'good', ({ calls }) => calls.ok),
        line(words.failed, 'bad', ({ calls }) => calls.failed),
      )}
      {rate(
        words.chartNotifications,
        line(words.recorded, 'good', ({ notifications }) => notifications.recorded),
        line(words.repeated, 'open', ({ notifications }) => notifications.repeated),
        line(words.refused, 'bad', ({ notifications }) => notifications.refused),
      )}
      {rate(
        words.chartDeliveries,
        line(words.delivered, 'good', ({ deliveries }) => deliveries.delivered),
        line(words.failed, 'open', ({ deliveries }) => deliveries.failed),
        line(words.dead, 'bad', ({ deliveries }) => deliveries.dead),
      )}
      <Chart
        title={words.chartDuration}
        times={times}
        series={[
          line(words.median, 'good', ({ callSeconds }) => callSeconds?.p50 ?? null),
          line(words.most, 'open', ({ callSeconds }) => callSeconds?.p95 ?? null),
        ]}
        format={durationOf}
        topOf={durationTopOf}
      />
      <Chart
        title={words.chartQueue}
        times={times}
        series={[
          { ...line(words.pending, 'open', ({ pending }) => pending), isAtLeast: isAtLeast?.pending ?? false },
          { ...line(words.dead, 'bad', ({ dead }) => dead), isAtLeast: isAtLeast?.dead ?? false },
        ]}
        format={countOf}
      />
      <Chart
        title={words.chartDelay}
        times={times}
        series={[line(words.oldest, 'open', ({ oldestPendingSeconds }) => oldestPendingSeconds)]}
        format={durationOf}
        topOf={durationTopOf}
      />
    </div>
  )
}

/** Seconds that read well as the top of a scale above a minute: minutes, then hours. */
const LONG_TOPS = [60, 120, 300, 600, 1200, 3600, 7200, 14_400, 43_200, 86_400]

const durationTopOf = (seconds: number): number =>
  seconds <= 50 ? ceiling(seconds) : (LONG_TOPS.find(top => top >= seconds) ?? ceiling(seconds / 86_400) * 86_400)

interface SweepResult {
  readonly enqueued: number
  readonly queried: number
  readonly synthesized: number
}

function Sweep() {
  const words = useGatewayWords()
  const { value, reload } = useRead<{ last: number | null }>('/admin/sweep', 'seconds')
  const actions = useGatewayActions(reload)
  return (
    <section>
      <h2>{words.sweep}</h2>
      {value && <p>{value.last === null ? words.noSweep : words.lastSweep(timeOf(value.last))}</p>}
      <Outcome actions={actions} />
      <div class="buttons">
        <ConfirmedButton
          label={words.sweepNow}
          question={words.sweepQuestion}
          actions={actions}
          onConfirm={() =>
            actions.run<SweepResult>('/admin/sweep', ({ enqueued, queried, synthesized }) =>
              words.swept(enqueued, queried, synthesized),
            )
          }
        />
      </div>
    </section>
  )
}
