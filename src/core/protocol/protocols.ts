import type { Api } from '../../definitions/call.ts'
import type { CredentialsByApi, Protocol } from './call.ts'
import * as v2 from './v2.ts'
import * as v3 from './v3.ts'

/** The encoding and decoding of each API. The brand API is APIv3 with the scheme, the id and the keys of a brand. */
export const PROTOCOLS: { readonly [Each in Api]: Protocol<CredentialsByApi[Each]> } = {
  v2: v2.protocol,
  v3: v3.protocol,
  brand: v3.protocol,
}
