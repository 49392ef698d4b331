import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { DCLinter } from 'dclint'
import { validate } from 'dockerfile-utils'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { TARGETS } from '../../scripts/executable.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { serve } from '../../src/cli/serve.ts'
import { unknownVariables } from './variables.ts'

const dockerfile = readFileSync('deploy/Dockerfile', 'utf8')
const compose = parse(readFileSync('deploy/compose.yaml', 'utf8'), { merge: true })
const packageJson = JSON.parse(readFileSync('package.json', 'utf8'))

/** A finding of dclint, whose own types import files without extensions. */
interface LintMessage {
  line: number
  rule: string
  message: string
}

describe('Dockerfile', () => {
  it('has no fault that a linter finds', () => {
    expect(validate(dockerfile)).toEqual([])
    expect(validate(`${dockerfile}\nFORM node`)).not.toEqual([])
  })

  it('runs as a user without privileges, with the drivers that the tests ran with', () => {
    expect(dockerfile).toMatch(/^USER 1000:1000$/m)
    const pinned = [...dockerfile.matchAll(/ ([\w-]+)@(\d+\.\d+\.\d+)/g)].map(([, name, version]) => [name, version])
    const tested = { ...packageJson.dependencies, ...packageJson.devDependencies }
    expect(pinned.length).toBeGreaterThan(0)
    expect(pinned).toEqual(pinned.map(([name]) => [name, tested[name!]]))
  })

  it('starts the program of the package', () => {
    expect(dockerfile).toContain(`wechatpay-edge/${packageJson.bin['wechatpay-edge'].slice(2)}`)
  })
})

describe('executable.Dockerfile', () => {
  const image = readFileSync('deploy/executable.Dockerfile', 'utf8')
  const argumentsOf = (instruction: string): string[] =>
    JSON.parse(
      new RegExp(`^\\s*${instruction} (\\[.*\\])$`, 'm').exec(image.replace(/HEALTHCHECK.*\n *CMD/, 'CHECK'))![1]!,
    )

  it('has no fault that a linter finds', () => {
    expect(validate(image)).toEqual([])
  })

  it('ends as an image without shell, user rights or build tools', () => {
    const [, ...last] = image
      .split(/^FROM /m)
      .at(-1)!
      .split('\n')
    expect(image.match(/^FROM .*$/gm)!.at(-1)).toMatch(/^FROM gcr\.io\/distroless\/\S+:nonroot$/)
    expect(last.filter(line => /^(?:RUN|ADD)\b/.test(line))).toEqual([])
    expect(last).toContain('USER 65532:65532')
  })

  it('runs and checks commands of the program, with options that they have', async () => {
    const [program] = argumentsOf('ENTRYPOINT')
    expect(image).toContain(`COPY --from=build /wechatpay-edge ${program}\n`)
    const [checker, ...check] = argumentsOf('CHECK')
    expect(checker).toBe(program)
    for (const [name, ...rest] of [argumentsOf('CMD'), check]) {
      const { options } = await COMMANDS[name!]!.load()
      const used = rest.flatMap(argument => /^--(.*)/.exec(argument)?.[1] ?? [])
      expect(options.map(option => option.name)).toEqual(expect.arrayContaining(used))
    }
  })
})

