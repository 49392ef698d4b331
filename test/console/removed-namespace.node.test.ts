import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { DefinedEndpoint } from '../../src/console/explorer/definition.ts'
import { createNamespaceServer, createSimulator, type NamespaceServer } from '../../src/simulator/index.ts'
import { PAGE } from './page-location.ts'

let server: NamespaceServer
/** Called after each response. */
let afterwards: (path: string) => Promise<void> | void
beforeEach(async () => {
  server = createNamespaceServer(await createSimulator(), {
    merchantFiles: () => ({ 'README.md': 'files' }),
  })
  afterwards = () => {}
  vi.stubGlobal('location', PAGE)
  vi.stubGlobal('fetch', async (input: string | Request, init?: RequestInit) => {
    const request = new Request(input instanceof Request ? input : new URL(input, PAGE), init)
    // As a browser does for a page.
    request.headers.set('sec-fetch-site', 'same-origin')
    const response = await server.fetch(request)
    await afterwards(new URL(request.url).pathname)
    return response
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
})

test('a page that stays open does not bring back its namespace after it was removed', async () => {
  const { callApi, eventsUrl, linkUrl } = await import('../../src/console/api.ts')
  await fetch('/ns/one/console/')
  expect(await callApi('GET', '/orders')).toEqual([])
  expect((await fetch(linkUrl('/folder'))).headers.get('content-type')).toBe('application/x-tar')
  const stream = await fetch(eventsUrl(undefined))
  expect(new TextDecoder().decode((await stream.body!.getReader().read()).value)).toContain('"resumed":false')
  await server.namespaces.remove('one')
  const refused = expect.objectContaining({ status: 404, code: 'NAMESPACE_UNKNOWN' })
  await expect(callApi('GET', '/status')).rejects.toEqual(refused)
  await expect(callApi('POST', '/advance', { ms: 1 })).rejects.toEqual(refused)
  expect((await fetch(eventsUrl(undefined))).status).toBe(404)
  expect((await fetch(linkUrl('/folder'))).status).toBe(404)
  expect(server.namespaces.list()).toEqual([])
})

test('a call of the explorer does not bring back a namespace that is removed meanwhile', async () => {
  const { sendToSimulator } = await import('../../src/console/explorer/try/send.ts')
  const endpoint = { api: 'v3', method: 'GET', name: '/v3/certificates', response: { kind: 'json' } } as DefinedEndpoint
  const send = () => sendToSimulator(endpoint, { placeholders: {}, query: {}, headers: {}, body: undefined })
  await fetch('/ns/one/console/')
  // A merchant with WeChat Pay's public key has no platform certificates.
  expect((await send()).exchange?.response?.body).toContain('RESOURCE_NOT_EXISTS')
  afterwards = async path => {
    if (path.endsWith('/credentials')) await server.namespaces.remove('one')
  }
  expect((await send()).exchange?.response?.body).toContain('NAMESPACE_UNKNOWN')
  expect(server.namespaces.list()).toEqual([])
})

test('the page on which a shopper pays is that of the namespace', async () => {
  const { cashierUrl } = await import('../../src/console/api.ts')
  const url = cashierUrl('wx1')
  expect(url).toBe(`${PAGE.origin}/ns/one/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx1`)
  expect((await fetch(url)).headers.get('content-type')).toContain('text/html')
  expect(server.namespaces.list()).toEqual(['one'])
})
