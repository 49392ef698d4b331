import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { traitOf } from '../../../src/definitions/trait-of.ts'
import { defined } from '../../simulator/definition.node.ts'

const source = readFileSync(new URL('../../../src/flows/generated/download-paths.ts', import.meta.url), 'utf8')

it('every GET that answers with a file can be downloaded', () => {
  const files = defined.filter(({ method, path }) => method === 'GET' && traitOf(method, path).response === 'file')
  const paths = Array.from(source.matchAll(/^ {2}\| '(.+)'$/gm), ([, path]) => path)
  expect(paths.length).toBeGreaterThan(0)
  expect(paths.sort()).toEqual(files.map(({ path }) => path.slice(1)).sort())
})
