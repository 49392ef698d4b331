import { capabilities } from '../../origin.ts'
import { createStore, useStore } from '../../store.ts'
import { addressOf } from '../address.ts'
import { Choice } from '../choice.tsx'
import type { DefinedEndpoint } from '../definition.ts'
import { useTryWords } from './words.ts'

/** URL of the gateway, or its path on this origin. Kept until the page is closed. */
export const gatewayUrl = createStore('')
/** Token of a caller of the gateway. Kept in memory only. */
export const gatewayToken = createStore('')

/** The reason why no call can be sent to the URL of a gateway. */
export type UrlProblem = { readonly kind: 'invalid' } | { readonly kind: 'other-origin'; readonly console: string }

/**
 * Checks the URL of a gateway. The policy of the page admits only its own origin, so that nothing that is shown or pasted here
 * can leave it; a gateway serves the same page.
 */
export function urlProblemOf(url: string, endpoint: DefinedEndpoint): UrlProblem | undefined {
  let parsed: URL
  try {
    parsed = new URL(url, location.origin)
  } catch {
    return { kind: 'invalid' }
  }
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') return { kind: 'invalid' }
  if (parsed.origin === location.origin) return undefined
  return { kind: 'other-origin', console: `${parsed.origin}/console/${addressOf(endpoint)}` }
}

interface TargetProps {
  readonly endpoint: DefinedEndpoint
  readonly through: 'simulator' | 'gateway'
  onChange(through: 'simulator' | 'gateway'): void
}

/** The choice of the server that a call is sent to. */
export function Target({ endpoint, through, onChange }: TargetProps) {
  const words = useTryWords()
  const hasSimulator = useStore(capabilities)?.includes('simulator') ?? false
  return (
    <>
      {hasSimulator && (
        <div class="buttons">
          <span>{words.target}</span>
          <Choice
            label={words.target}
            values={['simulator', 'gateway']}
            chosen={through}
            words={words.targets}
            onChoose={onChange}
          />
        </div>
      )}
      {through === 'gateway' && <Gateway endpoint={endpoint} />}
      {through === 'simulator' && !globalThis.isSecureContext && (
        <p role="alert" class="problem">
          {words.insecure}
        </p>
      )}
    </>
  )
}

function Gateway({ endpoint }: { endpoint: DefinedEndpoint }) {
  const words = useTryWords()
  const url = useStore(gatewayUrl)
  const token = useStore(gatewayToken)
  const problem = urlProblemOf(url, endpoint)
  return (
    <fieldset class="group">
      <legend>{words.targets.gateway}</legend>
      <div class="form-field">
        <label for="try-gateway-url">{words.baseUrl}</label>
        <div class="form-value">
          <input
            id="try-gateway-url"
            type="text"
            inputMode="url"
            autocomplete="off"
            spellcheck={false}
            placeholder={location.origin}
            value={url}
            aria-invalid={problem !== undefined}
            aria-describedby="try-gateway-url-problem"
            onInput={event => gatewayUrl.set(event.currentTarget.value.trim())}
          />
        </div>
        <p id="try-gateway-url-problem" role="alert" class="problem">
          {problem?.kind === 'invalid' && words.badUrl}
          {problem?.kind === 'other-origin' && (
            <>
              {words.otherOrigin}{' '}
              <a href={problem.console} target="_blank" rel="noreferrer">
                {problem.console}
              </a>
            </>
          )}
        </p>
      </div>
      <div class="form-field">
        <label for="try-gateway-token">{words.token}</label>
        <div class="form-value">
          <input
            id="try-gateway-token"
            type="password"
            autocomplete="off"
            value={token}
            aria-describedby="try-gateway-token-help"
            onInput={event => gatewayToken.set(event.currentTarget.value.trim())}
          />
        </div>
        <p id="try-gateway-token-help" class="dim">
          {words.tokenHelp}
        </p>
      </div>
    </fieldset>
  )
}
