import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { outputs } from '../../scripts/generate/outputs.ts'

const root = new URL('../../src/definitions/', import.meta.url)
const files = ['v2', 'v3', 'brand'].flatMap(api =>
  readdirSync(new URL(`${api}/`, root)).flatMap(name => (name.endsWith('.yaml') ? [`${api}/${name}`] : [])),
)
const definitions = Object.fromEntries(files.map(file => [file, readFileSync(new URL(file, root), 'utf8')]))

it('generates the same code in whatever order the definitions are read', () => {
  const reversed = Object.fromEntries(Object.entries(definitions).reverse())
  expect(outputs(reversed)).toEqual(outputs(definitions))
})
