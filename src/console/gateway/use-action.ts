import { useState } from 'preact/hooks'
import type { Refusal } from '../refusal.ts'
import { language } from '../settings.ts'
import { gatewayRefusalOf, toGatewayError } from './refusal.ts'
import { request } from './session.ts'
import { useGatewayWords } from './words.ts'

/** Actions of a view, one at a time. */
export interface GatewayActions {
  readonly isBusy: boolean
  /** The outcome of the last action; undefined before it has ended. */
  readonly outcome: (Refusal & { readonly isProblem: boolean }) | undefined
  /** @param describe says what has been done, by the response */
  run<T>(path: string, describe: (response: T) => string, input?: object): void
}

/** @param onDone called after each action, whether it failed or not */
export function useGatewayActions(onDone: () => void): GatewayActions {
  const words = useGatewayWords()
  const [isBusy, setBusy] = useState(false)
  const [outcome, setOutcome] = useState<GatewayActions['outcome']>()
  const describeProblem = (error: unknown): Refusal => {
    const refusal = toGatewayError(error)
    if (refusal.status === 0) return { text: words.unreachable }
    return refusal.status === 401 ? { text: words.notDone } : gatewayRefusalOf(refusal, language.get())
  }
  return {
    isBusy,
    outcome,
    run(path, describe, input) {
      setBusy(true)
      setOutcome(undefined)
      request('POST', path, input)
        .then(async response => setOutcome({ isProblem: false, text: describe(await response.json()) }))
        .catch(error => setOutcome({ isProblem: true, ...describeProblem(error) }))
        .finally(() => {
          setBusy(false)
          onDone()
        })
    },
  }
}
