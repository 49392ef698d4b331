/** The calls that the holder of the key signs. Whoever can have anything signed needs no key. */
const CALLS = [
  /^POST \/v3\/pay\/transactions\/(?:jsapi|native|app|h5)$/,
  /^GET \/v3\/pay\/transactions\/(?:id|out-trade-no)\/[^/]+\?/,
  /^GET \/v3\/certificates$/,
]
/** The greatest order in fen (分). */
const MAX_TOTAL = 100_000

/**
 * Returns whether to sign a message: the parameters that start a payment (four lines), or a call (five) that is listed.
 * The lines are those of https://pay.weixin.qq.com/doc/v3/merchant/4012365342: method, path, time, nonce, body.
 */
export function mayBeSigned(message: Uint8Array): boolean {
  const lines = new TextDecoder('utf-8', { fatal: true }).decode(message).split('\n')
  // An appid begins the one, a method the other; each ends with a line break.
  if (lines.length === 5) return /^wx\w+$/.test(lines[0]!) && lines[4] === ''
  const [method, path, , , body, end] = lines
  if (lines.length !== 6 || end !== '' || !CALLS.some(call => call.test(`${method} ${path}`))) return false
  return method !== 'POST' || isSmall(body!)
}

function isSmall(body: string): boolean {
  const order = JSON.parse(body)
  const total = order.amount?.total
  // A name that occurs twice would have one value here, and perhaps the other at WeChat Pay.
  return JSON.stringify(order) === body && Number.isInteger(total) && total <= MAX_TOTAL
}
