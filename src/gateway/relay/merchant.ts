import type { Wechatpay } from '../../core/index.ts'
import type { Caller } from '../caller/caller.ts'
import { fieldsOf } from '../fields.ts'
import { Refusal } from '../problem.ts'

/** Names the merchant (商户号) for which a call is made, if its body does not. */
export const MCHID_HEADER = 'Wechatpay-Edge-Mchid'
/** The fields of a body that name the signing merchant. */
const NAMES: readonly string[] = ['mchid', 'sp_mchid', 'combine_mchid', 'mch_id', 'combine_mch_id']

type Merchants = Readonly<Record<string, Wechatpay>>

/**
 * Determines the merchant whose keys sign a call: the one that the header names; otherwise a merchant of the gateway that the query or
 * the body names; otherwise the only one that the caller may act for.
 *
 * @param admitted `onMerchant` is called with the merchant, so that the log names it even if the call is refused
 * @throws {Refusal} 400 `MERCHANT_MISSING`, 403 `FORBIDDEN`, 404 `MERCHANT_UNKNOWN`
 */
export function merchantOf(
  { caller, onMerchant }: { readonly caller: Caller; readonly onMerchant: (mchid: string) => void },
  named: string | undefined,
  messages: readonly unknown[],
  { merchants }: { readonly merchants: Merchants },
): { mchid: string; client: Wechatpay } {
  const own = caller.merchants ?? Object.keys(merchants)
  const mchid = named ?? inMessages(messages, merchants) ?? (own.length === 1 ? own[0] : undefined)
  if (mchid === undefined)
    throw new Refusal({
      status: 400,
      code: 'MERCHANT_MISSING',
      detail: `The call does not name its merchant (商户号). Send the header ${MCHID_HEADER}.`,
    })
  if (!Object.hasOwn(merchants, mchid))
    throw new Refusal({
      status: 404,
      code: 'MERCHANT_UNKNOWN',
      detail: `This gateway has no keys for the merchant ${/^\d{1,20}$/.test(mchid) ? mchid : 'that the call names'}.`,
    })
  onMerchant(mchid)
  if (!own.includes(mchid))
    throw new Refusal({
      status: 403,
      code: 'FORBIDDEN',
      detail: `${caller.name} may not act for the merchant ${mchid}.`,
    })
  return { mchid, client: merchants[mchid]! }
}

/** Returns whether a message names another merchant than the one whose keys sign it. */
export const namesAnother = (mchid: string, messages: readonly unknown[]): boolean =>
  messages.map(fieldsOf).some(fields =>
    NAMES.some(name => {
      const value = Object.hasOwn(fields, name) ? String(fields[name] ?? '') : ''
      return value !== '' && value !== mchid
    }),
  )

function inMessages(messages: readonly unknown[], merchants: Merchants): string | undefined {
  for (const fields of messages.map(fieldsOf))
    for (const name of NAMES) {
      const value = Object.hasOwn(fields, name) ? String(fields[name]) : ''
      if (Object.hasOwn(merchants, value)) return value
    }
  return undefined
}
