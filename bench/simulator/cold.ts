// Measures loading the built package and creating the first simulator in a fresh process.
const start = performance.now()
// Cast, because the types of the build may be older than the source.
const built: unknown = await import('wechatpay-edge/simulator')
const { createSimulator } = built as typeof import('../../src/simulator/index.ts')
const loaded = performance.now()
await createSimulator()
const made = performance.now()
console.log(JSON.stringify({ load: loaded - start, make: made - loaded, all: made }))
