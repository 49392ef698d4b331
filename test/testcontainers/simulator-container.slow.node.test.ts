import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { startDockerStandIn } from './docker-stand-in.ts'

// The same shop twice, each time through the real Testcontainers: with a stand-in for Docker on every machine, and in a container
// where a Docker is there.

const run = promisify(execFile)

/** Runs the tests of the shop. */
async function runShop(environment: Record<string, string | undefined>, ...argv: string[]): Promise<object> {
  const env = { ...process.env, ...environment }
  const { stdout } = await run(process.execPath, ['test/testcontainers/shop.ts', ...argv], { env })
  return JSON.parse(stdout)
}

const EXPECTED = {
  sold: 'SUCCESS',
  inNamespace: 'SUCCESS',
  // The reset of the simulator leaves the namespace alone.
  afterReset: [0, 1],
  afterRestart: { hasSameKeys: true, sold: 'SUCCESS' },
}

describe('with a stand-in for Docker', () => {
  it('starts, sells, resets, restarts, and leaves no container behind', async () => {
    const docker = await startDockerStandIn('registry.example/simulator:1')
    try {
      const environment = {
        DOCKER_HOST: docker.url,
        DOCKER_TLS_VERIFY: undefined,
        TESTCONTAINERS_HOST_OVERRIDE: undefined,
        TESTCONTAINERS_RYUK_DISABLED: 'true',
      }
      expect(await runShop(environment, 'registry.example/simulator:1')).toEqual({
        ...EXPECTED,
        notified: 'The container cannot reach this machine; call withHostAccess() before start().',
      })
      const served = ['simulator', '--host', '0.0.0.0', '--folder', '/tmp/wechatpay']
      expect(docker.commands).toEqual([[...served, '--allow-host', '127.0.0.1', '--seed', 'shop']])
      expect(docker.count()).toBe(0)
    } finally {
      await docker.close()
    }
  })
})

describe('in a container', () => {
  const given = process.env.SIMULATOR_IMAGE
  const built = 'wechatpay-edge-simulator:test'
  const findDocker = (): Promise<boolean> =>
    run('docker', ['version']).then(
      () => true,
      () => false,
    )
  let hasBuilt = false
  afterAll(async () => {
    if (hasBuilt) await run('docker', ['image', 'rm', built])
  })

  it('starts the image of deploy/executable.Dockerfile, which notifies a shop on this machine', async context => {
    if (!(await findDocker()))
      return context.skip('`docker version` finds no Docker. Start one, or set DOCKER_HOST, to run this test.')
    if (given === undefined) {
      await run('docker', ['build', '-f', 'deploy/executable.Dockerfile', '-t', built, '.'], { maxBuffer: 2 ** 26 })
      hasBuilt = true
    }
    expect(await runShop({}, given ?? built, '--host-access')).toMatchObject({ ...EXPECTED, notified: ['SHOP-0003'] })
    // It builds the whole package in an image.
  }, 1_200_000)
})
