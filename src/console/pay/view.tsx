import { useLayoutEffect, useState } from 'preact/hooks'
import type { Payment, PaymentReference } from '../../simulator/cashier/payment.ts'
import { ApiError, callApi, cashierUrl } from '../api.ts'
import { labelled } from '../labelled.ts'
import { moneyOf } from '../money.ts'
import { refusalOf } from '../refusal.ts'
import { language } from '../settings.ts'
import { useLive } from '../use-action.ts'
import { useWords, type Words } from '../words.ts'
import { paymentReferenceOf } from './pasted.ts'
import { scanImage } from './scan.ts'

const openCashier = ({ prepay_id }: Payment): void => location.assign(cashierUrl(prepay_id))

/** The shopper's side: scans a QR code, or chooses what to pay. */
export function PayView() {
  const words = useWords()
  const [payments] = useLive<readonly Payment[]>('/payments')
  return (
    <main class="pay">
      <Scanner words={words} />
      <h2>{words.payable}</h2>
      {payments?.length === 0 && <p class="dim">{words.noPayments}</p>}
      <ul class="items" hidden={!payments?.length}>
        {payments?.map(payment => (
          <li key={payment.prepay_id}>
            <span class="number">{payment.trade_type}</span>
            <span class="description">
              {payment.descriptions.join(', ')} <span class="number dim">{payment.number}</span>
            </span>
            <strong>{moneyOf(payment.total, payment.currency)}</strong>
            <button
              type="button"
              aria-label={labelled(words.doPay, payment.number)}
              onClick={() => openCashier(payment)}
            >
              {words.doPay}
            </button>
          </li>
        ))}
      </ul>
    </main>
  )
}

/** Takes a picture of a QR code: dropped, pasted anywhere on the page, or chosen. A pasted address is taken as if it had been scanned. */
function Scanner({ words }: { words: Words }) {
  const [problem, setProblem] = useState<string>()
  const [isOver, setOver] = useState(false)
  const scan = async (file: Blob | null | undefined): Promise<void> => {
    if (file) setProblem(await payByImage(file, words))
  }
  // Before the page shows that it takes them, or the first paste would be lost.
  useLayoutEffect(() => {
    const paste = async ({ clipboardData, target }: ClipboardEvent): Promise<void> => {
      if (target instanceof HTMLInputElement && target.type !== 'file') return
      const text = clipboardData?.getData('text/plain').trim()
      if (clipboardData?.files[0]) await scan(clipboardData.files[0])
      else if (text) setProblem(await payByText(text, words))
    }
    addEventListener('paste', paste)
    return () => removeEventListener('paste', paste)
  }, [words])
  return (
    <section
      class={isOver ? 'drop over' : 'drop'}
      aria-label={words.pay}
      onDragOver={event => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={event => {
        event.preventDefault()
        setOver(false)
        void scan(event.dataTransfer?.files[0])
      }}
    >
      <p>{words.payHelp}</p>
      <input
        type="file"
        accept="image/*"
        aria-label={words.chooseImage}
        onChange={event => void scan(event.currentTarget.files?.[0])}
      />
      <p role="status" class="drop-problem">
        {problem}
      </p>
    </section>
  )
}

/** Opens the cashier for the code in a picture. Returns the problem, if there is one. */
async function payByImage(file: Blob, words: Words): Promise<string | undefined> {
  const scanned = await scanImage(file)
  return 'problem' in scanned ? words[scanned.problem] : openPayment({ code_url: scanned.text }, scanned.text, words)
}

/** Opens the cashier for a pasted `code_url` or `h5_url`. Returns the problem, if there is one. */
async function payByText(text: string, words: Words): Promise<string | undefined> {
  const reference = paymentReferenceOf(text)
  return reference ? openPayment(reference, shortened(text), words) : words.notCode(shortened(text))
}

/** Shows enough of a text to recognize it. */
const shortened = (text: string): string => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text)

const MAX_SHOWN = 80

async function openPayment(reference: PaymentReference, code: string, words: Words): Promise<string | undefined> {
  try {
    openCashier(await callApi<Payment>('POST', '/payment', reference))
    return undefined
  } catch (error) {
    return error instanceof ApiError && error.status === 404
      ? words.unknownCode(code)
      : refusalOf(error, language.get(), words.noServer).text
  }
}
