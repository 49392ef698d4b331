import { useEffect, useState } from 'preact/hooks'
import type { PaymentCheck, StartProblem, TransferCheck } from '../../simulator/cashier/check.ts'
import { callApi } from '../api.ts'
import { labelled } from '../labelled.ts'
import { Cashier, Notice } from './cashier.tsx'
import type { CashierMessage, Outcome, StartMessage } from './messages.ts'
import { useCashierWords } from './words.ts'

type Started =
  | { readonly check: PaymentCheck | TransferCheck; readonly origin: string }
  | { readonly error: string; readonly origin: string }

/** The cashier in a frame of a merchant's page, which `bridge.js` has opened. */
export function EmbeddedCashier() {
  const words = useCashierWords()
  const [started, setStarted] = useState<Started>()
  useEffect(() => {
    const receive = ({ source, origin, data }: MessageEvent<StartMessage>): void => {
      if (source !== parent || parent === window || data?.type !== 'wechatpay-edge:start') return
      const path = data.kind === 'transfer' ? '/check-transfer' : '/check-payment'
      callApi<PaymentCheck | TransferCheck>('POST', path, data.parameters)
        .then(check => setStarted({ check, origin }))
        .catch(({ message }: Error) => setStarted({ error: message, origin }))
    }
    addEventListener('message', receive)
    send({ type: 'wechatpay-edge:ready' }, '*')
    return () => removeEventListener('message', receive)
  }, [])
  document.title = words.title
  if (!started) return <Notice title={words.loading} />
  const end = (outcome: Outcome, detail?: string): void =>
    send({ type: 'wechatpay-edge:end', outcome, detail }, started.origin)
  if ('error' in started)
    return (
      <Notice
        title={words.failed}
        notes={[started.error]}
        action={words.close}
        onAction={() => end('fail', started.error)}
      />
    )
  const { check } = started
  if ('problem' in check) return <Problem problem={check.problem} onClose={detail => end('fail', detail)} />
  if ('transfer' in check) {
    const { out_bill_no, mchid, transfer_remark, transfer_amount } = check.transfer
    return (
      <Cashier
        title={words.merchant(mchid)}
        lines={[transfer_remark, out_bill_no]}
        total={transfer_amount}
        currency="CNY"
        isTransfer
        onPay={() => callApi('POST', '/confirm-transfer', { out_bill_no })}
        onEnd={end}
      />
    )
  }
  const { payment } = check
  const { prepay_id, mchid, sub_mchid, number, descriptions, total, currency } = payment
  return (
    <Cashier
      title={words.merchant(sub_mchid ?? mchid)}
      lines={[...descriptions, number]}
      total={total}
      currency={currency}
      onPay={() => callApi('POST', '/pay', { prepay_id })}
      onRefuse={() => callApi('POST', '/fail', { out_trade_no: number, sub_mchid })}
      onEnd={end}
    />
  )
}

const send = (message: CashierMessage, origin: string): void => parent.postMessage(message, origin)

function Problem({ problem, onClose }: { problem: StartProblem; onClose: (detail: string) => void }) {
  const words = useCashierWords()
  const { name, parameter, what, cure, expected } = problem
  const [shownWhat, shownCure] = words.problems[name] ?? [what, cure]
  return (
    <Notice
      title={words.problem}
      notes={[parameter ? labelled(parameter, shownWhat) : shownWhat, shownCure]}
      code={expected === undefined ? undefined : { title: words.expected, text: expected }}
      action={words.close}
      onAction={() => onClose(`${[parameter, what].filter(Boolean).join(': ')}. ${cure}.`)}
    />
  )
}
