import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { test } from 'vitest'
import { sqlOf } from '../../worker/ledger.ts'
import { stageOn } from '../gateway/store/cases.ts'
import { contractCases } from '../storage/contract/contract.ts'

test.each(contractCases.map((one, at) => [one.name, one, at] as const))('in a Durable Object: %s', (_, { run }, at) =>
  runInDurableObject(env.LEDGER.getByName(`case/${at}`), async (__, state) => {
    await run(stageOn(sqlOf(state)))
  }),
)
