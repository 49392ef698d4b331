import { credentialsOf } from '../core/client.ts'
import { sign as signMessage } from '../core/crypto/rsa.ts'
import type { SignType, Wechatpay } from '../core/index.ts'
import { signFields } from '../core/protocol/v2.ts'
import { type PrepaidInApp, startApp, startJsapi, startMiniProgram } from '../flows/payment/index.ts'
import { type Command, usage, type Values } from './command.ts'
import { readFileOrFail } from './file.ts'
import { ENV, JSON_OUTPUT, KEYS, readKeys } from './merchant.ts'
import type { Terminal } from './terminal.ts'

/** The kinds of payment that the command signs, by their names on the command line. */
const PAYMENTS = { jsapi: startJsapi, 'mini-program': startMiniProgram, app: startApp } satisfies Record<
  string,
  (client: Wechatpay, order: PrepaidInApp) => Promise<object>
>
type PaymentKind = keyof typeof PAYMENTS

const isPaymentKind = (text: string): text is PaymentKind => Object.hasOwn(PAYMENTS, text)

export const sign: Command = {
  name: 'sign',
  takes: '[jsapi | mini-program | app | v2 key=value …]',
  about: `Signs, to compare with what your program made. Alone it signs a message with the private key (SHA256withRSA, base64);
jsapi, mini-program and app give what a client needs to start a payment; v2 signs fields with the APIv2 key.
Nothing is sent.`,
  options: [
    {
      name: 'message',
      short: 'm',
      value: '<text>',
      text: 'What is signed, as it stands; @file: the bytes of that file, @- what is piped in. APIv3 ends\neach line with a line break, the last too.',
    },
    { name: 'prepay-id', value: '<id>', text: 'What placing the order answered.' },
    { name: 'appid', value: '<appid>', text: 'That of the order.' },
    { name: 'partner-id', value: '<mchid>', text: 'app: whose order it is. Default: WECHATPAY_MCHID.' },
    { name: 'sign-type', value: '<type>', text: 'v2: MD5 or HMAC-SHA256. Default: the field sign_type, else MD5.' },
    ENV,
    JSON_OUTPUT,
  ],
  more: `For example:
  printf 'GET\\n/v3/certificates\\n1700000000\\nnonce\\n\\n' | wechatpay-edge sign --message @-
  wechatpay-edge sign jsapi --prepay-id wx2016… --appid wx…
  wechatpay-edge sign v2 appid=wx… mch_id=1900000109 nonce_str=abc --sign-type HMAC-SHA256
${KEYS}`,

  async run(values, { print }: Terminal, args) {
    const [kind, ...rest] = args
    refuseForeign(kind, values)
    if (kind === 'v2') {
      const fields = readFields(rest)
      const type = signTypeOf((values['sign-type'] as string | undefined) ?? fields.sign_type ?? 'MD5')
      const { account } = credentialsOf((await readKeys(values)).client)
      const signature = await signFields(fields, type, account)
      return print(values.json ? JSON.stringify({ sign: signature, sign_type: type }) : signature)
    }
    if (rest.length) throw usage(`${JSON.stringify(rest[0])} is too much. See: wechatpay-edge sign --help`)
    if (kind === undefined) return print(await message(values))
    if (!isPaymentKind(kind))
      throw usage(
        `${JSON.stringify(kind)} is nothing to sign. There are: ${Object.keys(PAYMENTS).join(', ')}, v2; or --message.`,
      )
    print(JSON.stringify(await payment(kind, values), undefined, 2))
  },
}

/** The options that one way of signing alone has. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  message: ['message'],
  v2: ['sign-type'],
  app: ['prepay-id', 'appid', 'partner-id'],
  jsapi: ['prepay-id', 'appid'],
  'mini-program': ['prepay-id', 'appid'],
}

function refuseForeign(kind: string | undefined, values: Values): void {
  const own = OWN[kind ?? 'message'] ?? Object.values(OWN).flat()
  const foreign = Object.values(OWN)
    .flat()
    .find(name => values[name] !== undefined && !own.includes(name))
  if (foreign) throw usage(`--${foreign} is not for ${kind ?? 'a message'}. See: wechatpay-edge sign --help`)
}

async function message(values: Values): Promise<string> {
  const given = values.message as string | undefined
  if (given === undefined)
    throw usage('What shall be signed? --message <text>, or one of: jsapi, mini-program, app, v2.')
  const content = given.startsWith('@') ? new Uint8Array(await readFileOrFail(given.slice(1))) : given
  const { client } = await readKeys(values)
  const { account } = credentialsOf(client)
  const signature = await signMessage(content, (await account.privateKey()).sign, account.crypto)
  return values.json ? JSON.stringify({ signature }) : signature
}

async function payment(kind: PaymentKind, values: Values): Promise<object> {
  const [prepay_id, appid] = ['prepay-id', 'appid'].map(name => {
    const value = values[name] as string | undefined
    if (value) return value
    throw usage(`--${name} is missing: ${name === 'appid' ? 'that of the order' : 'what placing the order answered'}.`)
  }) as [string, string]
  const { client } = await readKeys(values)
  const partner = values['partner-id'] as string | undefined
  return PAYMENTS[kind](client, {
    appid,
    prepay_id,
    mchid: partner ?? (kind === 'app' ? mchidOf(client) : undefined),
  })
}

function mchidOf(client: Wechatpay): string {
  const { mchid } = credentialsOf(client).account
  if (mchid === '0') throw usage('--partner-id is missing, and so is WECHATPAY_MCHID: the merchant whose order it is.')
  return mchid
}

/** @throws {CommandError} */
function readFields(pairs: readonly string[]): Record<string, string> {
  if (pairs.length === 0)
    throw usage('v2: which fields? For example: wechatpay-edge sign v2 appid=wx… mch_id=1900000109')
  const fields = new Map<string, string>()
  for (const pair of pairs) {
    const [name, value] = pair.split(/=(.*)/s)
    if (!name || value === undefined) throw usage(`${JSON.stringify(pair)}: give key=value.`)
    if (fields.has(name)) throw usage(`${name} is given twice.`)
    fields.set(name, value)
  }
  return Object.fromEntries(fields)
}

function signTypeOf(text: string): SignType {
  if (text === 'MD5' || text === 'HMAC-SHA256') return text
  throw usage(`--sign-type is MD5 or HMAC-SHA256, not ${JSON.stringify(text)}.`)
}
