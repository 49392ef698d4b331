import { equal } from '../../core/crypto/digest.ts'
import { verify } from '../../core/crypto/rsa.ts'
import type { Transfer } from '../accounts/transfers/transfers.ts'
import type { SimulatorContext } from '../context.ts'
import { isSignType, sign, signString } from '../v2/signature.ts'
import { findPayment, type Payment } from './payment.ts'

/** Parameters with which a page or a mini program starts a payment: whatever it passed to `getBrandWCPayRequest`. */
export type StartParameters = Readonly<Record<string, unknown>>

/** The reason why WeChat does not open the cashier. */
export interface StartProblem {
  /** For programs. */
  readonly name: StartProblemName
  /** The parameter that is wrong, if it is one. */
  readonly parameter?: string | undefined
  readonly what: string
  readonly cure: string
  /** Text that `paySign` must sign, if it is not valid. The APIv2 key is masked. */
  readonly expected?: string | undefined
}

export type StartProblemName =
  | 'missing'
  | 'milliseconds'
  | 'package'
  | 'unknown'
  | 'trade-type'
  | 'appid'
  | 'sign-type'
  | 'signature'
  | 'paid'
  | 'closed'
  | 'expired'
  | 'transfer-unknown'
  | 'transfer-merchant'
  | 'transfer-state'

const PROBLEMS: Readonly<Record<StartProblemName, readonly [what: string, cure: string]>> = {
  missing: ['it is missing, or not text', 'Pass all parameters to the page as the library created them'],
  milliseconds: ['it is not in seconds', 'Give seconds since 1970, ten digits, as text'],
  package: ['it does not begin with prepay_id=', 'Write prepay_id= before the prepay_id of the response'],
  unknown: ['no order has this prepay_id', 'Use the prepay_id of the response, and start within two hours'],
  'trade-type': ['the order is not a JSAPI order', 'Place the order at /v3/pay/transactions/jsapi'],
  appid: ['it is not the appid that the order was placed with', 'Start the payment with the appid of the order'],
  'sign-type': ['it is neither RSA, MD5 nor HMAC-SHA256', 'Give RSA for an APIv3 order'],
  signature: [
    'the signature is not valid for these parameters',
    'Sign this text with the merchant’s private key, and change no parameter afterwards',
  ],
  paid: ['the order is paid', 'Show the order as paid'],
  closed: ['the order is closed', 'Place a new order'],
  expired: ['the prepay_id has expired after two hours', 'Place the order again with the same number'],
  'transfer-unknown': ['no transfer has this package_info', 'Use the package_info of the response'],
  'transfer-merchant': ['it is not the merchant of the transfer', 'Give the mchid that placed the transfer'],
  'transfer-state': ['the transfer does not wait for the user', 'Query the transfer, and show its state'],
}

export type PaymentCheck = { readonly payment: Payment } | { readonly problem: StartProblem }
export type TransferCheck = { readonly transfer: Transfer } | { readonly problem: StartProblem }

function problem(name: StartProblemName, parameter?: string, expected?: string): { readonly problem: StartProblem } {
  const [what, cure] = PROBLEMS[name]
  return { problem: { name, parameter, what, cure, expected } }
}

type CheckContext = Pick<
  SimulatorContext,
  'orders' | 'combinedOrders' | 'now' | 'merchant' | 'verificationKey' | 'hmacKey' | 'crypto'
>

const REQUIRED = ['appId', 'timeStamp', 'nonceStr', 'package', 'paySign'] as const

/** Checks the parameters of a payment as WeChat does before it opens the cashier, `paySign` with the merchant's key. */
export async function checkPayment(parameters: StartParameters, context: CheckContext): Promise<PaymentCheck> {
  const missing = REQUIRED.find(name => typeof parameters[name] !== 'string' || parameters[name] === '')
  if (missing) return problem('missing', missing)
  const texts = parameters as Readonly<Record<(typeof REQUIRED)[number], string>>
  if (!/^\d{10}$/.test(texts.timeStamp)) return problem('milliseconds', 'timeStamp')
  const [, prepay_id] = /^prepay_id=(.+)$/s.exec(texts.package) ?? []
  if (prepay_id === undefined) return problem('package', 'package')
  const payment = findPayment({ prepay_id }, context)
  if (!payment) return problem('unknown', 'package')
  if (payment.trade_type !== 'JSAPI') return problem('trade-type', 'package')
  if (!payment.appids.includes(texts.appId)) return problem('appid', 'appId')
  const signature = await checkSignature(texts, parameters.signType ?? 'MD5', context)
  if (signature) return signature
  if (payment.state !== 'payable') return problem(payment.state)
  return { payment }
}

async function checkSignature(
  texts: Readonly<Record<(typeof REQUIRED)[number], string>>,
  signType: unknown,
  context: CheckContext,
): Promise<{ readonly problem: StartProblem } | undefined> {
  const { appId, timeStamp, nonceStr, package: packaged, paySign } = texts
  if (signType === 'RSA') {
    const expected = `${appId}\n${timeStamp}\n${nonceStr}\n${packaged}\n`
    const isValid = await verify(expected, paySign, context.verificationKey, context.crypto)
    return isValid ? undefined : problem('signature', 'paySign', expected)
  }
  if (typeof signType !== 'string' || !isSignType(signType)) return problem('sign-type', 'signType')
  const fields = { appId, timeStamp, nonceStr, package: packaged, signType }
  if (equal(await sign(fields, signType, context), paySign)) return undefined
  return problem('signature', 'paySign', `${signString(fields)}&key=***`)
}

/** Checks the parameters with which a page or a mini program asks the user to accept a transfer. They are not signed. */
export function checkTransfer(
  parameters: StartParameters,
  { transfers, merchant }: Pick<SimulatorContext, 'transfers' | 'merchant'>,
): TransferCheck {
  const missing = ['mchId', 'appId', 'package'].find(name => typeof parameters[name] !== 'string' || !parameters[name])
  if (missing) return problem('missing', missing)
  const transfer = [...transfers.all()].find(({ package_info }) => package_info === parameters.package)
  if (!transfer) return problem('transfer-unknown', 'package')
  if (parameters.mchId !== merchant.mchid) return problem('transfer-merchant', 'mchId')
  if (parameters.appId !== transfer.appid) return problem('appid', 'appId')
  if (transfer.state !== 'WAIT_USER_CONFIRM') return problem('transfer-state')
  return { transfer }
}
