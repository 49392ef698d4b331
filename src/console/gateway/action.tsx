import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { labelled } from '../labelled.ts'
import { RefusalText } from './refusal-text.tsx'
import type { GatewayError } from './session.ts'
import type { GatewayActions } from './use-action.ts'
import { useGatewayWords } from './words.ts'

interface ConfirmedButtonProps {
  readonly label: string
  /** Names the button where several have the same label. */
  readonly of?: string
  readonly question: string
  readonly actions: GatewayActions
  readonly isDisabled?: boolean
  onConfirm(): void
}

/** A button whose action is asked about once. The answer that does nothing has the focus. */
export function ConfirmedButton({ label, of, question, actions, isDisabled, onConfirm }: ConfirmedButtonProps) {
  const words = useGatewayWords()
  const [isAsking, setAsking] = useState(false)
  const no = useRef<HTMLButtonElement>(null)
  useLayoutEffect(() => {
    if (isAsking) no.current?.focus()
  }, [isAsking])
  if (!isAsking)
    return (
      <button
        type="button"
        disabled={actions.isBusy || isDisabled}
        aria-label={of === undefined ? undefined : labelled(label, of)}
        onClick={() => setAsking(true)}
      >
        {label}
      </button>
    )
  return (
    <fieldset class="buttons asking" aria-label={label}>
      <span>{question}</span>
      <button
        type="button"
        class="danger"
        disabled={actions.isBusy}
        onClick={() => {
          setAsking(false)
          onConfirm()
        }}
      >
        {words.yes}
      </button>
      <button
        type="button"
        ref={no}
        onClick={() => setAsking(false)}
        onKeyDown={event => event.key === 'Escape' && setAsking(false)}
      >
        {words.no}
      </button>
    </fieldset>
  )
}

/** Says what came of the last action. */
export const Outcome = ({ actions: { outcome } }: { actions: GatewayActions }) => (
  <>
    <p role="status" class="good">
      {outcome && !outcome.isProblem && outcome.text}
    </p>
    <p role="alert" class="problem" lang={outcome?.lang}>
      {outcome?.isProblem && outcome.text}
    </p>
  </>
)

/** Says why something could not be read. */
export const ReadProblem = ({ problem }: { problem: GatewayError | undefined }) =>
  problem === undefined ? null : (
    <p role="alert" class="problem">
      <RefusalText error={problem} />
    </p>
  )
