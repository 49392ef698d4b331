/** The WebCrypto under test: the runtime's, or @peculiar/webcrypto where test/peculiar.ts has put it. */
export const crypto: Crypto = (globalThis as { crypto$?: Crypto }).crypto$ ?? globalThis.crypto
