import { useEffect, useRef, useState } from 'preact/hooks'
import { refusalOf } from '../refusal.ts'
import { language } from '../settings.ts'
import { useStore } from '../store.ts'
import type { Outcome } from './messages.ts'
import { useCashierWords } from './words.ts'

interface CashierProps {
  readonly title: string
  readonly lines: readonly string[]
  /** In the smallest unit of the currency. */
  readonly total: number
  readonly currency: string
  readonly notes?: readonly string[]
  /** The shopper receives the money. */
  readonly isTransfer?: boolean
  readonly onPay: () => Promise<unknown>
  readonly onRefuse?: () => Promise<unknown>
  readonly onEnd: (outcome: Outcome, detail?: string) => void
}

type Step = 'confirm' | 'password' | 'working' | 'success' | { readonly failure: Error | string }

/** The cashier (收银台): the shopper confirms, enters a password, and sees the result. */
export function Cashier({
  title,
  lines,
  total,
  currency,
  notes = [],
  isTransfer = false,
  onPay,
  onRefuse,
  onEnd,
}: CashierProps) {
  const words = useCashierWords()
  const chosen = useStore(language)
  const [step, setStep] = useState<Step>('confirm')
  const run = async (work: () => Promise<unknown>, next: Step): Promise<void> => {
    setStep('working')
    try {
      await work()
      setStep(next)
    } catch (error) {
      setStep({ failure: error as Error })
    }
  }
  if (typeof step === 'object') {
    const { failure } = step
    const [detail, refusal] =
      typeof failure === 'string'
        ? [failure, { text: failure }]
        : [failure.message, refusalOf(failure, chosen, words.noServer)]
    const end = (): void => onEnd('fail', detail)
    return <Notice title={refusal.text} lang={refusal.lang} notes={notes} action={words.close} onAction={end} />
  }
  if (step === 'success')
    return (
      <Notice
        isSuccess
        title={isTransfer ? words.successTransfer : words.success}
        amount={amountOf(total, currency)}
        notes={notes}
        action={words.done}
        onAction={() => onEnd('ok')}
      />
    )
  return (
    <main class="sheet">
      <p class="simulated">{words.simulated}</p>
      <h1>{title}</h1>
      <p class="amount">{amountOf(total, currency)}</p>
      <ul class="lines">
        {lines.map((line, at) => (
          <li key={`${at} ${line}`}>{line}</li>
        ))}
      </ul>
      {step === 'password' ? (
        <Password onComplete={() => run(onPay, 'success')} />
      ) : (
        <button
          type="button"
          class="primary"
          disabled={step === 'working'}
          onClick={() => (isTransfer ? run(onPay, 'success') : setStep('password'))}
        >
          {isTransfer ? words.confirmTransfer : words.confirm}
        </button>
      )}
      <button type="button" disabled={step === 'working'} onClick={() => onEnd('cancel')}>
        {words.cancel}
      </button>
      {onRefuse && (
        <button
          type="button"
          class="quiet"
          disabled={step === 'working'}
          onClick={() => run(onRefuse, { failure: words.refused })}
        >
          {words.refuse}
        </button>
      )}
      <Notes notes={notes} />
    </main>
  )
}

/** Asks for six digits, as WeChat does. Any will do. Leaves out everything else, and says so. */
function Password({ onComplete }: { onComplete: () => void }) {
  const words = useCashierWords()
  const [hasOther, setHasOther] = useState(false)
  const read = (input: HTMLInputElement): void => {
    const digits = input.value.replace(/\D/g, '')
    setHasOther(digits !== input.value)
    input.value = digits
    if (digits.length === 6) onComplete()
  }
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])
  return (
    <label class="password">
      {words.password}
      <input
        ref={field}
        type="password"
        inputMode="numeric"
        autocomplete="off"
        maxLength={6}
        aria-describedby="password-help"
        onInput={({ currentTarget }) => read(currentTarget)}
      />
      <span id="password-help" class="dim" role="status">
        {hasOther ? words.onlyDigits : words.passwordHelp}
      </span>
    </label>
  )
}

interface NoticeProps {
  readonly title: string
  /** Set if the title is in another language than the page. */
  readonly lang?: string | undefined
  readonly isSuccess?: boolean
  readonly amount?: string
  readonly notes?: readonly string[]
  readonly code?: { readonly title: string; readonly text: string } | undefined
  readonly action?: string
  readonly onAction?: () => void
}

/** Says something, with one button. */
export function Notice({ title, lang, isSuccess, amount, notes = [], code, action, onAction }: NoticeProps) {
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => button.current?.focus(), [])
  return (
    <main class="sheet">
      {isSuccess && (
        <p class="tick" aria-hidden="true">
          ✓
        </p>
      )}
      <h1 lang={lang}>{title}</h1>
      {amount && <p class="amount">{amount}</p>}
      <Notes notes={notes} />
      {code && (
        <section>
          <h2>{code.title}</h2>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must be able to scroll it */}
          <pre tabIndex={0}>{code.text.replaceAll('\n', '⏎\n')}</pre>
        </section>
      )}
      {action && (
        <button type="button" ref={button} class="primary" onClick={onAction}>
          {action}
        </button>
      )}
    </main>
  )
}

const Notes = ({ notes }: { notes: readonly string[] }) => (
  <>
    {notes.map(note => (
      <p key={note} class="note">
        {note}
      </p>
    ))}
  </>
)

/** Currencies without a smaller unit, of those that WeChat Pay settles. */
const WITHOUT_CENTS: ReadonlySet<string> = new Set(['JPY', 'KRW'])

function amountOf(total: number, currency: string): string {
  const value = WITHOUT_CENTS.has(currency) ? total : total / 100
  try {
    return new Intl.NumberFormat(language.get() === 'zh' ? 'zh-CN' : 'en', { style: 'currency', currency }).format(
      value,
    )
  } catch {
    return `${value} ${currency}`
  }
}
