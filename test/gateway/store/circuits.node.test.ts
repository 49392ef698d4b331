import { test } from 'vitest'
import { openDatabase } from '../../../src/storage/sqlite.ts'
import { stageOn } from './cases.ts'
import { circuitCases } from './circuit-cases.ts'

test.each(circuitCases)('in a file: $name', async ({ run }) => {
  const database = await openDatabase(':memory:')
  run(stageOn(database))
  database.close()
})
