import { useEffect, useState } from 'preact/hooks'
import { namespace, simulatorUrl } from '../api.ts'
import { useWords } from '../words.ts'

/** Lists the namespaces at the origin itself, because a namespace knows of no others. */
const LIST_URL = '/simulator/namespaces'

/** Returns the names of the namespaces; none where the simulator has none, or the host name chooses one. */
async function readNamespaces(): Promise<readonly string[]> {
  try {
    const response = await fetch(LIST_URL)
    return response.ok ? ((await response.json()) as string[]) : []
  } catch {
    return []
  }
}

/** Says which namespace the page shows, and opens the console of another one. */
export function NamespaceChoice() {
  const words = useWords()
  const [names, setNames] = useState<readonly string[]>([])
  const reload = (): void => void readNamespaces().then(setNames)
  useEffect(() => {
    reload()
    // Requests create namespaces while another window is in front.
    addEventListener('focus', reload)
    return () => removeEventListener('focus', reload)
  }, [])
  const shown = [...new Set([...names, ...(namespace === undefined ? [] : [namespace])])].sort()
  if (shown.length === 0) return null
  const open = (name: string): void => {
    location.assign(`${name === '' ? '' : `/ns/${encodeURIComponent(name)}`}/console/${location.hash}`)
  }
  return (
    <label class="setting">
      <span class="label">{words.namespace}</span>{' '}
      <select
        aria-label={words.namespace}
        value={namespace ?? ''}
        onFocus={reload}
        onChange={event => open(event.currentTarget.value)}
      >
        <option value="">{words.noNamespace}</option>
        {shown.map(name => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}

/** Shows the address for the merchant's requests, and copies it. */
export function Address() {
  const words = useWords()
  const [isCopied, setCopied] = useState(false)
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(simulatorUrl)
    setCopied(true)
  }
  // Browsers offer the clipboard to HTTPS and to this machine only.
  if (!navigator.clipboard) return <code class="address">{simulatorUrl}</code>
  return (
    <button type="button" class="address" title={words.copyAddress} onClick={() => void copy().catch(() => {})}>
      <code>{simulatorUrl}</code> <span aria-live="polite">{isCopied ? words.copied : words.copy}</span>
    </button>
  )
}
