import { useEffect, useState } from 'preact/hooks'
import type { Payment } from '../../simulator/cashier/payment.ts'
import { ApiError, callApi } from '../api.ts'
import { Cashier, Notice } from './cashier.tsx'
import { redirectOf } from './redirect.ts'
import { useCashierWords } from './words.ts'

type Loaded = { readonly payment: Payment; readonly now: number } | { readonly error: string | undefined }

/** The page that an `h5_url` opens (H5 支付中间页). Whatever the outcome is, it returns to `redirect_url`. */
export function H5Cashier() {
  const words = useCashierWords()
  const [loaded, setLoaded] = useState<Loaded>()
  const parameters = new URLSearchParams(location.search)
  const prepay_id = parameters.get('prepay_id') ?? ''
  const redirect = redirectOf(parameters.get('redirect_url'), document.referrer)
  useEffect(() => {
    load(prepay_id).then(setLoaded)
  }, [prepay_id])
  document.title = words.title
  const goBack = (): void => {
    if (redirect?.isAllowed) location.assign(redirect.url)
    else history.back()
  }
  const isH5 = loaded !== undefined && 'payment' in loaded && loaded.payment.trade_type === 'MWEB'
  const notes = [
    ...(isH5 && document.referrer === '' ? [words.noReferrer] : []),
    ...(redirect && !redirect.isAllowed ? [words.redirectRefused(redirect.url.host)] : []),
  ]
  if (!loaded) return <Notice title={words.loading} />
  const refusal = refusalOf(loaded, words)
  if (refusal !== undefined) return <Notice title={refusal} notes={notes} action={words.back} onAction={goBack} />
  const { payment } = loaded as { readonly payment: Payment }
  return (
    <Cashier
      title={words.merchant(payment.sub_mchid ?? payment.mchid)}
      lines={[...payment.descriptions, payment.number]}
      total={payment.total}
      currency={payment.currency}
      notes={notes}
      onPay={() => callApi('POST', '/pay', { prepay_id })}
      onRefuse={() => callApi('POST', '/fail', { out_trade_no: payment.number, sub_mchid: payment.sub_mchid })}
      onEnd={goBack}
    />
  )
}

async function load(prepay_id: string): Promise<Loaded> {
  try {
    const [payment, { now }] = await Promise.all([
      callApi<Payment>('POST', '/payment', { prepay_id: prepay_id || '-' }),
      callApi<{ now: number }>('GET', '/status'),
    ])
    return { payment, now }
  } catch (error) {
    return { error: error instanceof ApiError && error.status === 404 ? undefined : String((error as Error).message) }
  }
}

function refusalOf(loaded: Loaded, words: ReturnType<typeof useCashierWords>): string | undefined {
  if ('error' in loaded) return loaded.error === undefined ? words.unknown : `${words.failed} ${loaded.error}`
  const { payment, now } = loaded
  if (payment.state !== 'payable') return words.states[payment.state]
  return payment.linkExpiresAt !== undefined && now >= payment.linkExpiresAt ? words.linkExpired : undefined
}
