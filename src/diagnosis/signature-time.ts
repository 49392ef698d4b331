/** Returns the time that the signature of a message names, milliseconds since 1970; undefined if there is none. */
export function signatureTimeOf(headers: Headers): number | undefined {
  const [, signed] = /\btimestamp="(\d{1,12})"/.exec(headers.get('authorization') ?? '') ?? []
  const time = signed ?? headers.get('wechatpay-timestamp') ?? ''
  return /^\d{1,12}$/.test(time) ? Number(time) * 1000 : undefined
}
