import { fromBase64 } from '../../core/base/bytes.ts'
import type { Api } from '../../definitions/call.ts'
import type { ApiDefinition, DefinitionIndex } from './definition.ts'

const FOLDER = '/console/definitions'

const loading = new Map<string, Promise<unknown>>()

/** Loads a file once. One that could not be loaded is asked for again next time. */
function load<T>(name: string): Promise<T> {
  const existing = loading.get(name)
  if (existing) return existing as Promise<T>
  const loaded = fetchJson(name)
  loaded.catch(() => loading.delete(name))
  loading.set(name, loaded)
  return loaded as Promise<T>
}

async function fetchJson(name: string): Promise<unknown> {
  const response = await fetch(`${FOLDER}/${name}.txt`)
  if (!response.ok) throw new Error(`${name}.txt: HTTP ${response.status}`)
  const compressed = new Blob([fromBase64(await response.text())])
  return new Response(compressed.stream().pipeThrough(new DecompressionStream('gzip'))).json()
}

/** Loads the index of all endpoints and notifications. */
export const loadIndex = (): Promise<DefinitionIndex> => load('index')

/** Loads the definitions of an API. */
export const loadApi = (api: Api): Promise<ApiDefinition> => load(api)
