import { useState } from 'preact/hooks'
import { labelled } from '../../labelled.ts'
import type { DefinedField, DefinedSchema } from '../definition.ts'
import type { Tables } from '../fields.ts'
import {
  alternativeOf,
  type FormObject,
  type FormPart,
  type FormProblem,
  type FormValue,
  initialMember,
  initialValue,
  isMember,
  type KnownValues,
  memberName,
  type PartProblem,
} from '../form-value.ts'
import { useExplorerWords } from '../words.ts'
import { useProblemText, useTryWords } from './words.ts'

/** The parts that all fields of a form share. */
export interface FormContext {
  readonly tables: Tables
  readonly known: KnownValues
  readonly problems: readonly PartProblem[]
  /** The part of the call that the fields are in. */
  readonly part: FormPart
}

interface MembersProps {
  readonly numbers: readonly number[]
  readonly value: FormObject
  readonly path: string
  readonly context: FormContext
  onChange(value: FormObject): void
}

/** The members of an object: those that are entered, and a choice of others to add. */
export function Members({ numbers, value, path, context, onChange }: MembersProps) {
  const { tables, known } = context
  const fields = numbers.map(number => tables.fields[number]!)
  const without = (name: string): FormObject =>
    Object.fromEntries(Object.entries(value).filter(([other]) => other !== name))
  const present = fields.flatMap(field =>
    Object.keys(value)
      .filter(name => isMember(name, field))
      .map(name => ({ name, field })),
  )
  const absent = fields.filter(field => !Object.keys(value).some(name => isMember(name, field)))
  return (
    <>
      {present.map(({ name, field }) => (
        <FormField
          key={name}
          name={name}
          field={field}
          value={value[name]!}
          path={path === '' ? name : `${path}.${name}`}
          context={context}
          onChange={member => onChange({ ...value, [name]: member })}
          onRemove={() => onChange(without(name))}
        />
      ))}
      {absent.length > 0 && (
        <AddMember
          path={path}
          fields={absent}
          onAdd={field => onChange({ ...value, [memberName(field)]: initialMember(field, tables, known) })}
        />
      )}
    </>
  )
}

function AddMember({
  path,
  fields,
  onAdd,
}: {
  path: string
  fields: readonly DefinedField[]
  onAdd: (field: DefinedField) => void
}) {
  const words = useTryWords()
  const [chosen, setChosen] = useState('')
  const field = fields.find(({ name }) => name === chosen) ?? fields[0]!
  return (
    <div class="add-member">
      <select
        aria-label={path === '' ? words.moreFields : labelled(words.moreFields, path)}
        value={field.name}
        onChange={event => setChosen(event.currentTarget.value)}
      >
        {fields.map(({ name, label }) => (
          <option key={name} value={name} lang="zh-CN">
            {name} {label}
          </option>
        ))}
      </select>
      <button type="button" aria-label={`${words.add} ${path}`} onClick={() => onAdd(field)}>
        {words.add}
      </button>
    </div>
  )
}

interface FormFieldProps {
  readonly name: string
  readonly field: DefinedField
  readonly value: FormValue
  readonly path: string
  readonly context: FormContext
  onChange(value: FormValue): void
  onRemove(): void
}

/** A field with its value, whatever its type. */
function FormField({ name, field, value, path, context, onChange, onRemove }: FormFieldProps) {
  const words = useTryWords()
  const { units } = useExplorerWords()
  const problemText = useProblemText()
  const { tables, part, problems } = context
  const schema = tables.schemas[field.schema]!
  const remove = (
    <button type="button" class="remove" aria-label={`${words.remove} ${path}`} onClick={onRemove}>
      ×
    </button>
  )
  if (typeof value === 'object' && !(value instanceof File))
    return (
      <fieldset class="group">
        <legend>
          <span class="field-name">{name}</span> <span lang="zh-CN">{field.label}</span> {remove}
        </legend>
        <Structure
          schema={schema}
          value={value as FormObject | readonly FormValue[]}
          path={path}
          context={context}
          onChange={onChange}
          label={field.label}
          name={field.name}
        />
      </fieldset>
    )
  const id = `${part}-${path}`
  const problem = problems.find(own => own.part === part && own.path === path)
  const unit = schema.unit && (units[schema.unit] ?? schema.unit)
  return (
    <div class="form-field">
      <label for={id}>
        <span class="field-name">{name}</span> <span lang="zh-CN">{field.label}</span>
        {unit && <span class="fact">{unit}</span>}
        {field.required && <span class="required">{words.required}</span>}
      </label>
      <div class="form-value">
        <Leaf id={id} schema={schema} value={value as string | File} problem={problem} onChange={onChange} />
        {remove}
      </div>
      {problem && (
        <p id={`${id}-problem`} class="problem">
          {problemText(problem)}
        </p>
      )}
    </div>
  )
}

