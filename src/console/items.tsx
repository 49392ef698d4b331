import type { ComponentChildren } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { labelled } from './labelled.ts'
import { type Answers, type Question, QuestionForm } from './question-form.tsx'
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
  /** Values to ask for before the call, which join the input. */
  readonly asks?: readonly Question[] | undefined
}

interface ItemProps {
  /** The number of the record, which the labels of its buttons name. */
  readonly number: string
  readonly state: string
  /** The state in words, where it is a code. */
  readonly meaning?: string | undefined
  readonly tone: Tone
  readonly description: ComponentChildren
  readonly amount?: string | undefined
  /** The state of the amount, such as how much of it was refunded. */
  readonly note?: string | undefined
  readonly available: readonly ItemAction[]
  readonly actions: Actions
  /** More about the record, below its row. */
  readonly children?: ComponentChildren
}

/** Lets a long code break after its underscores. */
const breakable = (code: string): ComponentChildren[] =>
  code.split(/(?<=_)/).flatMap((part, position) => (position === 0 ? [part] : [<wbr key={part} />, part]))

/** A record with its state, and a button for each action that the state admits. */
export function Item({
  number,
  state,
  meaning,
  tone,
  description,
  amount,
  note,
  available,
  actions,
  children,
}: ItemProps) {
  const [asking, setAsking] = useState<string>()
  const buttons = useRef<HTMLSpanElement>(null)
  const asked = available.find(({ label, asks }) => asks && label === asking)
  const run = ({ method = 'POST', path, input }: ItemAction, answers?: Answers): void =>
    actions.run(method, path, answers ? { ...input, ...answers } : input)
  return (
    <li>
      <span class={`state ${tone}`}>
        <span>{breakable(state)}</span>
        {meaning && <span class="meaning">{meaning}</span>}
      </span>
      <span class="description">
        {description} <span class="number dim">{number}</span>
      </span>
      {note && <span class="note dim">{note}</span>}
      {amount && <strong>{amount}</strong>}
      {available.length > 0 && (
        <span class="buttons" ref={buttons}>
          {available.map(action => (
            <button
              key={action.label}
              type="button"
              disabled={actions.isBusy}
              aria-label={labelled(action.label, number)}
              aria-expanded={action.asks && action === asked}
              onClick={() => (action.asks ? setAsking(action === asked ? undefined : action.label) : run(action))}
            >
              {action.label}
            </button>
          ))}
        </span>
      )}
      {asked?.asks && (
        <QuestionForm
          key={asked.label}
          label={asked.label}
          number={number}
          questions={asked.asks}
          isBusy={actions.isBusy}
          onAnswer={answers => {
            setAsking(undefined)
            run(asked, answers)
          }}
          onCancel={() => {
            setAsking(undefined)
            buttons.current?.querySelector<HTMLButtonElement>('[aria-expanded="true"]')?.focus()
          }}
        />
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
