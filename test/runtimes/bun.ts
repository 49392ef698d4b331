// `bun test` runs this from the project's root: runtimes.node.test.ts does.
import { createMtlsFetch, wechatpay } from '../../src/adapters/bun.ts'
import { keySwitchCases } from '../adapters/key-switch.ts'
import { localCases } from '../adapters/local.ts'
import type { Case } from '../conformance/case.ts'
import { cases } from '../conformance/index.ts'
import { mtlsCases } from '../conformance/mtls.ts'
import { startTlsServer } from '../conformance/tls-process.ts'
import { endlessAnswerCases } from '../core/endless-answer.ts'
import { guardedFetchCases } from '../server/guarded-fetch.ts'
import { serverCases } from '../server/server.ts'
import { slowBodyCases } from '../server/slow-body.ts'

// A name that tsc, which has no types of Bun's, does not look up.
const runner: string = 'bun:test'
const { test } = (await import(runner)) as { test: (name: string, run: Case['run']) => void }

const server = await startTlsServer()
for (const { name, run } of [
  ...cases,
  ...mtlsCases(createMtlsFetch, server),
  ...localCases(wechatpay),
  ...keySwitchCases(wechatpay),
  ...guardedFetchCases,
  ...serverCases,
  ...slowBodyCases,
  ...endlessAnswerCases,
])
  test(name, run)
