import { useEffect, useState } from 'preact/hooks'
import { utf8 } from '../../core/base/bytes.ts'
import { decrypt, encrypt } from '../../core/crypto/rsa.ts'
import type { GivenCertificate, GivenKeys, GivenPrivateKey, GivenPublicKey } from '../../diagnosis/keys/given-keys.ts'
import type { WorkbenchWords } from './words.ts'

/** Bytes that OAEP with SHA-1 adds (RFC 8017, 7.1.1). */
const OAEP_BYTES = 42

/** Encrypts one field for WeChat Pay, and decrypts one from it (敏感信息加解密). */
export function FieldTools({ given: { keys }, words }: { given: GivenKeys; words: WorkbenchWords }) {
  const own = new Set(keys.filter(({ kind }) => kind === 'private-key').map(({ id }) => id))
  // The merchant's own certificate is for what WeChat Pay encrypts, and comes last.
  const publicKeys = keys
    .filter(key => key.kind !== 'private-key')
    .sort((left, right) => Number(own.has(left.id)) - Number(own.has(right.id)))
  const privateKeys = keys.filter(key => key.kind === 'private-key')
  return (
    <details class="field-tools block">
      <summary>{words.field}</summary>
      <EncryptField keys={publicKeys} words={words} />
      <DecryptField keys={privateKeys} words={words} />
    </details>
  )
}

function EncryptField({
  keys,
  words,
}: {
  keys: readonly (GivenCertificate | GivenPublicKey)[]
  words: WorkbenchWords
}) {
  const [text, setText] = useState('')
  const [index, setIndex] = useState(0)
  const [encrypted, setEncrypted] = useState('')
  const key = keys[index] ?? keys[0]
  const [bytes, most] = [utf8(text).length, key ? key.bits / 8 - OAEP_BYTES : 0]
  const isTooLong = key !== undefined && bytes > most
  useEffect(() => {
    let isCurrent = true
    setEncrypted('')
    if (text !== '' && key && !isTooLong) void encrypt(text, key.key).then(result => isCurrent && setEncrypted(result))
    return () => {
      isCurrent = false
    }
  }, [text, key])
  if (!key) return <p class="dim">{words.needPublicKey}</p>
  return (
    <div class="field-tool">
      <Field label={words.encryptText} value={text} onChange={setText} />
      {keys.length > 1 && (
        <label>
          {words.encryptWith}
          <select value={index} onChange={event => setIndex(Number(event.currentTarget.value))}>
            {keys.map((each, at) => (
              <option key={at} value={at}>
                {words.keyKinds[each.kind]} {each.id}
              </option>
            ))}
          </select>
        </label>
      )}
      <p role="status" class="problem">
        {isTooLong && words.tooLongText(bytes, most)}
      </p>
      {encrypted && (
        <>
          <Output label={words.encrypted} value={encrypted} />
          {key.id && <p class="dim">{words.encryptedFor(key.id)}</p>}
        </>
      )}
    </div>
  )
}

function DecryptField({ keys, words }: { keys: readonly GivenPrivateKey[]; words: WorkbenchWords }) {
  const [text, setText] = useState('')
  const [decrypted, setDecrypted] = useState<string | null>()
  useEffect(() => {
    let isCurrent = true
    setDecrypted(undefined)
    if (text.trim() !== '') void decryptWithAny(text.trim(), keys).then(result => isCurrent && setDecrypted(result))
    return () => {
      isCurrent = false
    }
  }, [text, keys.length])
  if (keys.length === 0) return <p class="dim">{words.needPrivateKey}</p>
  return (
    <div class="field-tool">
      <Field label={words.decryptText} value={text} onChange={setText} />
      <p role="status" class="problem">
        {decrypted === null && words.fieldNotDecrypted}
      </p>
      {typeof decrypted === 'string' && <Output label={words.decrypted} value={decrypted} />}
    </div>
  )
}

/** Returns null if no key decrypts it. */
async function decryptWithAny(encrypted: string, keys: readonly GivenPrivateKey[]): Promise<string | null> {
  for (const { key } of keys)
    try {
      return await decrypt(encrypted, key)
    } catch {
      // The next key may.
    }
  return null
}

/** Characters of a field. */
const MAX_FIELD = 10_000

function Field({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  return (
    <label>
      {label}
      <input
        type="text"
        value={value}
        maxLength={MAX_FIELD}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        onInput={event => onChange(event.currentTarget.value)}
      />
    </label>
  )
}

const Output = ({ label, value }: { label: string; value: string }) => (
  <label>
    {label}
    <textarea readOnly rows={3} value={value} spellcheck={false} translate={false} />
  </label>
)
