import { createSimulator } from './create-simulator.ts'
import type { SimulatorOptions } from './options.ts'
import type { Simulator } from './simulator.ts'

/** A fixture in the form of Vitest's and Playwright's `test.extend`. */
export type SimulatorFixture = (context: object, use: (simulator: Simulator) => Promise<void>) => Promise<void>

/**
 * Creates a fixture for `test.extend` of Vitest and Playwright, which hands each test a simulator without records. A worker creates one
 * simulator, with its keys, and resets it before each test; so tests of one file must not run at the same time (`test.concurrent`).
 *
 * @param options as of {@link createSimulator}
 * @example
 * ```ts
 * import { test as base } from 'vitest'
 * import { simulatorFixture } from 'wechatpay-edge/simulator'
 *
 * const test = base.extend({ simulator: simulatorFixture() })
 * test('an order is paid', async ({ simulator }) => {
 *   const wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch })
 * })
 * ```
 */
export function simulatorFixture(options: SimulatorOptions = {}): SimulatorFixture {
  let created: Promise<Simulator> | undefined
  // Both runners read the names of the fixtures that this one needs from the pattern of the first parameter.
  // biome-ignore lint/correctness/noEmptyPattern: it needs none
  return async ({}, use) => {
    created ??= createSimulator(options)
    const simulator = await created
    await simulator.reset()
    await use(simulator)
  }
}
