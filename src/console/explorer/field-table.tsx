import { labelled } from '../labelled.ts'
import { factsOf } from './facts.ts'
import type { FieldRow } from './fields.ts'
import { type ExplorerWords, useExplorerWords } from './words.ts'

/** A table of fields with their facts. */
export function FieldTable({ title, rows }: { title: string; rows: readonly FieldRow[] }) {
  const words = useExplorerWords()
  if (rows.length === 0) return null
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must be able to scroll a wide table
    <section class="table-scroll" aria-label={title} tabIndex={0}>
      <table class="fields">
        <thead>
          <tr>
            <th scope="col">{words.field}</th>
            <th scope="col">{words.type}</th>
            <th scope="col">{words.facts}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <Row key={row.path} row={row} words={words} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** Deeper rows are not indented further: the screen ends. */
const MAX_DEPTH = 6

function Row({ row, words }: { row: FieldRow; words: ExplorerWords }) {
  const { field, schema, path, depth, type } = row
  const facts = factsOf(schema, words)
  return (
    <tr class={`depth-${Math.min(depth, MAX_DEPTH)}`}>
      <th scope="row">
        <span class="field-name" title={path}>
          {field.name}
        </span>
        {field.required && <span class="required">{words.required}</span>}
      </th>
      <td class="type">{type}</td>
      <td class="facts-cell">
        <span lang="zh-CN">{field.label}</span>
        {facts.map(fact => (
          <span key={fact} class="fact">
            {fact}
          </span>
        ))}
        {schema.enum && <Values schema={schema} words={words} />}
        {schema.example !== undefined && (
          <span class="fact-line">
            {labelled(words.example)}
            <code>{String(schema.example)}</code>
          </span>
        )}
      </td>
    </tr>
  )
}

/** Lists of more values can be opened. */
const MAX_OPEN_VALUES = 12

function Values({
  schema: { enum: values = [], enumLabels = {} },
  words,
}: {
  schema: FieldRow['schema']
  words: ExplorerWords
}) {
  return (
    <details class="values" open={values.length <= MAX_OPEN_VALUES}>
      <summary>
        {words.values} <span class="count">{values.length}</span>
      </summary>
      <ul>
        {values.map(value => (
          <li key={String(value)}>
            <code>{String(value)}</code>{' '}
            {Object.hasOwn(enumLabels, String(value)) && <span lang="zh-CN">{enumLabels[String(value)]}</span>}
          </li>
        ))}
      </ul>
    </details>
  )
}
