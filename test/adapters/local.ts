import { createPrivateKey } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert } from 'chai'
import type { FileEnvironment } from '../../src/adapters/files.ts'
import type { Wechatpay, WechatpayOptions } from '../../src/core/index.ts'
import { createSimulator, type SimulatedMerchant } from '../../src/simulator/index.ts'
import { type Case, includes, rejection } from '../conformance/case.ts'
import { APIV3_KEY } from '../conformance/vectors.ts'
import * as keys from '../fixtures/keys.ts'
import { PEM_FORMS } from '../fixtures/pem-forms.ts'

type MakeClient = (environment: FileEnvironment, options?: Partial<WechatpayOptions>) => Wechatpay

/** The simulated merchant, as an environment. */
export function environmentOf(merchant: SimulatedMerchant): FileEnvironment {
  const [[WECHATPAY_PUBLIC_KEY_ID, WECHATPAY_PUBLIC_KEY] = []] = Object.entries(merchant.platformKeys)
  return {
    WECHATPAY_MCHID: merchant.mchid,
    WECHATPAY_CERTIFICATE: merchant.certificate.replaceAll('\n', '\\n'),
    WECHATPAY_PRIVATE_KEY: merchant.privateKey.replaceAll('\n', '\\n'),
    WECHATPAY_APIV3_KEY: merchant.apiv3Key,
    WECHATPAY_APIV2_KEY: merchant.apiv2Key,
    WECHATPAY_PUBLIC_KEY_ID,
    WECHATPAY_PUBLIC_KEY,
  }
}

