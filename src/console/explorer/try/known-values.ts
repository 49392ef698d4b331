import type { FormValue, KnownValues } from '../form-value.ts'
import type { SimulatorCredentials } from './credentials.ts'

/** Values of earlier calls by the name of their field: the number of an order goes on to its query and its refund. */
const remembered = new Map<string, string>()

const NUMBER = /(_no|_id|_code)$/
const MAX_DEPTH = 8

/** Remembers the numbers in what was sent or received, as long as the page is open. */
export function rememberNumbers(value: unknown, depth = 0): void {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return
  for (const [name, member] of Object.entries(value)) {
    if (typeof member === 'string' && member !== '' && NUMBER.test(name)) remembered.set(name, member)
    else rememberNumbers(member, depth + 1)
  }
}

/** Names of the fields that hold what the simulator says of its merchant. */
const MERCHANT_FIELDS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^sub_?mch_?id$/, 'sub_mchid'],
  [/^(sp_|combine_|belong_|stock_creator_)?mch_?id$|^(belong_merchant|stock_creator_mchid|merchant_id)$/, 'mchid'],
  [/^(sp_|combine_|mch_)?appid$/, 'appid'],
  [/^(sp_)?openid$/, 'openid'],
  [/^brand_id$/, 'brand_id'],
]

/** Returns the values that a form can be filled in with. */
export function knownValues(credentials: SimulatorCredentials | undefined): KnownValues {
  const examples = Object.entries(credentials?.examples ?? {}).filter(([, value]) => typeof value === 'string')
  const merchant = new Map<string, string>(examples as [string, string][])
  if (credentials) {
    const { mchid, appid } = credentials.merchant
    merchant.set('mchid', mchid).set('appid', appid)
    if (credentials.brand) merchant.set('brand_id', credentials.brand.brandId)
  }
  return {
    now: credentials?.now ?? Date.now(),
    valueOf(name) {
      const field = MERCHANT_FIELDS.find(([pattern]) => pattern.test(name))?.[1]
      return (field === undefined ? undefined : merchant.get(field)) ?? remembered.get(name)
    },
  }
}

/** Returns whether a value holds a file. */
export const hasFile = (value: FormValue | undefined): boolean =>
  value instanceof File ||
  (typeof value === 'object' && Object.values(value).some(member => hasFile(member as FormValue)))
