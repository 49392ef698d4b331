// `node --test` runs this, bundled: node20.node.test.ts does, with Node 20.
import { test } from 'node:test'
import { createMtlsFetch, wechatpay } from '../../src/adapters/node.ts'
import { localCases } from '../adapters/local.ts'
import { nodeCases } from '../adapters/node.ts'
import { cases } from '../conformance/index.ts'
import { mtlsCases } from '../conformance/mtls.ts'
import { startTlsServer } from '../conformance/tls-process.ts'

const server = await startTlsServer()
const all = [...cases, ...mtlsCases(createMtlsFetch, server), ...nodeCases(server), ...localCases(wechatpay)]
for (const { name, run } of all) test(name, () => run())
