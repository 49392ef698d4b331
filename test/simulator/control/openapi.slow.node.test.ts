import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { createSimulator, createSimulatorMount } from '../../../src/simulator/index.ts'

it('describes the control API so that redocly finds nothing to complain about', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'openapi-'))
  try {
    const mount = createSimulatorMount(await createSimulator())
    const response = await mount(new Request('http://127.0.0.1/simulator/openapi.json'))
    const file = join(folder, 'openapi.json')
    await writeFile(file, await response.text())
    const { stderr, stdout } = await promisify(execFile)(resolve('node_modules/.bin/redocly'), [
      'lint',
      '--extends=recommended-strict',
      file,
    ])
    expect(stdout + stderr).toContain('Your API description is valid')
  } finally {
    await rm(folder, { recursive: true })
  }
})
