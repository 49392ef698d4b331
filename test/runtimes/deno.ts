// `deno test` runs this from the project's root: runtimes.node.test.ts does.
import { createMtlsFetch, wechatpay } from '../../src/adapters/deno.ts'
import { cases as adapter, unpermitted } from '../adapters/deno.ts'
import { keySwitchCases } from '../adapters/key-switch.ts'
import { localCases } from '../adapters/local.ts'
import { cases } from '../conformance/index.ts'
import { mtlsCases } from '../conformance/mtls.ts'
import { startTlsServer } from '../conformance/tls-process.ts'
import { endlessAnswerCases } from '../core/endless-answer.ts'
import { guardedFetchCases } from '../server/guarded-fetch.ts'
import { serverCases } from '../server/server.ts'
import { slowBodyCases } from '../server/slow-body.ts'

declare const Deno: {
  test(name: string, run: () => void | Promise<void>): void
  test(options: { name: string; permissions: 'none'; fn: () => void | Promise<void> }): void
}

const server = await startTlsServer()
for (const { name, run } of [
  ...cases,
  ...mtlsCases(createMtlsFetch, server),
  ...localCases(wechatpay),
  ...keySwitchCases(wechatpay),
  ...adapter,
  ...guardedFetchCases,
  ...serverCases,
  ...slowBodyCases,
  ...endlessAnswerCases,
])
  Deno.test(name, run)
for (const { name, run } of unpermitted) Deno.test({ name, permissions: 'none', fn: run })
