import { describe, expect, test } from 'vitest'
import { createLog } from '../../../src/gateway/log/log.ts'
import { QUERY_OF_V2_POST } from '../../../src/gateway/relay/method.ts'
import { endpoints, nameOf } from '../../catalogue/catalogue.ts'
import { createTestGateway, json } from '../test-gateway.ts'
import { canaryRequest } from './canaries.ts'

/** A gateway that logs all it can, and what it wrote. */
async function loggingGateway() {
  const lines: string[] = []
  const log = createLog({ level: 'debug', write: line => lines.push(line) })
  return { lines, gateway: await createTestGateway({ log }) }
}

describe.each([
  ['JSON within text given as values', false],
  ['JSON within text given as text', true],
])('a call of every endpoint with a canary in every field, %s', (_, writesText) => {
  test('leaves in the log those canaries that sit in fields that may be shown, and no other', async () => {
    const { lines, gateway } = await loggingGateway()
    const faults: string[] = []
    let shown = 0
    let hidden = 0
    for (const endpoint of endpoints) {
      const { method, body: media } = endpoint
      const { path, query, body, canaries } = canaryRequest(endpoint, writesText)
      const init = media?.kind === 'multipart' ? upload(method, body!) : { ...json(body), method }
      lines.length = 0
      const search = new URLSearchParams(query)
      // Refused before anything is logged: nothing signs it.
      if (endpoint.api === 'v2' && method !== 'GET')
        for (const name of [...search.keys()]) if (!QUERY_OF_V2_POST.has(name)) search.delete(name)
      await gateway.call(`${path}?${search}`, body ? init : { method })
      if (lines.length < 2) faults.push(`${nameOf(endpoint)}: ${lines.length} lines`)
      const found = new Set(lines.join('\n').match(/CANARY\d+X/g))
      const strange = [...found].filter(canary => !canaries.has(canary))
      faults.push(...strange.map(canary => `${nameOf(endpoint)} shows ${canary}`))
      for (const [canary, { field, mayShow }] of canaries) {
        if (found.has(canary) && !mayShow) faults.push(`${nameOf(endpoint)} shows ${field}`)
        // A form is not read; what is told of an upload is told of its `meta`, and that is nothing that may be shown.
        if (!found.has(canary) && mayShow && media?.kind !== 'multipart')
          faults.push(`${nameOf(endpoint)} hides ${field}`)
        if (found.has(canary)) shown++
        else hidden++
      }
    }
    expect(faults).toEqual([])
    expect({ shown: shown > 5_000, hidden: hidden > 5_000 }).toEqual({ shown: true, hidden: true })
  }, 300_000)
})

/** `meta` goes first, so that the file is streamed and `meta` is read. */
function upload(method: string, { meta, ...rest }: Readonly<Record<string, unknown>>): RequestInit {
  const form = new FormData()
  if (meta !== undefined) form.append('meta', JSON.stringify(meta))
  for (const [name, value] of Object.entries(rest)) form.append(name, String(value))
  form.append('file', new File(['CANARY0X'], 'CANARY0X.png', { type: 'image/png' }))
  return { method, body: form }
}
