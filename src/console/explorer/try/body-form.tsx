import { useRef } from 'preact/hooks'
import { Choice } from '../choice.tsx'
import type { DefinedEndpoint } from '../definition.ts'
import { alternativeOf, type FormObject, type FormValue } from '../form-value.ts'
import { type FormContext, Members } from './form-field.tsx'
import { useTryWords } from './words.ts'

interface BodyFormProps {
  readonly endpoint: DefinedEndpoint
  readonly value: FormValue | undefined
  /** The text that replaces the form; undefined while there is the form. */
  readonly json: string | undefined
  readonly jsonProblem: string | undefined
  readonly context: FormContext
  readonly canBeJson: boolean
  onChange(value: FormValue): void
  /** Called to change from the form to JSON, or back. */
  onToggle(): void
  onJsonText(text: string): void
}

/** The body of a call, as a form or as JSON. */
export function BodyForm({
  endpoint,
  value,
  json,
  jsonProblem,
  context,
  canBeJson,
  onChange,
  onToggle,
  onJsonText,
}: BodyFormProps) {
  const words = useTryWords()
  const { tables } = context
  const text = useRef<HTMLTextAreaElement>(null)
  const schema = tables.schemas[endpoint.body!.schema]!
  const { fields = [] } = schema.anyOf ? alternativeOf(value, schema, tables) : schema
  return (
    <fieldset class="group">
      <legend>{words.parts.body}</legend>
      {canBeJson && (
        <Choice
          label={words.bodyAs}
          values={['form', 'json']}
          chosen={json === undefined ? 'form' : 'json'}
          words={words}
          onChoose={chosen => {
            if (chosen === 'form' && jsonProblem !== undefined) text.current?.focus()
            else if ((chosen === 'json') !== (json !== undefined)) onToggle()
          }}
        />
      )}
      {json === undefined ? (
        <Members numbers={fields} value={(value ?? {}) as FormObject} path="" context={context} onChange={onChange} />
      ) : (
        <>
          <textarea
            ref={text}
            aria-label={words.jsonBody}
            aria-invalid={jsonProblem !== undefined}
            aria-describedby="try-json-problem"
            rows={14}
            spellcheck={false}
            value={json}
            onInput={event => onJsonText(event.currentTarget.value)}
          />
          <p id="try-json-problem" role="alert" class="problem">
            {jsonProblem !== undefined && `${words.notJson} ${jsonProblem} ${words.correctJson}`}
          </p>
        </>
      )}
    </fieldset>
  )
}
