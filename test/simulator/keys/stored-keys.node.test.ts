/** Snapshots that somebody else has changed: their keys become file names, headers and the variables of `.env`. */
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { beforeAll, expect, it } from 'vitest'
import { createSimulator, StateError } from '../../../src/simulator/index.ts'

type Maps = Record<string, Record<string, Record<string, string>>>

let snapshot: string
let otherSnapshot: string
beforeAll(async () => {
  const [simulator, other] = await Promise.all([
    createSimulator({ platform: 'both' }),
    createSimulator({ platform: 'both' }),
  ])
  snapshot = simulator.snapshot()
  otherSnapshot = other.snapshot()
})

function mapsOf(text: string): Maps {
  const { maps } = JSON.parse(text) as { maps: [string, [string, Record<string, string>][]][] }
  return Object.fromEntries(maps.map(([name, entries]) => [name, Object.fromEntries(entries)]))
}

/** Restores a snapshot in which something was changed. */
function restore(change: (maps: Maps) => void) {
  const maps = mapsOf(snapshot)
  change(maps)
  const entries = Object.entries(maps).map(([name, map]) => [name, Object.entries(map)])
  return createSimulator({ state: JSON.stringify({ ...JSON.parse(snapshot), maps: entries }) })
}

/** Stores the only entry of a map under another name. */
const rename = (map: string, name: string) => (maps: Maps) => {
  maps[map] = { [name]: Object.values(maps[map]!)[0]! }
}
const change = (map: string, changes: Record<string, string>) => (maps: Maps) => {
  Object.assign(Object.values(maps[map]!)[0]!, changes)
}
const strangeKey = () =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
const withPreamble = (map: string, member: string) => (maps: Maps) => {
  const key = Object.values(maps[map]!)[0]!
  key[member] = `"$(touch /tmp/x)"\n${key[member]}`
}

it('continues from a snapshot that nobody has changed', async () => {
  const simulator = await restore(() => {})
  const [serial] = Object.keys(simulator.certificates)
  expect(new X509Certificate(simulator.certificates[serial!]!).serialNumber).toBe(serial)
})

it.each<[string, (maps: Maps) => void]>([
  ['a certificate under a path', rename('platform-certificates', '../../../x')],
  ['a certificate under another serial', rename('platform-certificates', 'A'.repeat(40))],
  ['a certificate of another key', maps => change('platform-certificates', { privateKey: strangeKey() })(maps)],
  ['text before a certificate', withPreamble('platform-certificates', 'pem')],
  ['a public key with a line break in its id', rename('platform-public-key', 'PUB_KEY_ID_1\nX=1')],
  ['a public key without the prefix of its id', rename('platform-public-key', 'x')],
  [
    'a public key that is not that of its private key',
    maps => change('platform-public-key', { privateKey: strangeKey() })(maps),
  ],
  ['text before a public key', withPreamble('platform-public-key', 'pem')],
  ['another merchant', change('merchant', { mchid: '1900000110' })],
  ['another appid', change('merchant', { appid: 'wx"\nX=1' })],
  ['another serial of the merchant', change('merchant', { serial: '../x' })],
  [
    'the certificate of another merchant',
    maps => change('merchant', { certificate: mapsOf(otherSnapshot).merchant!.account!.certificate! })(maps),
  ],
  ['text before the private key', withPreamble('merchant', 'privateKey')],
  ['an APIv3 key that ends its variable', change('merchant', { apiv3Key: `"\nX="${'a'.repeat(27)}` })],
  ['an APIv2 key that is no text', change('merchant', { apiv2Key: 1 as unknown as string })],
])('refuses %s', async (_, damage) => {
  const refusal = await restore(damage).catch(error => error)
  expect(refusal).toBeInstanceOf(StateError)
  expect(refusal.reason).toBe('NOT_A_SNAPSHOT')
})
