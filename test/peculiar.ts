import { Crypto } from '@peculiar/webcrypto'

// For the project "peculiar": what test/webcrypto.ts then gives.
Object.assign(globalThis, { crypto$: new Crypto() })
