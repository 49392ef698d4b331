import { useEffect, useRef, useState } from 'preact/hooks'
import { parseJson } from '../../../core/codec/json.ts'
import { prettyJson } from '../../../core/codec/pretty-json.ts'
import { capabilities } from '../../origin.ts'
import type { DefinedEndpoint } from '../definition.ts'
import type { Tables } from '../fields.ts'
import {
  type CallForm,
  type CallValues,
  convertForm,
  initialForm,
  type KnownValues,
  type PartProblem,
  valueToForm,
} from '../form-value.ts'
import { loadCredentials } from './credentials.ts'
import { knownValues, rememberNumbers } from './known-values.ts'
import { type CallResult, sendThroughGateway, sendToSimulator } from './send.ts'
import { gatewayToken, gatewayUrl, urlProblemOf } from './target.tsx'

/** The servers that a call can be sent to. */
export type Through = 'simulator' | 'gateway'

/** A call that somebody prepares and sends. */
export interface PreparedCall {
  readonly known: KnownValues
  readonly form: CallForm
  setForm(form: CallForm): void
  /** The text in place of the form of the body; undefined while there is the form. */
  readonly json: string | undefined
  readonly jsonProblem: string | undefined
  setJson(text: string): void
  /** Writes the form as JSON, or the JSON into the form; does nothing while that has a problem. */
  toggleJson(): void
  readonly through: Through
  setThrough(through: Through): void
  /** Values that were wrong when somebody wanted to send the call. */
  readonly problems: readonly PartProblem[]
  readonly values: CallValues
  readonly isSending: boolean
  readonly sent: { readonly result: CallResult; readonly through: Through } | undefined
  fill(): Promise<void>
  send(): Promise<void>
}

/** Prepares a call, with a form that is filled in with what the simulator says of its merchant. */
export function usePreparedCall(endpoint: DefinedEndpoint, tables: Tables): PreparedCall {
  const hasSimulator = capabilities.get()?.includes('simulator') ?? false
  const [known, setKnown] = useState(() => knownValues(undefined))
  const [form, setOwnForm] = useState<CallForm>(() => initialForm(endpoint, tables, known))
  const [json, setOwnJson] = useState<string>()
  const [through, setThrough] = useState<Through>(hasSimulator ? 'simulator' : 'gateway')
  const [problems, setProblems] = useState<readonly PartProblem[]>([])
  const [isSending, setSending] = useState(false)
  const [sent, setSent] = useState<PreparedCall['sent']>()
  const isTouched = useRef(false)
  const { values, current, jsonProblem } = valuesOf(form, json, endpoint, tables)

  const fillUntouched = async (): Promise<void> => {
    const credentials = hasSimulator ? await loadCredentials().catch(() => undefined) : undefined
    // Somebody has typed meanwhile, perhaps before the effects of the first render.
    if (isTouched.current) return
    const found = knownValues(credentials)
    setKnown(found)
    setOwnForm(initialForm(endpoint, tables, found))
    setOwnJson(undefined)
    setProblems([])
  }
  useEffect(() => void fillUntouched(), [])

  const fill = (): Promise<void> => {
    isTouched.current = false
    return fillUntouched()
  }

  const setForm = (changed: CallForm): void => {
    isTouched.current = true
    setOwnForm(changed)
  }
  const setJson = (text: string | undefined): void => {
    isTouched.current = true
    setOwnJson(text)
  }
  const send = async (): Promise<void> => {
    setProblems(current)
    const isMisdirected = through === 'gateway' && urlProblemOf(gatewayUrl.get(), endpoint) !== undefined
    if (current.length > 0 || jsonProblem !== undefined || isMisdirected) return setSent(undefined)
    setSending(true)
    try {
      setSent({ result: await sendCall(endpoint, values, through), through })
    } finally {
      setSending(false)
    }
  }
  const toggleJson = (): void => {
    // The form cannot show what is no JSON, and the text may be long.
    if (jsonProblem !== undefined) return
    if (json !== undefined) setForm({ ...form, body: valueToForm(values.body) })
    setJson(json === undefined ? prettyJson(values.body ?? {}) : undefined)
  }
  return {
    known,
    form,
    setForm,
    json,
    jsonProblem,
    setJson,
    toggleJson,
    through,
    setThrough,
    problems,
    values,
    isSending,
    sent,
    fill,
    send,
  }
}

/** Converts what was entered. A body that is written as JSON is sent as it is, so that wrong ones can be tried, too. */
function valuesOf(form: CallForm, json: string | undefined, endpoint: DefinedEndpoint, tables: Tables) {
  const { values, problems } = convertForm(form, endpoint, tables)
  if (json === undefined) return { values, current: problems, jsonProblem: undefined }
  const current = problems.filter(({ part }) => part !== 'body')
  try {
    return { values: { ...values, body: parseJson(json) }, current, jsonProblem: undefined }
  } catch (error) {
    return { values, current, jsonProblem: error instanceof Error ? error.message : String(error) }
  }
}

async function sendCall(endpoint: DefinedEndpoint, values: CallValues, through: Through): Promise<CallResult> {
  const result =
    through === 'simulator'
      ? await sendToSimulator(endpoint, values)
      : await sendThroughGateway(endpoint, values, { baseUrl: gatewayUrl.get(), token: gatewayToken.get() })
  rememberNumbers(values)
  rememberNumbers(result.data)
  return result
}
