/** Creates a `nonce_str`: 32 random hex digits. */
export const nonce = (crypto: Crypto = globalThis.crypto): string => crypto.randomUUID().replaceAll('-', '')
