import { hex } from '../../core/base/bytes.ts'

/** Returns a new `Request-ID`, which WeChat Pay gives each response and each notification. */
export const createRequestId = (crypto: Crypto): string =>
  `${hex(crypto.getRandomValues(new Uint8Array(20))).toUpperCase()}-0`
