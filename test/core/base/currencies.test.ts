import { expect, it } from 'vitest'
import { currencyDecimals, MAX_DECIMALS, WECHAT_PAY_CURRENCIES } from '../../../src/core/base/currencies.ts'

/** Of ICU, which follows ISO 4217 in all of these. */
const decimalsOf = (currency: string) =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits

/** ISO 4217 gives them two, and CLDR none, as no shop counts in them. */
const UNLIKE = ['IDR', 'HUF']

it.each(WECHAT_PAY_CURRENCIES.filter(currency => !UNLIKE.includes(currency)))(
  '%s has as many decimals as Intl says',
  currency => {
    expect(currencyDecimals(currency)).toBe(decimalsOf(currency))
  },
)

it('knows those of other currencies than two decimals, and two of any other', () => {
  for (const currency of ['BHD', 'CLP', 'KWD', 'VND', 'XOF', 'CLF', 'UYW', 'BRL', 'MXN'])
    expect([currency, currencyDecimals(currency)]).toEqual([currency, decimalsOf(currency)])
  expect(['', 'cny', '__proto__', 'toString'].map(currencyDecimals)).toEqual([2, 2, 2, 2])
  expect(MAX_DECIMALS).toBe(4)
})
