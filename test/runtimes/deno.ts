// `deno test` runs this from the project's root: runtimes.node.test.ts does.
import { createFetch, createMtlsFetch, wechatpay } from '../../src/adapters/deno.ts'
import { createGuardedFetch } from '../../src/server/guarded-fetch.ts'
import { cases as adapter, fetchCases, unpermitted } from '../adapters/deno.ts'
import { keySwitchCases } from '../adapters/key-switch.ts'
import { localCases } from '../adapters/local.ts'
import { unsentCases } from '../adapters/unsent.ts'
import { cases } from '../conformance/index.ts'
import { mtlsCases } from '../conformance/mtls.ts'
import { startTlsServer } from '../conformance/tls-process.ts'
import { endlessAnswerCases } from '../core/endless-answer.ts'
import { guardedFetchCases } from '../server/guarded-fetch.ts'
import { serverCases } from '../server/server.ts'
import { slowBodyCases } from '../server/slow-body.ts'
import { breakingCases, sentTwiceCases } from './breaking-answers.ts'
import { startBreakingServer } from './breaking-process.ts'

declare const Deno: {
  test(name: string, run: () => void | Promise<void>): void
  test(options: { name: string; permissions: 'none'; fn: () => void | Promise<void> }): void
}

const server = await startTlsServer()
const breaking = await startBreakingServer()
const transports = [
  { name: 'fetch', fetch: createFetch() },
  { name: 'fetch over TLS', fetch: createFetch({ ca: breaking.ca }), isTls: true },
  { name: 'client certificates', fetch: createMtlsFetch({ ca: breaking.ca }), isTls: true },
  { name: 'guarded fetch', fetch: createGuardedFetch({ allowPrivate: true }) },
  { name: 'guarded fetch over TLS', fetch: createGuardedFetch({ allowPrivate: true, ca: breaking.ca }), isTls: true },
]
for (const { name, run } of [
  ...cases,
  ...mtlsCases(createMtlsFetch, server),
  ...localCases(wechatpay),
  ...keySwitchCases(wechatpay),
  ...adapter,
  ...fetchCases(server),
  ...guardedFetchCases,
  ...serverCases,
  ...slowBodyCases,
  ...endlessAnswerCases,
  ...breakingCases(transports, breaking),
  ...sentTwiceCases(fetch, breaking),
  ...unsentCases(transports.filter(({ name }) => name === 'fetch' || name === 'client certificates')),
])
  Deno.test(name, run)
for (const { name, run } of unpermitted) Deno.test({ name, permissions: 'none', fn: run })
