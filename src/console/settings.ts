import { createStore, type Store } from './store.ts'

export type Language = 'en' | 'zh'
export type Theme = 'system' | 'light' | 'dark'

/** Reads a setting. A browser may forbid the storage. */
function stored(name: string): string | null {
  try {
    return localStorage.getItem(name)
  } catch {
    return null
  }
}

/** Creates a store that keeps its value for the next visit. */
function createSetting<T extends string>(name: string, values: readonly T[], initial: T): Store<T> {
  const saved = stored(name)
  const store = createStore<T>(values.find(value => value === saved) ?? initial)
  store.subscribe(() => {
    try {
      localStorage.setItem(name, store.get())
    } catch {
      // It lasts until the page is closed.
    }
  })
  return store
}

export const language = createSetting<Language>(
  'wechatpay-edge.language',
  ['en', 'zh'],
  navigator.language.startsWith('zh') ? 'zh' : 'en',
)

export const theme = createSetting<Theme>('wechatpay-edge.theme', ['system', 'light', 'dark'], 'system')

function apply(): void {
  const { documentElement } = document
  documentElement.lang = language.get() === 'zh' ? 'zh-CN' : 'en'
  documentElement.dataset.theme = theme.get()
}
apply()
language.subscribe(apply)
theme.subscribe(apply)
