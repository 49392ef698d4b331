import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { generateKeysAhead } from '../../../src/cli/simulator/keys-ahead.ts'
import { settingsOf } from '../../../src/cli/simulator/settings.ts'
import { createSimulatorFromKeys } from '../../../src/simulator/create-simulator.ts'
import { generateKeyPair } from '../../../src/simulator/keys/key-pair.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-'))
  return () => rm(folder, { recursive: true })
})
const countFor = (options: Record<string, string>) => generateKeysAhead(settingsOf(options)).length

describe('keys are generated before the simulator is loaded', () => {
  it('without a seed, a state or a folder that has some', async () => {
    const state = join(folder, 'state.json')
    expect([countFor({}), countFor({ folder }), countFor({ folder, state })]).toEqual([2, 2, 2])
    await writeFile(join(folder, 'keys.json'), '{}')
    expect([countFor({ folder }), countFor({ folder, state })]).toEqual([0, 0])
    await writeFile(state, '{}')
    expect(countFor({ state })).toBe(0)
  })

  it('unless the command has no use for any', () => {
    expect([countFor({ seed: 'a' }), countFor({ wait: '5' })]).toEqual([0, 0])
  })

  it('and the simulator uses each of them once', async () => {
    const pairs = Array.from({ length: 2 }, () => generateKeyPair(crypto))
    const given = (await Promise.all(pairs)).map(({ privateKey }) => privateKey)
    const simulator = await createSimulatorFromKeys(pairs, { platform: 'public-key' })
    const { merchant } = await simulator.addMerchant({ mchid: '1900000113' })
    const [own, platform] = given.map(key => simulator.snapshot().split(JSON.stringify(key)).length - 1)
    expect(given).toContain(simulator.merchant.privateKey)
    expect(given).not.toContain(merchant.privateKey)
    expect([own, platform]).toEqual([1, 1])
  })
})
