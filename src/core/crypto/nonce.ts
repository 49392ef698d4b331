import { hex } from '../bytes.ts'

/** `nonce_str`: 16 random bytes as 32 hex digits. */
export const nonce = (crypto: Crypto = globalThis.crypto): string => hex(crypto.getRandomValues(new Uint8Array(16)))
