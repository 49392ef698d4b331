interface ChoiceProps<T extends string> {
  readonly label: string
  readonly values: readonly T[]
  readonly chosen: T
  readonly words: Readonly<Record<T, string>>
  onChoose(value: T): void
}

/** A row of buttons, one of which is pressed. */
export function Choice<T extends string>({ label, values, chosen, words, onChoose }: ChoiceProps<T>) {
  return (
    <fieldset class="choice">
      <legend class="hidden">{label}</legend>
      {values.map(value => (
        <button key={value} type="button" aria-pressed={value === chosen} onClick={() => onChoose(value)}>
          {words[value]}
        </button>
      ))}
    </fieldset>
  )
}
