import { utf8 } from '../../core/base/bytes.ts'
import type { GivenCertificate, GivenKey, GivenKeys, SecretName } from '../../diagnosis/keys/given-keys.ts'
import { isoTime } from './iso-time.ts'
import type { WorkbenchWords } from './words.ts'

interface KeyListProps {
  readonly given: GivenKeys
  /** Whether the keys are shown at once; otherwise only how many there are. */
  readonly isOpen: boolean
  readonly words: WorkbenchWords
}

/** Shows what the given keys are: which kind, which certificate, valid until when. Nothing of a key itself is shown. */
export function KeyList({ given: { keys, secrets, problems }, isOpen, words }: KeyListProps) {
  const given: readonly GivenFacts[] = [
    ...keys.map(key => ({ title: words.keyKinds[key.kind], facts: factsOf(key, words) })),
    ...(Object.entries(secrets) as [SecretName, string][]).map(([name, secret]) => ({
      title: words.secrets[name],
      facts: [[words.keyFacts.bytes, String(utf8(secret).length)] as const],
    })),
  ]
  return (
    <>
      <div class="problems" role="status">
        {problems.map((problem, index) => (
          <p key={index} class="problem">
            {words.keyProblem(problem)}
          </p>
        ))}
      </div>
      {given.length > 0 && (
        <details open={isOpen}>
          <summary>{words.given(given.length)}</summary>
          <ul class="given-keys">
            {given.map(({ title, facts }, index) => (
              <li key={index}>
                <h3>{title}</h3>
                <dl>
                  {facts.map(([name, value]) => (
                    <div key={name}>
                      <dt>{name}</dt>
                      <dd>{value}</dd>
                    </div>
                  ))}
                </dl>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  )
}

interface GivenFacts {
  readonly title: string
  readonly facts: readonly (readonly [name: string, value: string])[]
}

function factsOf(key: GivenKey, words: WorkbenchWords): (readonly [name: string, value: string])[] {
  const facts = words.keyFacts
  const bits = [facts.bits, String(key.bits)] as const
  if (key.kind === 'private-key') return [[facts.owner, key.id ?? facts.noOwner], bits]
  if (key.kind === 'public-key') return [[facts.id, key.id ?? facts.noId], bits]
  return [
    [facts.id, key.id],
    [facts.validity, validityOf(key, words)],
    [facts.subject, key.subject],
    [facts.issuer, key.issuer],
    [facts.fingerprint, key.fingerprint],
    bits,
  ]
}

function validityOf({ notBefore, notAfter }: GivenCertificate, words: WorkbenchWords): string {
  const now = Date.now()
  const state = now < +notBefore ? 'future' : now < +notAfter ? 'valid' : 'expired'
  return `${words.validFromTo(dayOf(notBefore), dayOf(notAfter))}, ${words.validity[state]}`
}

const dayOf = (date: Date): string => isoTime(date).slice(0, 10)
