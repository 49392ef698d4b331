import { type Finding, failed, type KeyFindingValues, passed, type Signer } from '../finding.ts'
import type { FindKey } from '../verify-v3.ts'
import type { GivenKey } from './given-keys.ts'

type KeyFinding = Finding<keyof KeyFindingValues>

const verifierOf = (key: GivenKey): CryptoKey => (key.kind === 'private-key' ? key.verify : key.key.verify)

/** Names a key that is given: its id, or what it is. */
const nameOf = ({ kind, id }: GivenKey): string => id ?? kind

/** Returns the keys that may have signed a request: those of a merchant or a brand. A key with the id of a public key is WeChat Pay's. */
const merchantKeys = (keys: readonly GivenKey[]): readonly GivenKey[] =>
  keys.filter(({ kind, id }) => kind !== 'public-key' || id === undefined)

/** Returns the keys that WeChat Pay may have signed with: nobody has its private keys. */
const platformKeys = (keys: readonly GivenKey[]): readonly GivenKey[] =>
  keys.filter(({ kind }) => kind !== 'private-key')

const KEYS_OF = { merchant: merchantKeys, platform: platformKeys } as const

/**
 * Finds the key that a message names among given ones: by its id, otherwise the one that verifies the message, otherwise the
 * only one without an id.
 *
 * @param signer whose keys may have signed it
 * @param at time when the message was sent, milliseconds since 1970
 */
export const findGivenKey = (all: readonly GivenKey[], signer: Signer, at: number): FindKey<KeyFinding> => {
  const keys = KEYS_OF[signer](all)
  return async (serial, verifies) => {
    const named = keys.find(({ id }) => id?.toUpperCase() === serial.toUpperCase())
    if (named && (await verifies(verifierOf(named)))) return { key: verifierOf(named), found: checkValidity(named, at) }
    for (const other of keys.filter(key => key !== named))
      if (await verifies(verifierOf(other)))
        return {
          key: verifierOf(other),
          found:
            other.id === undefined && !named
              ? passed('key', 'key-assumed', { serial })
              : failed('key', 'key-other', { serial, id: nameOf(other) }),
        }
    if (named) return { key: verifierOf(named), found: checkValidity(named, at) }
    const nameless = keys.filter(({ id }) => id === undefined)
    if (nameless.length === 1) return { key: verifierOf(nameless[0]!), found: passed('key', 'key-assumed', { serial }) }
    return { missing: failed('key', 'key-not-given', { serial, given: keys.map(nameOf), signer }) }
  }
}

function checkValidity(key: GivenKey, at: number): KeyFinding {
  const serial = nameOf(key)
  if (key.kind !== 'certificate') return passed('key', 'key-found', { serial })
  const { notBefore, notAfter } = key
  if (+notBefore <= at && at < +notAfter) return passed('key', 'key-found', { serial })
  return failed('key', 'key-expired', { serial, notBefore, notAfter })
}
