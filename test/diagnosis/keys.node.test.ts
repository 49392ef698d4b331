/** Reading the keys in a text. Certificates are judged by node:crypto. */
import { X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { merchantFiles } from '../../src/cli/simulator/merchant-files.ts'
import { readKeys } from '../../src/diagnosis/keys/read.ts'
import { createSimulator } from '../../src/simulator/index.ts'
import * as keys from '../fixtures/keys.ts'
import { PEM_FORMS } from '../fixtures/pem-forms.ts'
import { APIV3_KEY, KEYS, PUBLIC_KEY_ID, SERIAL } from './signed-messages.ts'

const read = (text: string, secrets = {}) => readKeys(text, secrets, crypto)

test('a merchant’s keys have their kinds, ids and sizes; the private key is that of the certificate', async () => {
  const { keys: given, problems } = await read(KEYS)
  expect(given.map(({ kind, id, bits }) => [kind, id, bits])).toEqual([
    ['public-key', PUBLIC_KEY_ID, 2048],
    ['private-key', SERIAL, 2048],
    ['certificate', SERIAL, 2048],
  ])
  expect(problems).toEqual([])
  const other = await read(`${keys.OTHER_PRIVATE_KEY}${keys.CERTIFICATE}`)
  expect(other.keys[0]).toMatchObject({ kind: 'private-key', id: undefined })
})

test.each([keys.CERTIFICATE, keys.OTHER_CERTIFICATE, keys.SERVER_CERTIFICATE])(
  'a certificate is read as node:crypto reads it',
  async pem => {
    const [certificate] = (await read(pem)).keys
    const expected = new X509Certificate(pem)
    expect(certificate).toMatchObject({
      id: expected.serialNumber,
      subject: expected.subject.replaceAll('\n', ', '),
      issuer: expected.issuer.replaceAll('\n', ', '),
      fingerprint: expected.fingerprint256,
      notBefore: new Date(expected.validFrom),
      notAfter: new Date(expected.validTo),
    })
  },
)

test.each(Object.keys(PEM_FORMS))('a key in the form "%s" is read', async form => {
  const { keys: given, problems } = await read(PEM_FORMS[form]!(keys.PRIVATE_KEY))
  expect([given.map(({ kind }) => kind), problems]).toEqual([['private-key'], []])
})

test('no private key can be exported', async () => {
  const [key] = (await read(keys.PRIVATE_KEY)).keys
  if (key?.kind !== 'private-key') throw new Error('no private key')
  expect([key.key.sign.extractable, key.key.decrypt!.extractable, key.verify.extractable]).toEqual([
    false,
    false,
    false,
  ])
})

test('the .env of a simulated merchant with a brand is read as a whole', async () => {
  const simulator = await createSimulator({
    seed: 'env',
    brandId: '40000',
    platform: 'public-key',
  })
  const { merchant, brand } = simulator
  const files = await merchantFiles(simulator, { url: 'http://localhost', tls: undefined })
  const env = Object.entries(files).find(([name]) => name === '.env')![1]
  const { keys: given, secrets, problems } = await read(String(env))
  expect(problems).toEqual([])
  expect(secrets).toEqual({ apiv3Key: merchant.apiv3Key, apiv2Key: merchant.apiv2Key, 'brand.apiKey': brand!.apiKey })
  const ids = given.filter(({ kind }) => kind === 'public-key').map(({ id }) => id)
  expect(ids).toEqual([...Object.keys(merchant.platformKeys), ...Object.keys(brand!.platformKeys)])
})

test('a typed key takes precedence over the text', async () => {
  const { secrets } = await read(`WECHATPAY_APIV3_KEY=${'x'.repeat(32)}`, { apiv3Key: APIV3_KEY })
  expect(secrets).toEqual({ apiv3Key: APIV3_KEY })
})

test('an id belongs to one public key only, the one that it stands next to', async () => {
  const text = `${keys.PUBLIC_KEY.trim()} PUB_KEY_ID_1\n${keys.OTHER_PUBLIC_KEY}`
  expect((await read(text)).keys.map(({ id }) => id)).toEqual(['PUB_KEY_ID_1', undefined])
  const both = `PUB_KEY_ID_1\n${keys.PUBLIC_KEY}\nPUB_KEY_ID_2\n${keys.OTHER_PUBLIC_KEY}`
  expect((await read(both)).keys.map(({ id }) => id)).toEqual(['PUB_KEY_ID_1', 'PUB_KEY_ID_2'])
})

test.each<[what: string, text: string, secrets: Record<string, string>, problem: object]>([
  ['an encrypted key', keys.ENCRYPTED_PRIVATE_KEY, {}, { kind: 'pem', number: 1, error: { code: 'PEM_ENCRYPTED' } }],
  ['an elliptic key', keys.EC_PRIVATE_KEY, {}, { kind: 'pem', error: { code: 'PEM_INVALID' } }],
  [
    'a block that is cut',
    keys.CERTIFICATE.replace(/\n.{64}\n.{64}/, ''),
    {},
    { kind: 'pem', error: { code: 'PEM_INVALID' } },
  ],
  ['text without a key', 'hello', {}, { kind: 'no-keys' }],
  ['a short APIv3 key', '', { apiv3Key: 'short' }, { kind: 'length', name: 'apiv3Key', bytes: 5 }],
  ['PEM as the APIv3 key', '', { apiv3Key: keys.PRIVATE_KEY }, { kind: 'pem-as-secret', name: 'apiv3Key' }],
  ['too many', keys.PUBLIC_KEY.repeat(21), {}, { kind: 'too-many', count: 22 }],
])('%s is named, and the rest is read', async (_, text, secrets, problem) => {
  const { problems, keys: given } = await read(`${text}\n${text.includes('BEGIN') ? keys.PUBLIC_KEY : ''}`, secrets)
  expect(problems[0]).toMatchObject(problem)
  if (text.includes('BEGIN')) expect(given.at(-1)).toMatchObject({ kind: 'public-key' })
  expect(JSON.stringify(problems)).not.toContain(keys.PRIVATE_KEY.split('\n')[1])
})
