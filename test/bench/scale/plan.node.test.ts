import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { planFor } from '../../../bench/scale/plan.ts'
import { CHINESE, ENGLISH, furtherTable, planTable } from '../../../bench/scale/report.ts'
import { readServiceTimes } from '../../../bench/scale/service-times.ts'

const times = readServiceTimes()
const plan = planFor(times, times.postgres)

test.each([
  ['docs/scale.md', ENGLISH],
  ['docs/scale.zh-CN.md', CHINESE],
])('the plan of %s is calculated from the measured times', (path, words) => {
  const document = readFileSync(path, 'utf8')
  expect(document).toContain(planTable(plan, times.postgres, words))
  expect(document).toContain(furtherTable(times.further, words))
})

test('each process has two connections beside its pool', () => {
  expect([plan.processesPerDatabase, plan.connectionsPerDatabase]).toEqual([10, 120])
})
