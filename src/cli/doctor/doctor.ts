import type { NodeEnvironment } from '../../adapters/node.ts'
import { type Check, printChecks } from '../checks.ts'
import type { Command } from '../command.ts'
import { ENV_OPTION, JSON_OPTION, readEnvironment, WITHOUT_MERCHANT_HELP } from '../merchant.ts'
import { checkCalls } from './calls.ts'
import { checkKeys } from './keys.ts'
import { checkNetwork } from './network.ts'

export const doctor: Command = {
  name: 'doctor',
  description: `Checks what a merchant's program needs: its keys and certificate, the clock, the network, and with a call that
changes nothing whether WeChat Pay accepts the signature. One line per check: ✓ passed; ✗ failed, and how to fix it;
– not checked.`,
  options: [{ name: 'offline', description: 'Sends nothing and checks only the keys.' }, ENV_OPTION, JSON_OPTION],
  epilogue: `In the environment, or in .env of the current folder:
  WECHATPAY_MCHID                    merchant id (商户号)
  WECHATPAY_PRIVATE_KEY              apiclient_key.pem; or its path in WECHATPAY_PRIVATE_KEY_FILE
  WECHATPAY_PRIVATE_KEY_PASSPHRASE   of an encrypted private key
  WECHATPAY_CERTIFICATE              apiclient_cert.pem; or its path in WECHATPAY_CERTIFICATE_FILE
  WECHATPAY_SERIAL                   serial of the certificate; not needed with WECHATPAY_CERTIFICATE
  WECHATPAY_PUBLIC_KEY               pub_key.pem (微信支付公钥); or its path in WECHATPAY_PUBLIC_KEY_FILE
  WECHATPAY_PUBLIC_KEY_ID            PUB_KEY_ID_…
  WECHATPAY_APIV3_KEY                APIv3 key (APIv3 密钥); or its path in WECHATPAY_APIV3_KEY_FILE
  WECHATPAY_APIV2_KEY                APIv2 key (API 密钥); or its path in WECHATPAY_APIV2_KEY_FILE
  WECHATPAY_P12_FILE                 apiclient_cert.p12, and WECHATPAY_P12_PASSPHRASE if it is not the merchant id
  WECHATPAY_BASE_URL                 a simulator or a proxy instead of https://api.mch.weixin.qq.com
${WITHOUT_MERCHANT_HELP}.`,

  async run(values, terminal) {
    const environment = await readEnvironment(values)
    const checks = await checkAll(environment, { offline: Boolean(values.offline), stopped: terminal.stopped })
    printChecks(checks, terminal, Boolean(values.json))
  },
}

/** Runs every check. It never throws, whatever is set: an error becomes a failed check that says how to fix it. */
export async function checkAll(
  environment: NodeEnvironment,
  { offline, stopped }: { offline: boolean; stopped: AbortSignal },
): Promise<Check[]> {
  if (offline) return checkKeys(environment)
  // The hosts come first: if this machine's clock is wrong, their time decides whether a certificate is valid.
  const { checks: network, skew = 0 } = await checkNetwork(environment.WECHATPAY_BASE_URL, stopped)
  const keys = await checkKeys(environment, Date.now() - skew * 1000)
  const earlierChecks = [...keys, ...network]
  return [...earlierChecks, ...(await checkCalls(environment, { earlierChecks, skew, stopped }))]
}
