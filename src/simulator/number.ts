/** Random decimal digits, for the numbers that WeChat Pay gives out. */
export function digits(count: number, crypto: Crypto): string {
  let text = ''
  for (const byte of crypto.getRandomValues(new Uint8Array(count))) text += byte % 10
  return text
}
