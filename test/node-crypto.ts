import { createNodeCrypto } from '../src/adapters/node-crypto.ts'

// For the project "slow-node-crypto": what test/webcrypto.ts then gives. Nothing waits, so the calling thread does all that it can.
Object.assign(globalThis, { crypto$: createNodeCrypto(crypto, () => false) })
