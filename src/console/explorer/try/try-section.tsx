import { useEffect, useRef } from 'preact/hooks'
import { labelled } from '../../labelled.ts'
import type { DefinedEndpoint } from '../definition.ts'
import type { Tables } from '../fields.ts'
import type { FormObject, FormPart, PartProblem } from '../form-value.ts'
import { SamplesSection } from '../samples-section.tsx'
import { BodyForm } from './body-form.tsx'
import { type FormContext, Members } from './form-field.tsx'
import { hasFile } from './known-values.ts'
import { Result } from './result.tsx'
import { Target } from './target.tsx'
import { type PreparedCall, usePreparedCall } from './use-call.ts'
import { useProblemText, useTryWords } from './words.ts'

interface TrySectionProps {
  readonly endpoint: DefinedEndpoint
  readonly tables: Tables
}

/** The width at which the style sheets put everything into one column. */
const NARROW = '(max-width: 60rem)'

/** A form for a call, its samples, and its result. */
export function TrySection({ endpoint, tables }: TrySectionProps) {
  const words = useTryWords()
  const call = usePreparedCall(endpoint, tables)
  const { isSending, sent } = call
  const result = useRef<HTMLDivElement>(null)
  // On a phone the result is below the form, out of sight.
  useEffect(() => {
    if (sent && matchMedia(NARROW).matches) result.current?.scrollIntoView()
  }, [sent])
  return (
    <>
      <section class="block try">
        <h3>{words.title}</h3>
        <form
          noValidate
          onSubmit={event => {
            event.preventDefault()
            if (!isSending) void call.send()
          }}
        >
          <Target endpoint={endpoint} through={call.through} onChange={call.setThrough} />
          <Parts endpoint={endpoint} tables={tables} call={call} />
          <p class="buttons">
            <button type="submit" class="primary" aria-disabled={isSending}>
              {isSending ? words.sending : words.send}
            </button>
            <button type="button" onClick={() => void call.fill()}>
              {words.fillAgain}
            </button>
          </p>
          <Problems problems={call.problems} />
        </form>
        <div aria-live="polite" ref={result}>
          {sent && <Result endpoint={endpoint} result={sent.result} through={sent.through} />}
        </div>
      </section>
      <SamplesSection endpoint={endpoint} values={call.values} />
    </>
  )
}

const URL_PARTS = ['placeholders', 'query', 'headers'] as const

/** The fields of all parts of the call. */
function Parts({ endpoint, tables, call }: TrySectionProps & { call: PreparedCall }) {
  const words = useTryWords()
  const { form, setForm, known, problems } = call
  const contextOf = (part: FormPart): FormContext => ({ tables, known, problems, part })
  return (
    <>
      {URL_PARTS.filter(part => endpoint[part].length > 0).map(part => (
        <fieldset key={part} class="group">
          <legend>{words.parts[part]}</legend>
          <Members
            numbers={endpoint[part]}
            value={form[part]}
            path=""
            context={contextOf(part)}
            onChange={(value: FormObject) => setForm({ ...form, [part]: value })}
          />
        </fieldset>
      ))}
      {endpoint.body && (
        <BodyForm
          endpoint={endpoint}
          value={form.body}
          json={call.json}
          jsonProblem={call.jsonProblem}
          context={contextOf('body')}
          canBeJson={endpoint.body.kind !== 'multipart' && !hasFile(form.body)}
          onChange={body => setForm({ ...form, body })}
          onToggle={call.toggleJson}
          onJsonText={call.setJson}
        />
      )}
    </>
  )
}

/** Lists the values that cannot be sent. A screen reader speaks them. */
function Problems({ problems }: { problems: readonly PartProblem[] }) {
  const words = useTryWords()
  const problemText = useProblemText()
  return (
    <div role="alert">
      {problems.length > 0 && (
        <>
          <p class="problem">{words.problemsFound(problems.length)}</p>
          <ul>
            {problems.map(problem => (
              <li key={`${problem.part} ${problem.path} ${problem.kind}`}>
                <span class="field-name">{problem.path}</span>
                {labelled('', problemText(problem))}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}
