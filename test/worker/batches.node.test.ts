import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { expect, test } from 'vitest'
import { bundle, readCompatibility } from './account.ts'

// Batches of a real queue, in workerd with the flags of wrangler.toml.

test('a batch begins while a delivery of the batch before it hangs', async () => {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      ...(await readCompatibility()),
      script: await bundle('./batches-worker.ts'),
      queueProducers: { DELIVERIES: 'deliveries' },
      queueConsumers: { deliveries: { maxBatchSize: 1, maxBatchTimeout: 1, maxRetries: 100 } },
    }),
  )
  try {
    const ask = async (query = '') => {
      const response = await miniflare.dispatchFetch(`http://batches.example/${query}`)
      return (await response.json()) as number[]
    }
    await ask('?delivery=1')
    await expect.poll(() => ask()).toEqual([1])
    await ask('?delivery=2')
    await expect.poll(() => ask()).toEqual([1, 2])
  } finally {
    await miniflare.dispose()
  }
})
