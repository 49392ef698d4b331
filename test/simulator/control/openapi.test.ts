import { beforeAll, expect, it } from 'vitest'
import { createSimulator, createSimulatorMount } from '../../../src/simulator/index.ts'

interface Operations {
  post?: { requestBody?: { content: { 'application/json': { schema: { required?: string[] } } } } }
}

// biome-ignore lint/suspicious/noExplicitAny: a document of any form
let document: any
let send: (method: string, path: string, body?: object) => Promise<Response>

beforeAll(async () => {
  const mount = createSimulatorMount(await createSimulator())
  send = (method, path, body) => {
    const json = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    return mount(new Request(`http://127.0.0.1${path}`, { method, ...json }))
  }
  document = await (await send('GET', '/simulator/openapi.json')).json()
})

it('names every action that GET /simulator lists, each with a name of its own', async () => {
  const { actions } = (await (await send('GET', '/simulator')).json()) as {
    actions: { method: string; path: string }[]
  }
  const described = Object.entries<object>(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map(method => `${method.toUpperCase()} ${path}`),
  )
  expect(described.sort()).toEqual(actions.map(({ method, path }) => `${method} ${path}`).sort())
  const ids = Object.values<object>(document.paths).flatMap(operations =>
    Object.values(operations).map(({ operationId }) => operationId),
  )
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids).toContain('postNotificationsIdRepeat')
})

it('says which fields an action requires, as the action itself does', async () => {
  for (const [path, operations] of Object.entries<Operations>(document.paths)) {
    const required = operations.post?.requestBody?.content['application/json'].schema.required
    if (!required) continue
    const response = await send('POST', path.replaceAll(/\{\w+\}/g, 'x'), {})
    expect([path, response.status]).toEqual([path, 400])
    expect((await response.json()).message).toContain(`"${required[0]}"`)
  }
})
