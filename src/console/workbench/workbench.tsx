import { useEffect, useState } from 'preact/hooks'
import type { SecretName, Secrets } from '../../diagnosis/keys/given-keys.ts'
import type { Exchange } from '../../diagnosis/pasted/exchange.ts'
import { signatureTimeOf } from '../../diagnosis/signature-time.ts'
import { AppearanceControls } from '../appearance-controls.tsx'
import { FieldTools } from './field-tools.tsx'
import { KeyList } from './key-list.tsx'
import { Result, VerdictLink } from './result.tsx'
import { TextInput } from './text-input.tsx'
import { type Arrival, useAnalysis, useKeys, usePasted } from './use-analysis.ts'
import { useWorkbenchWords, type WorkbenchWords } from './words.ts'

/** Characters of a message, or bytes of its file. A HAR of a few calls has less. */
const MAX_MESSAGE = 1_000_000
/** Characters of keys. A merchant's `.env` has 8,000. */
const MAX_KEYS = 100_000

/**
 * The page that says what is wrong with a message. It is a document of its own, whose policy forbids every connection: what is pasted
 * into it are keys.
 */
export function Workbench() {
  const words = useWorkbenchWords()
  // A new number replaces every field, and with them all that was entered.
  const [round, setRound] = useState(0)
  document.title = words.title
  useEffect(() => {
    // A file that is dropped beside a field would replace the page.
    const stay = (event: Event): void => event.preventDefault()
    addEventListener('dragover', stay)
    addEventListener('drop', stay)
    return () => {
      removeEventListener('dragover', stay)
      removeEventListener('drop', stay)
    }
  }, [])
  return (
    <div class="page">
      <header class="bar">
        <h1>{words.title}</h1>
        <span class="space" />
        <AppearanceControls />
        <nav aria-label={words.console}>
          <a href="./">{words.console}</a>
          <a href="./#/explorer">{words.explorer}</a>
        </nav>
      </header>
      <Bench key={round} words={words} onClear={() => setRound(round + 1)} />
    </div>
  )
}

function Bench({ words, onClear }: { words: WorkbenchWords; onClear: () => void }) {
  const [text, setText] = useState('')
  const [keyText, setKeyText] = useState('')
  const [secrets, setSecrets] = useState<Secrets>({})
  const [chosen, setChosen] = useState(0)
  const [arrival, setArrival] = useState<Arrival>()
  const pasted = usePasted(text)
  const keys = useKeys(keyText, secrets)
  const problem =
    pasted && 'problem' in pasted ? words.formatProblem(pasted.problem.problem, pasted.problem.named) : undefined
  const exchanges = pasted && 'exchanges' in pasted ? pasted.exchanges : []
  const exchange = exchanges[chosen] ?? exchanges[0]
  const isRecorded = exchange?.at !== undefined
  const time = arrival ?? (isRecorded ? 'recorded' : 'now')
  const result = useAnalysis(exchange, keys, time)
  useEffect(() => setChosen(0), [pasted])
  return (
    <main class="workbench">
      <section class="input-pane" aria-label={words.input}>
        <p>{words.promise}</p>
        <TextInput
          words={words}
          label={words.message}
          help={words.messageHelp}
          value={text}
          rows={12}
          most={MAX_MESSAGE}
          onChange={setText}
        />
        <VerdictLink result={exchange && result} problem={problem} words={words} />
        <TextInput
          words={words}
          label={words.keys}
          help={words.keysHelp}
          value={keyText}
          rows={6}
          most={MAX_KEYS}
          onChange={setKeyText}
        />
        <SecretInputs secrets={secrets} onChange={setSecrets} words={words} />
        <button type="button" onClick={onClear}>
          {words.clear}
        </button>
        <KeyList given={keys} isOpen={text === ''} words={words} />
      </section>
      <section class="result-pane" id="result" aria-label={words.result}>
        <h2>{words.result}</h2>
        {exchanges.length > 1 && (
          <ExchangeChoice exchanges={exchanges} chosen={chosen} onChange={setChosen} words={words} />
        )}
        {exchange && signatureTimeOf(exchange.message.headers) !== undefined && (
          <ArrivalChoice isRecorded={isRecorded} value={time} onChange={setArrival} words={words} />
        )}
        {problem !== undefined && <p class="verdict invalid">{problem}</p>}
        {exchange ? <Result result={result} words={words} /> : !pasted && <p class="dim">{words.nothing}</p>}
        <FieldTools given={keys} words={words} />
      </section>
    </main>
  )
}

interface SecretInputsProps {
  readonly secrets: Secrets
  readonly onChange: (secrets: Secrets) => void
  readonly words: WorkbenchWords
}

/** The keys that are a text. They are masked by style, because browsers offer to save what is in a password field. */
function SecretInputs({ secrets, onChange, words }: SecretInputsProps) {
  const [isShown, setShown] = useState(false)
  return (
    <fieldset class="secrets">
      <legend class="hidden">{words.keys}</legend>
      {(Object.entries(words.secrets) as [SecretName, string][]).map(([name, label]) => (
        <label key={name}>
          {label}
          <input
            type="text"
            class={isShown ? undefined : 'masked'}
            value={secrets[name] ?? ''}
            maxLength={5000}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            onInput={event => onChange({ ...secrets, [name]: event.currentTarget.value })}
          />
        </label>
      ))}
      <label class="check">
        <input type="checkbox" checked={isShown} onChange={event => setShown(event.currentTarget.checked)} />
        {words.show}
      </label>
    </fieldset>
  )
}

interface ExchangeChoiceProps {
  readonly exchanges: readonly Exchange[]
  readonly chosen: number
  readonly onChange: (chosen: number) => void
  readonly words: WorkbenchWords
}

function ExchangeChoice({ exchanges, chosen, onChange, words }: ExchangeChoiceProps) {
  return (
    <label class="choice">
      {words.exchange}
      <select value={chosen} onChange={event => onChange(Number(event.currentTarget.value))}>
        {exchanges.map((exchange, index) => (
          <option key={index} value={index}>
            {titleOf(exchange)}
          </option>
        ))}
      </select>
    </label>
  )
}

const MAX_TITLE = 100

function titleOf(exchange: Exchange): string {
  if (exchange.kind === 'request') return `${exchange.method} ${exchange.url}`.slice(0, MAX_TITLE)
  return exchange.kind === 'response' ? `← ${exchange.status} ${exchange.to ?? ''}`.slice(0, MAX_TITLE) : ''
}

interface ArrivalChoiceProps {
  readonly isRecorded: boolean
  readonly value: Arrival
  readonly onChange: (arrival: Arrival) => void
  readonly words: WorkbenchWords
}

function ArrivalChoice({ isRecorded, value, onChange, words }: ArrivalChoiceProps) {
  const choices = (Object.entries(words.arrivals) as [Arrival, string][]).filter(
    ([each]) => each !== 'recorded' || isRecorded,
  )
  return (
    <label class="choice">
      {words.arrival}
      <select value={value} onChange={event => onChange(event.currentTarget.value as Arrival)}>
        {choices.map(([each, label]) => (
          <option key={each} value={each}>
            {label}
          </option>
        ))}
      </select>
    </label>
  )
}