/** Runs with files of these contents, and takes them away. */
export async function withFiles<T>(
  contents: Readonly<Record<string, string | Uint8Array>>,
  run: (path: (name: string) => string) => T | Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'wechatpay-edge-'))
  const path = (name: string) => join(folder, name)
  try {
    for (const [name, content] of Object.entries(contents)) writeFileSync(path(name), content)
    return await run(path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Cases that hold for the clients of Node, Deno and Bun alike. */
export function localCases(wechatpay: MakeClient): readonly Case[] {
  const example = async (wxpay: Wechatpay, business_code: string) =>
    (await wxpay.v3.apply4subject.applyment.get({ params: { business_code } })).verifiedBy
  const made = async (environment: FileEnvironment): Promise<Error> => rejection((async () => wechatpay(environment))())
  const good: FileEnvironment = {
    WECHATPAY_MCHID: '1900000109',
    WECHATPAY_CERTIFICATE: keys.CERTIFICATE,
    WECHATPAY_PRIVATE_KEY: keys.PRIVATE_KEY,
    WECHATPAY_PUBLIC_KEY_ID: 'PUB_KEY_ID_1',
    WECHATPAY_PUBLIC_KEY: keys.OTHER_PUBLIC_KEY,
  }
  const refused = (
    what: string,
    wrong: FileEnvironment,
    expected: { code: string; option: string },
    words: string,
  ) => ({
    name: `an environment with ${what} is refused, and the variable named`,
    async run() {
      const error = await made({ ...good, ...wrong })
      includes(error, { name: 'ConfigurationError', ...expected })
      assert.include(error.message, words)
      for (const secret of [keys.PRIVATE_KEY, keys.ENCRYPTED_PRIVATE_KEY])
        assert.notInclude(error.message, secret.slice(40, 60), 'no secret in a message')
    },
  })

  return [
    {
      name: 'a client is made from texts in the environment, and calls',
      async run() {
        const { merchant, fetch, examples } = await createSimulator({ seed: 'adapters' })
        const wxpay = wechatpay(environmentOf(merchant), { fetch })
        assert.match((await example(wxpay, examples.business_code))!, /^PUB_KEY_ID_/)
      },
    },
    {
      name: 'a client is made from files that the environment names, newlines at their ends or not, and calls',
      async run() {
        const { merchant, fetch, examples } = await createSimulator({ seed: 'adapters' })
        const [[id, publicKey] = []] = Object.entries(merchant.platformKeys)
        const contents = {
          'apiclient_key.pem': merchant.privateKey,
          'apiclient_cert.pem': merchant.certificate,
          'pub_key.pem': publicKey!,
          'apiv3_key.txt': `${merchant.apiv3Key}\n`,
        }
        await withFiles(contents, async path => {
          const wxpay = wechatpay(
            {
              WECHATPAY_MCHID: merchant.mchid,
              WECHATPAY_PRIVATE_KEY_FILE: path('apiclient_key.pem'),
              WECHATPAY_CERTIFICATE_FILE: path('apiclient_cert.pem'),
              WECHATPAY_APIV3_KEY_FILE: path('apiv3_key.txt'),
              WECHATPAY_PUBLIC_KEY_ID: id,
              WECHATPAY_PUBLIC_KEY_FILE: path('pub_key.pem'),
            },
            { fetch },
          )
          assert.match((await example(wxpay, examples.business_code))!, /^PUB_KEY_ID_/)
        })
      },
    },
    {
      name: 'platform certificates are kept in the file that the environment names, and not fetched by the next process',
      async run() {
        const simulator = await createSimulator({ seed: 'adapters', platform: 'certificate' })
        const { merchant, fetch, examples, journal } = simulator
        await withFiles({}, async path => {
          const environment = {
            ...environmentOf(merchant),
            WECHATPAY_CERTIFICATE_CACHE: path('kept/certificates.json'),
          }
          const serials: unknown[] = []
          for (let process = 0; process < 2; process++)
            serials.push(await example(wechatpay(environment, { fetch }), examples.business_code))
          assert.equal(serials[0], serials[1])
          assert.lengthOf(
            journal.filter(({ url }) => url === '/v3/certificates'),
            1,
          )
        })
      },
    },
    {
      name: 'a private key under a passphrase is opened with it, in whatever form it comes',
      run() {
        for (const form of Object.values(PEM_FORMS))
          for (const [key, WECHATPAY_PRIVATE_KEY_PASSPHRASE] of [
            [keys.ENCRYPTED_PRIVATE_KEY, '1900000109'],
            [keys.ENCRYPTED_PRIVATE_KEY_PKCS1, 'x'],
          ] as const)
            wechatpay({ ...good, WECHATPAY_PRIVATE_KEY: form(key), WECHATPAY_PRIVATE_KEY_PASSPHRASE })
      },
    },
    ...Object.entries(PEM_FORMS).map(
      ([name, form]): Case => ({
        name: `keys and certificates ${name} make a client that calls`,
        async run() {
          const { merchant, fetch, examples } = await createSimulator({ seed: 'adapters' })
          const { WECHATPAY_PUBLIC_KEY_ID } = environmentOf(merchant)
          const pkcs1 = String(createPrivateKey(merchant.privateKey).export({ type: 'pkcs1', format: 'pem' }))
          for (const key of [merchant.privateKey, pkcs1]) {
            const texts = {
              WECHATPAY_MCHID: merchant.mchid,
              WECHATPAY_PRIVATE_KEY: form(key),
              WECHATPAY_CERTIFICATE: form(merchant.certificate),
              WECHATPAY_PUBLIC_KEY: form(Object.values(merchant.platformKeys)[0]!),
              WECHATPAY_PUBLIC_KEY_ID,
            }
            assert.match((await example(wechatpay(texts, { fetch }), examples.business_code))!, /^PUB_KEY_ID_/)
          }
        },
      }),
    ),
    refused('no merchant id', { WECHATPAY_MCHID: '' }, { code: 'OPTION_MISSING', option: 'WECHATPAY_MCHID' }, '商户号'),
    refused(
      'no private key',
      { WECHATPAY_PRIVATE_KEY: undefined },
      { code: 'OPTION_MISSING', option: 'WECHATPAY_PRIVATE_KEY' },
      'apiclient_key.pem',
    ),
    refused(
      'no serial',
      { WECHATPAY_CERTIFICATE: undefined },
      { code: 'OPTION_MISSING', option: 'WECHATPAY_SERIAL' },
      'WECHATPAY_CERTIFICATE',
    ),
    refused(
      "nothing that would prove WeChat Pay's answers",
      { WECHATPAY_PUBLIC_KEY: undefined, WECHATPAY_PUBLIC_KEY_ID: undefined },
      { code: 'OPTION_MISSING', option: 'WECHATPAY_PUBLIC_KEY' },
      'WECHATPAY_APIV3_KEY',
    ),
    refused(
      'an APIv3 key that is too short',
      { WECHATPAY_APIV3_KEY: 'short' },
      { code: 'OPTION_INVALID', option: 'WECHATPAY_APIV3_KEY' },
      '32 bytes',
    ),
    refused(
      'a file that is not there',
      { WECHATPAY_PRIVATE_KEY: undefined, WECHATPAY_PRIVATE_KEY_FILE: '/nowhere/apiclient_key.pem' },
      { code: 'FILE_UNREADABLE', option: 'WECHATPAY_PRIVATE_KEY_FILE' },
      '/nowhere/apiclient_key.pem does not exist',
    ),
    refused(
      'a folder for a file',
      { WECHATPAY_PRIVATE_KEY: undefined, WECHATPAY_PRIVATE_KEY_FILE: 'src' },
      { code: 'FILE_UNREADABLE', option: 'WECHATPAY_PRIVATE_KEY_FILE' },
      'src is a folder',
    ),
    refused(
      'a path where the text is due',
      { WECHATPAY_PRIVATE_KEY: 'apiclient_key.pem' },
      { code: 'PEM_INVALID', option: 'WECHATPAY_PRIVATE_KEY' },
      'WECHATPAY_PRIVATE_KEY_FILE',
    ),
    refused(
      'the text where a path is due',
      { WECHATPAY_PRIVATE_KEY: undefined, WECHATPAY_PRIVATE_KEY_FILE: keys.PRIVATE_KEY },
      { code: 'OPTION_INVALID', option: 'WECHATPAY_PRIVATE_KEY_FILE' },
      'the text goes into WECHATPAY_PRIVATE_KEY',
    ),
    {
      name: 'options in place of the environment are refused, with what to do',
      async run() {
        const error = await made({ apiv3Key: APIV3_KEY } as FileEnvironment)
        includes(error, { name: 'ConfigurationError', code: 'OPTION_INVALID', option: 'apiv3Key' })
        assert.include(error.message, 'options are the second argument')
      },
    },
    {
      name: "a key in its path's place is not shown",
      async run() {
        const { message } = await made({ ...good, WECHATPAY_APIV3_KEY_FILE: APIV3_KEY })
        assert.notInclude(message, APIV3_KEY)
        assert.include(message, 'WECHATPAY_APIV3_KEY_FILE')
      },
    },
    refused(
      'both text and file',
      { WECHATPAY_PRIVATE_KEY_FILE: 'apiclient_key.pem' },
      { code: 'OPTION_INVALID', option: 'WECHATPAY_PRIVATE_KEY_FILE' },
      'WECHATPAY_PRIVATE_KEY is set too',
    ),
    refused(
      'a private key under a passphrase that is not given',
      { WECHATPAY_PRIVATE_KEY: keys.ENCRYPTED_PRIVATE_KEY },
      { code: 'PEM_ENCRYPTED', option: 'WECHATPAY_PRIVATE_KEY' },
      'WECHATPAY_PRIVATE_KEY_PASSPHRASE',
    ),
    refused(
      'a private key under another passphrase',
      { WECHATPAY_PRIVATE_KEY: keys.ENCRYPTED_PRIVATE_KEY, WECHATPAY_PRIVATE_KEY_PASSPHRASE: 'other' },
      { code: 'PASSPHRASE_WRONG', option: 'WECHATPAY_PRIVATE_KEY_PASSPHRASE' },
      'WECHATPAY_PRIVATE_KEY',
    ),
    refused(
      'a certificate that does not match the private key',
      { WECHATPAY_PRIVATE_KEY: keys.OTHER_PRIVATE_KEY },
      { code: 'KEY_MISMATCH', option: 'WECHATPAY_PRIVATE_KEY' },
      'WECHATPAY_CERTIFICATE',
    ),
    refused(
      'a certificate for a private key',
      { WECHATPAY_PRIVATE_KEY: keys.CERTIFICATE },
      { code: 'PEM_WRONG_KIND', option: 'WECHATPAY_PRIVATE_KEY' },
      'PRIVATE KEY',
    ),
  ]
}
