import { expect, test } from 'vitest'
import { throughputOf } from '../../../src/gateway/metrics/throughput.ts'

const sample = (seconds: number, ok: number) => ({ at: seconds * 1000, totals: { 'calls.ok': ok } })
const ratesOf = (...samples: ReturnType<typeof sample>[]) =>
  throughputOf(samples).map(({ at, calls }) => [at, calls.ok])

test('counts are per minute, whatever lies between two samples', () => {
  expect(ratesOf(sample(0, 0), sample(60, 6), sample(180, 10))).toEqual([
    [60_000, 6],
    [180_000, 2],
  ])
})

test('a short interval at the end is part of the one before it: a call 100 ms after a sample is not 600 per minute', () => {
  const [only, ...others] = ratesOf(sample(0, 0), sample(60, 0), sample(60.1, 1))
  expect([only![0], others]).toEqual([60_100, []])
  expect(only![1]).toBeCloseTo(1 / (60.1 / 60))
  expect(ratesOf(sample(60, 0), sample(60.1, 1))).toEqual([])
})

test('counts begin from the first sample, however soon another process takes the next', () => {
  expect(ratesOf(sample(0, 0), sample(10, 3), sample(60, 3), sample(120, 4))).toEqual([
    [60_000, 3],
    [120_000, 1],
  ])
  expect(ratesOf(sample(0, 0), sample(10, 3))).toEqual([])
})

test('samples at the same time, or of a clock that was set back, make no rate that is not finite', () => {
  expect(ratesOf(sample(0, 0), sample(60, 1), sample(60, 2))).toEqual([[60_000, 2]])
  expect(ratesOf(sample(60, 5), sample(0, 9))).toEqual([])
})
