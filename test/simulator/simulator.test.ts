import { describe, expect, it } from 'vitest'
import { createSimulator } from '../../src/simulator/index.ts'

describe('a simulator', () => {
  it.each(['public-key', 'certificate', 'both'] as const)(
    '%s: starts with the keys of its mode and an empty journal',
    async platform => {
      const { merchant, journal } = await createSimulator({ platform })
      expect(Object.keys(merchant.platformKeys)).toHaveLength(platform === 'certificate' ? 0 : 1)
      expect(journal).toEqual([])
    },
  )

  it('has the requested merchant and keys of its own', async () => {
    const [one, other] = await Promise.all([createSimulator({ mchid: '1230000109', appid: 'wx1' }), createSimulator()])
    expect(one.merchant).toMatchObject({ mchid: '1230000109', appid: 'wx1' })
    expect(one.merchant.serial).not.toBe(other.merchant.serial)
    expect(one.merchant.apiv3Key).not.toBe(other.merchant.apiv3Key)
  })
})
