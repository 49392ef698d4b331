import { language, type Theme, theme } from './settings.ts'
import { useStore } from './store.ts'
import { useWords } from './words.ts'

/** Chooses the colours and the language of a page. */
export function AppearanceControls() {
  const words = useWords()
  const lang = useStore(language)
  const colours = useStore(theme)
  return (
    <span class="appearance">
      <label class="setting">
        <span class="hidden">{words.theme}</span>
        <select value={colours} onChange={event => theme.set(event.currentTarget.value as Theme)}>
          {Object.entries(words.themes).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        lang={lang === 'zh' ? 'en' : 'zh-CN'}
        onClick={() => language.set(lang === 'zh' ? 'en' : 'zh')}
      >
        {words.languageOther}
      </button>
    </span>
  )
}
