/**
 * Returns an amount as the pages show it: `1.00 CNY`.
 *
 * @param total fen
 */
export const moneyOf = (total: number, currency = 'CNY'): string => `${(total / 100).toFixed(2)} ${currency}`
