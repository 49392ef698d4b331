import { expect, test } from 'vitest'
import { METRICS } from '../../src/gateway/metrics/metrics.ts'
import { processMetrics } from '../../src/server/process-metrics.ts'

test('a process reports its processor time, memory and start in the units of their names', () => {
  const values = Object.fromEntries(processMetrics().map(({ name, value }) => [name, value]))
  const { user, system } = process.cpuUsage()
  expect(values.process_cpu_seconds_total).toBeGreaterThan(0)
  expect(values.process_cpu_seconds_total).toBeLessThanOrEqual((user + system) / 1e6)
  expect(values.process_resident_memory_bytes).toBeGreaterThan(1e6)
  expect(values.process_start_time_seconds! * 1000).toBeCloseTo(performance.timeOrigin, -4)
})

test('what a process measures is of the process, and all other metrics but build and certificate are of the ledger', () => {
  const ofProcess = Object.entries(METRICS).flatMap(([name, { scope }]) => (scope === 'process' ? [name] : []))
  expect(ofProcess.sort()).toEqual([
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'process_start_time_seconds',
    'wechatpay_edge_build_info',
    'wechatpay_edge_certificate_expires_seconds',
  ])
})
