/** The WebCrypto under test: the runtime's, or what test/peculiar.ts or test/node-crypto.ts has put in its place. */
export const crypto: Crypto = (globalThis as { crypto$?: Crypto }).crypto$ ?? globalThis.crypto