interface StructureProps {
  readonly schema: DefinedSchema
  readonly value: FormObject | readonly FormValue[]
  readonly path: string
  readonly context: FormContext
  /** Of the field around it, which suggest values for new members of a list. */
  readonly name: string
  readonly label: string
  onChange(value: FormValue): void
}

/** An object or a list. */
function Structure(props: StructureProps) {
  const { schema, value, path, context, onChange } = props
  const { tables } = context
  if (schema.content !== undefined) return <Structure {...props} schema={tables.schemas[schema.content]!} />
  if (schema.anyOf) return <Structure {...props} schema={alternativeOf(value, schema, tables)} />
  if (Array.isArray(value)) return <List {...props} value={value} />
  return (
    <Members
      numbers={schema.fields ?? []}
      value={value as FormObject}
      path={path}
      context={context}
      onChange={onChange}
    />
  )
}

function List({
  schema,
  value,
  path,
  context,
  name,
  label,
  onChange,
}: StructureProps & { value: readonly FormValue[] }) {
  const words = useTryWords()
  const { tables, known } = context
  const number = schema.items
  if (number === undefined) return null
  const items = tables.schemas[number]!
  const replace = (at: number, item: FormValue): void =>
    onChange(value.map((own, other) => (other === at ? item : own)))
  return (
    <>
      {value.map((item, at) => (
        <FormField
          key={at}
          name={`[${at}]`}
          field={{ name, label, schema: number }}
          value={item}
          path={`${path}[${at}]`}
          context={context}
          onChange={changed => replace(at, changed)}
          onRemove={() => onChange(value.filter((_, other) => other !== at))}
        />
      ))}
      <button
        type="button"
        aria-label={`${words.addMember} ${path}`}
        onClick={() => onChange([...value, initialValue(items, tables, known, name, label)])}
      >
        {words.addMember}
      </button>
    </>
  )
}

interface LeafProps {
  readonly id: string
  readonly schema: DefinedSchema
  readonly value: string | File
  readonly problem: FormProblem | undefined
  onChange(value: string | File): void
}

/** An input for a single value. */
function Leaf({ id, schema, value, problem, onChange }: LeafProps) {
  const described = problem && { 'aria-invalid': true as const, 'aria-describedby': `${id}-problem` }
  if (schema.type === 'file')
    return (
      <input
        id={id}
        type="file"
        {...described}
        onChange={event => {
          const file = event.currentTarget.files?.[0]
          if (file) onChange(file)
        }}
      />
    )
  const text = value instanceof File ? '' : value
  const choices = schema.type === 'boolean' ? ['true', 'false'] : schema.enum?.map(String)
  if (choices)
    return (
      <select id={id} value={text} {...described} onChange={event => onChange(event.currentTarget.value)}>
        {!choices.includes(text) && <option value={text}>{text}</option>}
        {choices.map(choice => (
          <option key={choice} value={choice}>
            {choice} {schema.enumLabels && Object.hasOwn(schema.enumLabels, choice) ? schema.enumLabels[choice] : ''}
          </option>
        ))}
      </select>
    )
  const isNumber = schema.type === 'integer' || schema.type === 'number'
  return (
    <input
      id={id}
      type="text"
      inputMode={isNumber ? 'numeric' : 'text'}
      autocomplete="off"
      spellcheck={false}
      value={text}
      {...described}
      onInput={event => onChange(event.currentTarget.value)}
    />
  )
}
