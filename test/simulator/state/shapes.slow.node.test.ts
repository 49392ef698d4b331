import { readFile, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { expect, test } from 'vitest'
import { createState } from '../../../src/simulator/state/state.ts'
import { readShapes, type Shapes } from './shapes.ts'

const FILE = 'test/simulator/state/shapes.json'

/** The values that a version of the snapshot contains. */
interface Recorded {
  readonly version: number
  readonly shapes: Shapes
}

test('a snapshot has another version when the values of its maps have another shape', async () => {
  const { version } = JSON.parse(createState().snapshot()) as { version: number }
  const recorded = JSON.parse(await readFile(FILE, 'utf8')) as Recorded
  const shapes = readShapes()
  // Types that the compiler did not find would be the same in every version.
  for (const shape of Object.values(shapes)) expect(shape).not.toMatch(/\bany\b/)
  if (process.env.RECORD_SHAPES && version > recorded.version)
    return writeFile(FILE, `${JSON.stringify({ version, shapes }, null, 2)}\n`)
  expect(
    { version, shapes },
    'raise VERSION in src/simulator/state/state.ts, and run this test with RECORD_SHAPES=1',
  ).toEqual(recorded)
})
