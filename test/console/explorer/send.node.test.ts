import { afterEach, expect, test, vi } from 'vitest'
import type { DefinedEndpoint } from '../../../src/console/explorer/definition.ts'
import { createNamespaceServer, createSimulator } from '../../../src/simulator/index.ts'
import { PAGE } from '../page-location.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

test('a verification that fails is the failure of the call, and not an error of the page', async () => {
  const server = createNamespaceServer(await createSimulator(), { merchantFiles: () => ({ 'README.md': 'files' }) })
  vi.stubGlobal('location', PAGE)
  let afterResponse = (): unknown => undefined
  vi.stubGlobal('fetch', async (input: string | Request, init?: RequestInit) => {
    const request = new Request(input instanceof Request ? input : new URL(input, PAGE), init)
    request.headers.set('sec-fetch-site', 'same-origin')
    const response = await server.fetch(request)
    if (request.url.endsWith('/v3/certificates')) afterResponse()
    return response
  })
  const { sendToSimulator } = await import('../../../src/console/explorer/try/send.ts')
  const endpoint = { api: 'v3', method: 'GET', name: '/v3/certificates', response: { kind: 'json' } } as DefinedEndpoint
  const send = () => sendToSimulator(endpoint, { placeholders: {}, query: {}, headers: {}, body: undefined })
  await fetch('/ns/one/console/')
  expect((await send()).steps?.map(({ holds }) => holds)).toEqual([true, true, true, true])
  // Not before the simulator, which is in the same process, has verified the request.
  afterResponse = () =>
    vi.spyOn(crypto.subtle, 'verify').mockRejectedValue(new DOMException('The key is unusable.', 'OperationError'))
  const { exchange, steps, failure } = await send()
  expect([exchange?.response?.status, steps, failure]).toEqual([
    404,
    undefined,
    expect.objectContaining({ message: expect.stringContaining('unusable') }),
  ])
})
