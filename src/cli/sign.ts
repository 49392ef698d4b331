import { credentialsOf, senderOf } from '../core/client/client.ts'
import { credentialsFor } from '../core/client/send-call.ts'
import type { SignType, Wechatpay } from '../core/index.ts'
import { signFields } from '../core/protocol/v2.ts'
import { type PrepaidInApp, startApp, startJsapi, startMiniProgram } from '../flows/payment/index.ts'
import { type Command, usageError, type Values } from './command.ts'
import { readRequiredFile } from './file.ts'
import { createOfflineClient, ENV_OPTION, JSON_OPTION, KEYS_HELP } from './merchant.ts'
import { jsonText, type Terminal } from './terminal.ts'

/** The kinds of payment that the command signs, by their names on the command line. */
const PAYMENTS = { jsapi: startJsapi, 'mini-program': startMiniProgram, app: startApp } satisfies Record<
  string,
  (client: Wechatpay, order: PrepaidInApp) => Promise<object>
>
type PaymentKind = keyof typeof PAYMENTS

const isPaymentKind = (text: string): text is PaymentKind => Object.hasOwn(PAYMENTS, text)

export const sign: Command = {
  name: 'sign',
  operands: '[jsapi | mini-program | app | v2 key=value …]',
  description: `Makes signatures to compare with those of your program. --message signs a text with the private key (SHA256withRSA,
base64); jsapi, mini-program and app make the parameters with which a client starts a payment; v2 signs fields with
the APIv2 key. Nothing is sent.`,
  options: [
    {
      name: 'message',
      short: 'm',
      value: '<text>',
      description:
        'The text to sign, as it is; @file signs the bytes of a file, @- the standard input. APIv3 ends\neach line with a line break, the last one too.',
    },
    { name: 'brand', description: '--message: signs with the private key of the brand (品牌 API 证书).' },
    { name: 'prepay-id', value: '<id>', description: 'The prepay_id in the response to placing the order.' },
    { name: 'appid', value: '<appid>', description: 'The appid of the order.' },
    { name: 'partner-id', value: '<mchid>', description: 'app: the merchant of the order. Default: WECHATPAY_MCHID.' },
    {
      name: 'sign-type',
      value: '<type>',
      description: 'v2: MD5 or HMAC-SHA256. Default: the field sign_type, otherwise MD5.',
    },
    ENV_OPTION,
    JSON_OPTION,
  ],
  epilogue: `For example:
  printf 'GET\\n/v3/certificates\\n1700000000\\nnonce\\n\\n' | wechatpay-edge sign --message @-
  wechatpay-edge sign jsapi --prepay-id wx2016… --appid wx…
  wechatpay-edge sign v2 appid=wx… mch_id=1900000109 nonce_str=abc --sign-type HMAC-SHA256
${KEYS_HELP}`,

  async run(values, { print }: Terminal, args) {
    const [kind, ...rest] = args
    refuseOtherOptions(kind, values)
    if (kind === 'v2') {
      const fields = readFields(rest)
      const type = signTypeOf((values['sign-type'] as string | undefined) ?? fields.sign_type ?? 'MD5')
      const { account } = credentialsOf((await createOfflineClient(values)).client)
      const signature = await signFields(fields, type, account)
      return print(values.json ? jsonText({ sign: signature, sign_type: type }) : signature)
    }
    if (rest.length)
      throw usageError(`${JSON.stringify(rest[0])} is an operand too many. See: wechatpay-edge sign --help`)
    if (kind === undefined) return print(await signText(values))
    if (!isPaymentKind(kind))
      throw usageError(
        `${JSON.stringify(kind)} is not a kind of signature. Use ${Object.keys(PAYMENTS).join(', ')}, v2, or --message.`,
      )
    print(jsonText(await signPayment(kind, values), 2))
  },
}

/** The options of each kind of signature. */
const OPTIONS_OF_KIND: Readonly<Record<string, readonly string[]>> = {
  message: ['message', 'brand'],
  v2: ['sign-type'],
  app: ['prepay-id', 'appid', 'partner-id'],
  jsapi: ['prepay-id', 'appid'],
  'mini-program': ['prepay-id', 'appid'],
}

function refuseOtherOptions(kind: string | undefined, values: Values): void {
  const own = OPTIONS_OF_KIND[kind ?? 'message'] ?? Object.values(OPTIONS_OF_KIND).flat()
  const foreign = Object.values(OPTIONS_OF_KIND)
    .flat()
    .find(name => values[name] !== undefined && !own.includes(name))
  if (foreign) throw usageError(`--${foreign} is not for ${kind ?? 'a message'}. See: wechatpay-edge sign --help`)
}

async function signText(values: Values): Promise<string> {
  const given = values.message as string | undefined
  if (given === undefined)
    throw usageError('Nothing to sign is given. Use --message <text>, jsapi, mini-program, app or v2.')
  const content = given.startsWith('@') ? new Uint8Array(await readRequiredFile(given.slice(1))) : given
  const { client } = await createOfflineClient(values)
  const { account } = credentialsFor(senderOf(client), values.brand ? 'brand' : 'v3')
  const signature = await account.sign(content)
  return values.json ? jsonText({ signature }) : signature
}

async function signPayment(kind: PaymentKind, values: Values): Promise<object> {
  const [prepay_id, appid] = ['prepay-id', 'appid'].map(name => {
    const value = values[name] as string | undefined
    if (value) return value
    throw usageError(
      `--${name} is missing. Give ${name === 'appid' ? 'the appid of the order' : 'the prepay_id in the response to placing the order'}.`,
    )
  }) as [string, string]
  const { client } = await createOfflineClient(values)
  const partner = values['partner-id'] as string | undefined
  return PAYMENTS[kind](client, {
    appid,
    prepay_id,
    mchid: partner ?? (kind === 'app' ? mchidOf(client) : undefined),
  })
}

function mchidOf(client: Wechatpay): string {
  const { mchid } = credentialsOf(client).account
  if (mchid === '0')
    throw usageError('--partner-id and WECHATPAY_MCHID are missing. Give the merchant of the order in one of them.')
  return mchid
}

/** @throws {CommandError} */
function readFields(pairs: readonly string[]): Record<string, string> {
  if (pairs.length === 0)
    throw usageError('v2: no fields are given. For example: wechatpay-edge sign v2 appid=wx… mch_id=1900000109')
  const fields = new Map<string, string>()
  for (const pair of pairs) {
    const [name, value] = pair.split(/=(.*)/s)
    if (!name || value === undefined) throw usageError(`${JSON.stringify(pair)}: give key=value.`)
    if (fields.has(name)) throw usageError(`${name} is given twice.`)
    fields.set(name, value)
  }
  return Object.fromEntries(fields)
}

function signTypeOf(text: string): SignType {
  if (text === 'MD5' || text === 'HMAC-SHA256') return text
  throw usageError(`--sign-type must be MD5 or HMAC-SHA256, not ${JSON.stringify(text)}.`)
}
