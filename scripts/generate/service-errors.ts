import type { Endpoint } from './endpoint.ts'
import { quoted } from './names.ts'

/** Declares `ServiceErrors`: the documented error codes by endpoint, as errors name it. */
export function declareServiceErrors(endpoints: readonly Endpoint[]): string {
  const members = endpoints.flatMap(({ api, method, path, operation }) => {
    const codes = new Set(operation['x-errors']?.map(({ code }) => code))
    const name = `${method} ${api === 'v2' ? '/v2' : ''}${path}`
    return codes.size > 0 ? [`  ${quoted(name)}: ${[...codes].map(quoted).join(' | ')}\n`] : []
  })
  return `/** Documented error codes by endpoint. */\nexport interface ServiceErrors {\n${members.join('')}}\n`
}
