import type { ComponentChildren } from 'preact'
import { labelled } from './labelled.ts'
import type { Tone } from './records/tone.ts'
import { refusalOf } from './refusal.ts'
import { language } from './settings.ts'
import { useStore } from './store.ts'
import type { Actions } from './use-action.ts'
import { useWords } from './words.ts'

/** A button that calls the control API. */
export interface ItemAction {
  readonly label: string
  readonly method?: 'POST' | 'DELETE'
  readonly path: string
  readonly input?: object
}

interface ItemProps {
  /** The number of the record, which the labels of its buttons name. */
  readonly number: string
  readonly state: string
  readonly tone: Tone
  readonly description: ComponentChildren
  readonly amount?: string
  /** The state of the amount, such as how much of it was refunded. */
  readonly note?: string | undefined
  readonly available: readonly ItemAction[]
  readonly actions: Actions
  /** More about the record, below its row. */
  readonly children?: ComponentChildren
}

/** A record with its state, and a button for each action that the state admits. */
export function Item({ number, state, tone, description, amount, note, available, actions, children }: ItemProps) {
  return (
    <li>
      <span class={`state ${tone}`}>{state}</span>
      <span class="description">
        {description} <span class="number dim">{number}</span>
      </span>
      {note && <span class="note dim">{note}</span>}
      {amount && <strong>{amount}</strong>}
      {available.length > 0 && (
        <span class="buttons">
          {available.map(({ label, method = 'POST', path, input }) => (
            <button
              key={label}
              type="button"
              disabled={actions.isBusy}
              aria-label={labelled(label, number)}
              onClick={() => actions.run(method, path, input)}
            >
              {label}
            </button>
          ))}
        </span>
      )}
      {children}
    </li>
  )
}

/** A list of records under a heading. */
export function Items({
  title,
  none,
  children,
}: {
  title: string
  none: string
  children: ComponentChildren[] | undefined
}) {
  return (
    <section>
      <h2>{title}</h2>
      {children?.length === 0 && <p class="dim">{none}</p>}
      {children !== undefined && children.length > 0 && <ul class="items">{children}</ul>}
    </section>
  )
}

/** Says why the last action failed. */
export function Problem({ actions: { problem } }: { actions: Actions }) {
  const words = useWords()
  const chosen = useStore(language)
  const refusal = problem === undefined ? undefined : refusalOf(problem, chosen, words.noServer)
  return (
    <p role="alert" class="problem" lang={refusal?.lang}>
      {refusal?.text}
    </p>
  )
}
