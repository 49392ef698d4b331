import { language } from '../settings.ts'
import { useStore } from '../store.ts'
import { gatewayRefusalOf } from './refusal.ts'
import type { GatewayError } from './session.ts'
import { useGatewayWords } from './words.ts'

/** Says why a request failed, with the gateway's own explanation as a hint. */
export function RefusalText({ error }: { readonly error: GatewayError }) {
  const words = useGatewayWords()
  const { text, lang } = gatewayRefusalOf(error, useStore(language))
  if (error.status === 0) return <>{words.lostShort}</>
  return (
    <span lang={lang} title={text === error.message ? undefined : error.message}>
      {text}
    </span>
  )
}
