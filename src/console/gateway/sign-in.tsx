import { useEffect, useRef, useState } from 'preact/hooks'
import { useStore } from '../store.ts'
import { toGatewayError } from './refusal.ts'
import { RefusalText } from './refusal-text.tsx'
import { type GatewayError, session, signIn } from './session.ts'
import { useGatewayWords } from './words.ts'

/** Asks for the token, above the view, which keeps what it shows and what has been entered. */
export function SignIn({ onClose }: { onClose?: () => void }) {
  const words = useGatewayWords()
  const state = useStore(session)
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (!dialog.current?.open) dialog.current?.showModal()
  }, [])
  return (
    <dialog
      ref={dialog}
      class="sign-in"
      aria-labelledby="sign-in-title"
      onCancel={event => {
        event.preventDefault()
        onClose?.()
      }}
    >
      <h2 id="sign-in-title">{words.signInTitle}</h2>
      {state.kind === 'access-ended' ? (
        <p>
          {words.accessEnded} <a href="/console/">{words.reload}</a>
        </p>
      ) : (
        <TokenForm
          help={state.kind === 'signed-out' && state.hasEnded ? words.sessionEnded : words.signInHelp}
          onClose={onClose}
        />
      )}
    </dialog>
  )
}

/** The token is nowhere but in the field, which is emptied. */
function TokenForm({ help, onClose }: { help: string; onClose: (() => void) | undefined }) {
  const words = useGatewayWords()
  const [problem, setProblem] = useState<GatewayError>()
  const [isBusy, setBusy] = useState(false)
  const field = useRef<HTMLInputElement>(null)

  async function submit(): Promise<void> {
    const input = field.current!
    setBusy(true)
    setProblem(undefined)
    try {
      await signIn(input.value)
      input.value = ''
      onClose?.()
    } catch (error) {
      setProblem(toGatewayError(error))
      input.select()
    } finally {
      setBusy(false)
    }
  }

  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        void submit()
      }}
    >
      <p>{help}</p>
      <label class="field">
        {words.token}
        <input ref={field} type="password" autocomplete="current-password" spellcheck={false} required />
      </label>
      <p role="alert" class="problem">
        {problem && <RefusalText error={problem} />}
      </p>
      <div class="buttons">
        <button type="submit" disabled={isBusy}>
          {words.signIn}
        </button>
        {onClose && (
          <button type="button" onClick={onClose}>
            {words.later}
          </button>
        )}
      </div>
    </form>
  )
}
