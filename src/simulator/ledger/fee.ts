/** 0.6 % of an amount, in fen (手续费). */
export const fee = (fen: number): number => Math.round((fen * 6) / 1000)
