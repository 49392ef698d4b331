import { useId, useState } from 'preact/hooks'
import { labelled } from '../labelled.ts'
import { type RefusedText, readTextFile, sizeText, textProblem } from './text-file.ts'
import type { WorkbenchWords } from './words.ts'

interface TextInputProps {
  readonly words: WorkbenchWords
  readonly label: string
  readonly help: string
  readonly value: string
  readonly rows: number
  /** Characters. */
  readonly most: number
  readonly onChange: (value: string) => void
}

/**
 * A field for a text that may be pasted, dropped or read from a file. What is too large never reaches the field: the browser would lay out
 * every line of it. The browser must not remember the text, nor send it to a spell checker.
 */
export function TextInput({ words, label, help, value, rows, most, onChange }: TextInputProps) {
  const [refused, setRefused] = useState<RefusedText>()
  const id = useId()
  const take = (text: string): boolean => {
    const problem = textProblem(text, most)
    setRefused(problem)
    return problem === undefined
  }
  const takeFile = async (file: File): Promise<void> => {
    const read = await readTextFile(file, most)
    if (typeof read !== 'string') return setRefused(read)
    setRefused(undefined)
    onChange(read)
  }
  /** Takes what is pasted or dropped; text that fits is left to the browser. */
  const onTransfer = (event: Event, data: DataTransfer | null): void => {
    const [file] = data?.files ?? []
    if (!file && take(data?.getData('text/plain') ?? '')) return
    event.preventDefault()
    if (file) void takeFile(file)
  }
  return (
    <div class="text-input">
      <div class="block-bar">
        <label for={id}>{label}</label>
        <FileInput label={labelled(words.chooseFile, label)} onChoose={file => void takeFile(file)} />
      </div>
      <p id={`${id}-help`} class="dim">
        {help}
      </p>
      <textarea
        id={id}
        rows={rows}
        value={value}
        aria-describedby={`${id}-help`}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        translate={false}
        onPaste={event => onTransfer(event, event.clipboardData)}
        onDragOver={event => event.preventDefault()}
        onDrop={event => onTransfer(event, event.dataTransfer)}
        onInput={({ currentTarget }) => {
          if (take(currentTarget.value)) onChange(currentTarget.value)
          else currentTarget.value = value
        }}
      />
      <p role="status" class="problem">
        {refused && words.textProblem[refused.problem](sizeText(refused.size), sizeText(most))}
      </p>
    </div>
  )
}

function FileInput({ label, onChoose }: { label: string; onChoose: (file: File) => void }) {
  return (
    <input
      type="file"
      aria-label={label}
      onChange={({ currentTarget }) => {
        const [file] = currentTarget.files ?? []
        if (file) onChoose(file)
        // The same file can be chosen again.
        currentTarget.value = ''
      }}
    />
  )
}
