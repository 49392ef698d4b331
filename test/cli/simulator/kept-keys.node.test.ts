/** Attacks by somebody who puts files into the folder of a simulator before it starts, or hands over a state file. */
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../../src/cli/commands.ts'
import { run } from '../../../src/cli/run.ts'
import { createTlsCertificate } from '../../../src/cli/simulator/tls-certificate.ts'
import { createSimulator } from '../../../src/simulator/index.ts'

let parent: string
let folder: string
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'wechatpay-edge-'))
  folder = join(parent, 'wechatpay')
  return () => rm(parent, { recursive: true })
})

const contentOf = (name: string) => readFile(join(folder, name), 'utf8')
async function put(files: Record<string, string>) {
  await mkdir(folder, { recursive: true })
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
}
const digestOf = (content: string) => createHash('sha256').update(content).digest('hex')
/** Puts files into the folder with a manifest that lists them. */
const putWithManifest = (files: Record<string, string>) => {
  const digests = Object.fromEntries(Object.entries(files).map(([name, content]) => [name, digestOf(content)]))
  return put({ ...files, 'simulator.json': JSON.stringify({ files: digests }) })
}

/**
 * Runs the simulator with the folder in this process until it has started, and then stops it.
 *
 * @param whileRunning what to do before it stops
 */
async function start(options: readonly string[], whileRunning = async (_url: string): Promise<void> => {}) {
  const stop = new AbortController()
  const errors: string[] = []
  let running: Promise<void> | undefined
  const terminal = {
    print(line: string) {
      const { kind, url } = JSON.parse(line)
      if (kind === 'started') running = whileRunning(url).finally(() => stop.abort())
    },
    warn: (line: string) => errors.push(JSON.parse(line).error.message),
    stopped: stop.signal,
  }
  const code = await run(COMMANDS, ['simulator', '--port', '0', '--json', '--folder', folder, ...options], terminal)
  await running
  return { code, errors: errors.join('\n') }
}
const runOnce = async (...options: string[]) => expect(await start(options)).toEqual({ code: 0, errors: '' })
const refused = (...options: string[]) => start(options)

describe('files that were planted', () => {
  it('a certificate authority is not adopted: whoever planted it has its key', async () => {
    const planted = await createTlsCertificate('127.0.0.1', Date.now())
    await put({ 'ca.pem': planted.ca, 'tls_cert.pem': planted.cert, 'tls_key.pem': planted.key })
    const { code, errors } = await refused('--tls')
    expect([code, errors]).toEqual([
      1,
      expect.stringMatching(/ has ca\.pem, tls_cert\.pem, tls_key\.pem, which .*--force/),
    ])
    await runOnce('--tls', '--force')
    expect(await contentOf('ca.pem')).not.toBe(planted.ca)
  })

  it('keys are not adopted', async () => {
    await runOnce()
    const keys = await contentOf('keys.json')
    await rm(folder, { recursive: true })
    await put({ 'keys.json': keys })
    const { code, errors } = await refused()
    expect([code, errors]).toEqual([1, expect.stringContaining('has keys.json, which the simulator did not write')])
    expect(await readdir(folder)).toEqual(['keys.json'])
  })

  it.each([
    ['a merchant id that is none', (keys: string) => keys.replace('"mchid":"1900000109"', '"mchid":"1\\nX=1"')],
    ['an appid that is none', (keys: string) => keys.replace('"appid":"wxd678efh567hg6787"', '"appid":"../x"')],
    ['a mode that is none', (keys: string) => keys.replace('"platform":"certificate"', '"platform":"none"')],
    [
      'a serial that is a path',
      (keys: string) =>
        keys.replace(/"platform-certificates",\[\["[0-9A-F]{40}"/, '"platform-certificates",[["/../../x"'),
    ],
    ['no JSON', (keys: string) => keys.slice(0, -1)],
  ])('keys with %s are refused, though the manifest lists them', async (_, forge) => {
    await runOnce('--platform', 'certificate')
    const keys = await contentOf('keys.json')
    const forged = forge(keys)
    expect(forged).not.toBe(keys)
    await rm(folder, { recursive: true })
    await putWithManifest({ 'keys.json': forged })
    const { code, errors } = await refused()
    expect([code, errors]).toEqual([1, expect.stringMatching(/keys\.json.* Remove it\.$/)])
    expect((await readdir(folder)).sort()).toEqual(['keys.json', 'simulator.json'])
    expect(await readdir(parent)).toEqual(['wechatpay'])
  })

  it('a manifest with names that lead elsewhere does not stop the simulator', async () => {
    const digest = digestOf('')
    await put({
      'simulator.json': JSON.stringify({ files: { '..': digest, '.': digest, '': digest, '../x': digest } }),
    })
    await runOnce()
    expect(JSON.parse(await contentOf('simulator.json'))).toMatchObject({ mchid: '1900000109' })
  })
})

describe('the keys of a folder are replaced only with --force', () => {
  it('by those of a seed', async () => {
    await runOnce()
    const keys = await contentOf('keys.json')
    const { code, errors } = await refused('--seed', 'a')
    expect([code, errors]).toEqual([1, expect.stringMatching(/keys that are not those of this --seed.*--force\.$/)])
    expect(await contentOf('keys.json')).toBe(keys)
    await runOnce('--seed', 'a', '--force')
    const seeded = await contentOf('keys.json')
    expect(seeded).not.toBe(keys)
    // The same seed keeps them, and so does none.
    await runOnce('--seed', 'a')
    await runOnce()
    expect(await contentOf('keys.json')).toBe(seeded)
    expect((await refused('--seed', 'b')).code).toBe(1)
  })

  it('by those of a state', async () => {
    const state = join(parent, 'state.json')
    const other = await createSimulator()
    await writeFile(state, other.snapshot())
    await runOnce()
    const keys = await contentOf('keys.json')
    const { code, errors } = await refused('--state', state)
    expect([code, errors]).toEqual([
      1,
      expect.stringMatching(/keys that are not those of .*state\.json\. .*--force\.$/),
    ])
    expect(await contentOf('keys.json')).toBe(keys)
    await runOnce('--state', state, '--force')
    expect(await contentOf('apiv3_key.txt')).toBe(other.merchant.apiv3Key)
  })

  it('but not by a state that has further ones, of a rotation', async () => {
    const state = join(parent, 'state.json')
    await start(['--state', state, '--platform', 'certificate'], async url => {
      await fetch(`${url}/simulator/rotate`, { method: 'POST' })
    })
    await runOnce('--state', state)
    expect((await readdir(folder)).filter(name => name.startsWith('wechatpay_'))).toHaveLength(2)
  })
})

it('refuses a state file whose merchant has ids that would change .env', async () => {
  const state = join(parent, 'state.json')
  const { snapshot } = await createSimulator({ appid: 'wx1\nX=$(id)' })
  await writeFile(state, snapshot())
  const { code, errors } = await refused('--state', state)
  expect([code, errors]).toEqual([
    1,
    expect.stringContaining('has a merchant id, an appid or a brand id that is malformed'),
  ])
  await expect(readdir(folder)).rejects.toThrow('ENOENT')
})
