import process from 'node:process'
import type { ProcessMetric } from '../gateway/index.ts'

/**
 * Reads the metrics of this process, under the names that Prometheus' client libraries use.
 *
 * @see https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics
 */
export function processMetrics(): ProcessMetric[] {
  const { user, system } = process.cpuUsage()
  return [
    { name: 'process_cpu_seconds_total', value: (user + system) / 1e6 },
    { name: 'process_resident_memory_bytes', value: process.memoryUsage.rss() },
    { name: 'process_start_time_seconds', value: Date.now() / 1000 - process.uptime() },
  ]
}
