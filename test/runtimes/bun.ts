// `bun test` runs this from the project's root: runtimes.node.test.ts does.
import { createMtlsFetch, optionsFrom, wechatpay } from '../../src/adapters/bun.ts'
import { createGuardedFetch } from '../../src/server/guarded-fetch.ts'
import { keySwitchCases } from '../adapters/key-switch.ts'
import { localCases } from '../adapters/local.ts'
import { unsentCases } from '../adapters/unsent.ts'
import type { Case } from '../conformance/case.ts'
import { mtlsCases } from '../conformance/mtls.ts'
import { startTlsServer } from '../conformance/tls-process.ts'
import { endlessAnswerCases } from '../core/endless-answer.ts'
import { guardedFetchCases } from '../server/guarded-fetch.ts'
import { serverCases } from '../server/server.ts'
import { slowBodyCases } from '../server/slow-body.ts'
import { breakingCases } from './breaking-answers.ts'
import { startBreakingServer } from './breaking-process.ts'

// The WebCrypto under test, which test/webcrypto.ts gives to the cases: they are loaded after it is set.
Object.assign(globalThis, { crypto$: optionsFrom({}).crypto })
const { cases } = await import('../conformance/index.ts')

// A name that tsc, which has no types of Bun's, does not look up.
const runner: string = 'bun:test'
const { test } = (await import(runner)) as { test: (name: string, run: Case['run']) => void }

const server = await startTlsServer()
const breaking = await startBreakingServer()
const transports = [
  { name: 'fetch', fetch },
  { name: 'client certificates', fetch: createMtlsFetch({ ca: breaking.ca }), isTls: true },
  { name: 'guarded fetch', fetch: createGuardedFetch({ allowPrivate: true }) },
  { name: 'guarded fetch over TLS', fetch: createGuardedFetch({ allowPrivate: true, ca: breaking.ca }), isTls: true },
]
for (const { name, run } of [
  ...cases,
  ...mtlsCases(createMtlsFetch, server),
  ...localCases(wechatpay),
  ...keySwitchCases(wechatpay),
  ...guardedFetchCases,
  ...serverCases,
  ...slowBodyCases,
  ...endlessAnswerCases,
  ...breakingCases(transports, breaking),
  ...unsentCases([{ name: 'the adapter', fetch: optionsFrom({ WECHATPAY_MCHID: '1900000109' }).fetch! }]),
])
  test(name, run)
