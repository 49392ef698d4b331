import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { labelled } from './labelled.ts'
import { useWords } from './words.ts'

/** Fields that join the input of an action. */
export type Answers = Readonly<Record<string, unknown>>

/** A value that an action asks for. */
export interface Question {
  /** Field of the input. */
  readonly name: string
  readonly label: string
  /** Default: empty. */
  readonly initial?: string
  /** Values to choose from, and the fields that each stands for. Default: any text. */
  readonly choices?: readonly { readonly label: string; readonly input: Answers }[]
}

interface QuestionFormProps {
  /** Name of the action. */
  readonly label: string
  /** The number of the record, which tells the form from others. */
  readonly number: string
  readonly questions: readonly Question[]
  readonly isBusy: boolean
  readonly onAnswer: (answers: Answers) => void
  readonly onCancel: () => void
}

/** Asks for the values that an action needs. */
export function QuestionForm({ label, number, questions, isBusy, onAnswer, onCancel }: QuestionFormProps) {
  const words = useWords()
  const form = useRef<HTMLFormElement>(null)
  const id = useId()
  const [values, setValues] = useState<Readonly<Record<string, string>>>({})
  const enteredFor = ({ name, initial = '', choices }: Question): string => values[name] ?? (choices ? '0' : initial)
  const answerTo = (question: Question): Answers =>
    question.choices?.[Number(enteredFor(question))]?.input ?? { [question.name]: enteredFor(question) }
  useLayoutEffect(() => form.current?.querySelector<HTMLElement>('input, select')?.focus(), [])
  return (
    <form
      ref={form}
      class="questions"
      aria-label={labelled(label, number)}
      onSubmit={event => {
        event.preventDefault()
        onAnswer(Object.assign({}, ...questions.map(answerTo)))
      }}
      onKeyDown={({ key }) => key === 'Escape' && onCancel()}
    >
      {questions.map(question => {
        const { name, label: asked, choices } = question
        const field = {
          id: `${id}-${name}`,
          value: enteredFor(question),
          onInput: ({ currentTarget: { value } }: { currentTarget: { value: string } }) =>
            setValues(before => ({ ...before, [name]: value })),
        }
        return (
          <span key={name} class="field">
            <label htmlFor={field.id}>{asked}</label>
            {choices ? (
              <select {...field}>
                {choices.map((choice, position) => (
                  <option key={choice.label} value={position}>
                    {choice.label}
                  </option>
                ))}
              </select>
            ) : (
              <input {...field} autocomplete="off" spellcheck={false} />
            )}
          </span>
        )
      })}
      <span class="buttons">
        <button type="submit" disabled={isBusy || questions.some(question => enteredFor(question).trim() === '')}>
          {label}
        </button>
        <button type="button" onClick={onCancel}>
          {words.doNothing}
        </button>
      </span>
    </form>
  )
}
