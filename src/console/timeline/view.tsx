import { useMemo, useRef } from 'preact/hooks'
import { simulatorUrl } from '../api.ts'
import { ClockNote } from '../clock/clock-note.tsx'
import { select, selectedKey } from '../location.ts'
import { useStore } from '../store.ts'
import { useLive } from '../use-action.ts'
import { useSlash } from '../use-slash.ts'
import { useWords, type Words } from '../words.ts'
import { Detail } from './detail.tsx'
import { entries } from './entries.ts'
import { type Filter, filter, filtered, NO_FILTER } from './filter.ts'
import { List } from './list.tsx'

/** The list of everything that happened, and the details of one entry beside it; on a phone instead of it. */
export function TimelineView() {
  const words = useWords()
  const all = useStore(entries)
  const chosen = useStore(filter)
  const selected = useStore(selectedKey)
  // The newest first.
  const shown = useMemo(() => filtered(all, chosen).toReversed(), [all, chosen])
  return (
    <main class={selected === undefined ? 'timeline' : 'timeline has-selection'}>
      <section class="list-pane" aria-label={words.timeline}>
        <FilterBar words={words} shown={shown.length} all={all.length} />
        <ClockNote />
        {all.length === 0 ? (
          <div class="nothing">
            <p>{words.empty}</p>
            <p>{words.emptyHelp(simulatorUrl)}</p>
          </div>
        ) : shown.length === 0 ? (
          <div class="nothing">
            <p>{words.noMatch}</p>
            <button type="button" onClick={() => filter.set(NO_FILTER)}>
              {words.clearFilter}
            </button>
          </div>
        ) : (
          <List entries={shown} selected={selected} />
        )}
      </section>
      <section class="detail-pane" aria-label={words.request}>
        {selected === undefined ? (
          <p class="nothing">{words.select}</p>
        ) : (
          <Detail key={selected} id={selected} onClose={() => select(undefined)} />
        )}
      </section>
    </main>
  )
}

function FilterBar({ words, shown, all }: { words: Words; shown: number; all: number }) {
  const chosen = useStore(filter)
  const [merchants] = useLive<readonly { readonly mchid: string }[]>('/merchants')
  const field = useRef<HTMLInputElement>(null)
  const change = (part: Partial<Filter>): void => filter.set({ ...filter.get(), ...part })
  useSlash(field)
  return (
    <search class="filter">
      <input
        ref={field}
        type="search"
        value={chosen.text}
        placeholder={words.filter}
        aria-label={words.filter}
        title={words.filterHelp}
        autocomplete="off"
        spellcheck={false}
        onInput={event => change({ text: event.currentTarget.value })}
        onKeyDown={event => event.key === 'Escape' && change({ text: '' })}
      />
      <Choice label={words.kind} options={words.kinds} value={chosen.kind} onChange={kind => change({ kind })} />
      <Choice
        label={words.status}
        options={words.statuses}
        value={chosen.status}
        onChange={status => change({ status })}
      />
      <Choice
        label={words.signature}
        options={words.signatures}
        value={chosen.signature}
        onChange={signature => change({ signature })}
      />
      {merchants && merchants.length > 1 && (
        <Choice
          label={words.merchant}
          options={Object.fromEntries([['all', words.allMerchants], ...merchants.map(({ mchid }) => [mchid, mchid])])}
          value={chosen.merchant}
          onChange={merchant => change({ merchant })}
        />
      )}
      <output class="count">{words.shown(shown, all)}</output>
    </search>
  )
}

interface ChoiceProps<T extends string> {
  readonly label: string
  readonly options: Readonly<Record<T, string>>
  readonly value: T
  readonly onChange: (value: T) => void
}

function Choice<T extends string>({ label, options, value, onChange }: ChoiceProps<T>) {
  return (
    <select aria-label={label} value={value} onChange={event => onChange(event.currentTarget.value as T)}>
      {Object.entries<string>(options).map(([option, text]) => (
        <option key={option} value={option}>
          {text}
        </option>
      ))}
    </select>
  )
}
