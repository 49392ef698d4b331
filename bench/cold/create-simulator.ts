// Measures loading the built package and creating the first simulator in a fresh process.
import { measureStep } from './measure-step.ts'

const { result: built, ...load } = await measureStep(
  // Cast, because the types of the build may be older than the source.
  async () => (await import('wechatpay-edge/simulator')) as unknown as typeof import('../../src/simulator/index.ts'),
)
const { result: _, ...create } = await measureStep(() => built.createSimulator())
console.log(JSON.stringify({ load, create }))
