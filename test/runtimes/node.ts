// `node --test` runs this, bundled: node20.node.test.ts does, with Node 20.
import { test } from 'node:test'
import { createMtlsFetch, optionsFrom, wechatpay } from '../../src/adapters/node.ts'
import { localCases } from '../adapters/local.ts'
import { nodeCases } from '../adapters/node.ts'
import { unsentCases } from '../adapters/unsent.ts'
import { cases } from '../conformance/index.ts'
import { mtlsCases } from '../conformance/mtls.ts'
import { startTlsServer } from '../conformance/tls-process.ts'

const server = await startTlsServer()
const all = [
  ...cases,
  ...mtlsCases(createMtlsFetch, server),
  ...nodeCases(server),
  ...localCases(wechatpay),
  ...unsentCases([{ name: 'the adapter', fetch: optionsFrom({ WECHATPAY_MCHID: '1900000109' }).fetch! }]),
]
for (const { name, run } of all) test(name, () => run())