describe('release.yml', () => {
  const { jobs } = parse(readFileSync('.github/workflows/release.yml', 'utf8'))

  it('builds each target once, and tries each file before it publishes any', () => {
    const built: { target: string; name: string }[] = jobs.build.strategy.matrix.include
    const tried: { name: string }[] = jobs.try.strategy.matrix.include
    expect(built.map(({ target }) => target)).toEqual(TARGETS)
    expect(tried.map(({ name }) => name)).toEqual(built.map(({ name }) => name))
    expect([jobs.try.needs, jobs.publish.needs]).toEqual(['build', ['test', 'try']])
  })

  it('runs all tests before it publishes, and only for a tag that is the version of the package', () => {
    const steps: { name?: string; run?: string }[] = jobs.test.steps
    const runs = steps.flatMap(({ run }) => run ?? [])
    expect(runs).toHaveLength(2)
    expect(runs[1]).toBe('bash .ci/run')
    const compare = (tag: string) => {
      const env = { PATH: process.env.PATH, GITHUB_REF_NAME: tag }
      const { status, stdout } = spawnSync('bash', ['-e', '-c', runs[0]!], { env, encoding: 'utf8' })
      return [status, stdout]
    }
    const { version } = packageJson
    expect(compare(`v${version}`)).toEqual([0, ''])
    for (const tag of [version, `v${version}-rc.1`, `v${version.replace(/\d+$/, '99')}`, '', 'v'])
      expect(compare(tag)).toEqual([1, expect.stringContaining(`push v${version}.`)])
  })

  it('uses actions by their commits only, and may write only when it publishes', () => {
    const steps: { uses?: string }[] = Object.values<{ steps: { uses?: string }[] }>(jobs).flatMap(({ steps }) => steps)
    const used = steps.flatMap(({ uses }) => uses ?? [])
    expect(used.length).toBeGreaterThan(3)
    expect(used.filter(name => !/^actions\/[\w-]+@[0-9a-f]{40}$/.test(name))).toEqual([])
    const { test, build, try: tried, publish } = jobs
    const permissions = [test, build, tried, publish].map(job => job.permissions)
    expect(permissions).toEqual([undefined, undefined, undefined, { contents: 'write' }])
  })
})

describe('compose.yaml', () => {
  it('follows its schema and the rules of dclint', () => {
    const linter = new DCLinter({
      rules: {
        // The order follows the way of a request; a literal in double quotes stands beside plain ones.
        'services-alphabetical-order': 0,
        'service-keys-order': 0,
        'top-level-properties-order': 0,
        'service-dependencies-alphabetical-order': 0,
        'service-ports-alphabetical-order': 0,
        'no-quotes-in-volumes': 0,
      },
      quiet: false,
      debug: false,
      exclude: [],
    })
    const [result] = linter.lintFiles(['deploy/compose.yaml'], false)
    expect(result!.messages.map(({ line, rule, message }: LintMessage) => `${line}: ${rule}: ${message}`)).toEqual([])
  })

  it('has the gateway twice, from one image, on one ledger', () => {
    const { 'gateway-1': first, 'gateway-2': second } = compose.services
    const { build: _, ...rest } = first
    expect(second).toEqual(rest)
  })

  it('takes every privilege from the gateway', () => {
    expect(compose.services['gateway-1']).toMatchObject({
      user: '1000:1000',
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    })
  })

  it('publishes nothing but the load balancer beyond this machine', () => {
    const published = Object.entries<{ ports?: string[] }>(compose.services).flatMap(([name, { ports = [] }]) =>
      ports.filter(port => !port.startsWith('127.0.0.1:')).map(() => name),
    )
    expect([...new Set(published)]).toEqual(['caddy'])
  })

  it('mounts only files of this folder, or those that it tells the reader to create', () => {
    const created = Object.values<{ file: string }>(compose.secrets).map(({ file }) => file)
    expect(created.every(file => file.endsWith('.token'))).toBe(true)
  })
})

it('gateway.env.example names only variables that the gateway reads', () => {
  const names = [...readFileSync('deploy/gateway.env.example', 'utf8').matchAll(/^([A-Z]\w+)=/gm)].map(
    ([, name]) => name!,
  )
  expect(unknownVariables(names)).toEqual([])
  expect(unknownVariables(['WECHATPAY_MCHIDS'])).toEqual(['WECHATPAY_MCHIDS'])
})

it('the command line of the image has only options of serve', () => {
  const [, command] = /^CMD \["serve", (.*)\]$/m.exec(dockerfile)!
  const options = [...command!.matchAll(/"--([\w-]+)"/g)].map(([, name]) => name)
  expect(serve.options.map(({ name }) => name)).toEqual(expect.arrayContaining(options))
})
