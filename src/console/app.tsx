import type { FunctionComponent } from 'preact'
import { namespace } from './api.ts'
import { AppearanceControls } from './appearance-controls.tsx'
import { ClockOffset } from './clock/clock-offset.tsx'
import { ConnectionState } from './connection-state.tsx'
import { currentPath } from './location.ts'
import { Address, NamespaceChoice } from './namespaces/namespace-choice.tsx'
import { Navigation } from './navigation.tsx'
import { capabilities, isUnreachable } from './origin.ts'
import { language } from './settings.ts'
import { useStore } from './store.ts'
import { PAGES, VIEWS } from './views.ts'
import { useWords } from './words.ts'

export function App() {
  const words = useWords()
  const lang = useStore(language)
  const served = useStore(capabilities)
  const hasFailed = useStore(isUnreachable)
  const [, name = ''] = useStore(currentPath).split(/[/?]/)
  const views = VIEWS.filter(({ needs }) => needs === undefined || served?.includes(needs))
  const current = views.find(view => view.name === name || view.alsoNamed?.includes(name)) ?? views[0]
  const Current = current?.component as FunctionComponent | undefined
  const isSimulator = served?.includes('simulator') ?? false
  // A gateway beside its simulator has views of both.
  const isOfGateway = current?.needs === 'gateway' || !isSimulator
  const title = served ? (isOfGateway ? words.gatewayTitle : words.title) : 'WeChat Pay'
  document.title = namespace === undefined ? title : `${namespace} · ${title}`
  return (
    <div class="page">
      <header class="bar">
        <h1>{title}</h1>
        {isSimulator && (
          <>
            <NamespaceChoice />
            <Address />
            <span class="space" />
            <ClockOffset />
            <ConnectionState />
          </>
        )}
        {!isSimulator && <span class="space" />}
        <AppearanceControls />
        <Navigation>
          {served &&
            views.map(view => (
              <a key={view.name} href={`#/${view.name}`} aria-current={view === current ? 'page' : undefined}>
                {view.title[lang]}
              </a>
            ))}
          {PAGES.map(({ href, title }) => (
            <a key={href} href={href}>
              {title[lang]}
            </a>
          ))}
        </Navigation>
      </header>
      {served && Current && <Current />}
      {!served && hasFailed && (
        <p role="alert" class="problem">
          {words.unreachable}
        </p>
      )}
    </div>
  )
}
