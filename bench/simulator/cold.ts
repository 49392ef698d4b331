// A first simulator in a fresh process, from the built package: what loading takes, and what making it takes.
const start = performance.now()
// The types of the build may be older than the source.
const built: unknown = await import('wechatpay-edge/simulator')
const { createSimulator } = built as typeof import('../../src/simulator/index.ts')
const loaded = performance.now()
await createSimulator()
const made = performance.now()
console.log(JSON.stringify({ load: loaded - start, make: made - loaded, all: made }))
