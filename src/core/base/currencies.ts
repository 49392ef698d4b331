/**
 * Currencies of ISO 4217 that do not have two decimals. Integer amounts of WeChat Pay are in the smallest unit of their
 * currency (最小货币单位): 100 is 1 yuan, 1 Hong Kong dollar, or 100 yen.
 */
const DECIMALS: ReadonlyMap<string, number> = new Map(
  (
    [
      [0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'],
      [3, 'BHD IQD JOD KWD LYD OMR TND'],
      [4, 'CLF UYW'],
    ] as const
  ).flatMap(([decimals, codes]) => codes.split(' ').map(code => [code, decimals] as const)),
)

/** Currencies of overseas merchants (境外商户), as listed by WeChat Pay. */
export const WECHAT_PAY_CURRENCIES: readonly string[] =
  'CNY HKD GBP USD JPY CAD AUD EUR NZD KRW THB SGD RUB CHF SEK DKK NOK AED TRY MOP TWD CZK MYR PHP IDR MNT QAR HUF KHR ISK'.split(
    ' ',
  )

/** The largest number of decimals of any currency. */
export const MAX_DECIMALS = 4

/**
 * Returns the number of decimals of a currency: how many digits of an amount in its smallest unit come after the
 * decimal point.
 *
 * @param currency ISO 4217 code: `CNY`
 * @see https://pay.weixin.qq.com/wiki/doc/api/wxpay/en/sub_merchant_entry/chapter2_1.shtml
 * @example
 * ```ts
 * currencyDecimals('HKD') // 2: amount.total 1750 is HK$17.50
 * currencyDecimals('JPY') // 0: amount.total 1750 is 1750 yen
 * ```
 */
export const currencyDecimals = (currency: string): number => DECIMALS.get(currency) ?? 2
