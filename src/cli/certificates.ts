import { join } from 'node:path'
import { credentialsOf } from '../core/client/client.ts'
import { decryptGcm, type GcmCiphertext } from '../core/crypto/aes.ts'
import { importCertificate } from '../core/crypto/keys.ts'
import { isPublicKeyId } from '../core/protocol/platform-keys.ts'
import { type Command, CommandError } from './command.ts'
import { makeFolder, replaceFile } from './file.ts'
import { createCallingClient, ENV_OPTION, JSON_OPTION, KEYS_HELP } from './merchant.ts'
import { jsonText } from './terminal.ts'

export const certificates: Command = {
  name: 'certificates',
  description: `Downloads WeChat Pay's platform certificates (平台证书), verifies them with the APIv3 key and the response's
signature, and saves each as wechatpay_<serial>.pem. A merchant in public-key mode (微信支付公钥) has none.`,
  options: [
    { name: 'out', value: '<folder>', description: 'The folder to save them in. Default: the current folder.' },
    {
      name: 'force',
      description: 'Downloads them although a public key is configured: a merchant that migrates has both.',
    },
    ENV_OPTION,
    JSON_OPTION,
  ],
  epilogue: KEYS_HELP,

  async run(values, { print, stopped }) {
    const { client, options } = await createCallingClient(values)
    const publicKeyId = Object.keys(options.platformKeys ?? {}).find(isPublicKeyId)
    if (publicKeyId && !values.force)
      throw new CommandError(
        `WECHATPAY_PUBLIC_KEY_ID is ${publicKeyId} (public-key mode), so there may be no certificate to download; a call fetches one when it needs it. Use --force while you switch and have both. To use only certificates, remove WECHATPAY_PUBLIC_KEY and WECHATPAY_PUBLIC_KEY_ID.`,
      )
    const { data } = await client.request('GET', 'v3/certificates', { signal: stopped })
    const { account } = credentialsOf(client)
    const key = await account.notificationKey()
    const folder = (values.out as string | undefined) ?? '.'
    await makeFolder(folder)
    const saved: { serial: string; notBefore: Date; notAfter: Date; file: string }[] = []
    for (const { encrypt_certificate } of (data as { data: { encrypt_certificate: GcmCiphertext }[] }).data) {
      const pem = await decryptGcm(encrypt_certificate, key, account.crypto)
      const { serial, notBefore, notAfter } = await importCertificate(pem, 'certificate', account.crypto)
      const file = join(folder, `wechatpay_${serial}.pem`)
      await replaceFile(file, pem)
      saved.push({ serial, notBefore, notAfter, file })
    }
    if (values.json) return print(jsonText(saved, 2))
    for (const { serial, notBefore, notAfter, file } of saved)
      print(`${serial}  valid ${day(notBefore)} to ${day(notAfter)}  ${file}`)
  },
}

const day = (date: Date): string => date.toISOString().slice(0, 10)
