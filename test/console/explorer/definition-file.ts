/** The files that the explorer loads, read as the page reads them. */
import { gunzipSync } from 'node:zlib'
import type { ApiDefinition, DefinitionIndex } from '../../../src/console/explorer/definition.ts'
import { DEFINITION_FILES } from '../../../src/console-files/generated/definition-files.ts'

const read = (name: string): unknown =>
  JSON.parse(gunzipSync(Buffer.from(DEFINITION_FILES[`definitions/${name}.txt`]!.text, 'base64')).toString())

export const readIndex = (): DefinitionIndex => read('index') as DefinitionIndex
export const readApi = (api: 'v2' | 'v3' | 'brand'): ApiDefinition => read(api) as ApiDefinition
