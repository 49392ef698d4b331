import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Program, startSimulator } from '../cli/program.ts'

// The suites of docs/simulator-recipes in other languages, each by its own runner, where the machine has it.
const run = promisify(execFile)
type Command = readonly [program: string, ...words: string[]]

interface Recipe {
  readonly file: string
  /** Commands that succeed where the runner and all that the file imports are there. */
  readonly needs: readonly Command[]
  readonly commands: readonly Command[]
  /** The output of the last command when all tests of the file have passed. */
  readonly passed: RegExp
}

const JARS = '/usr/share/java/*'
const RECIPES: Record<string, Recipe> = {
  Go: {
    file: 'go/shop_test.go',
    needs: [['go', 'version']],
    commands: [
      ['go', 'mod', 'init', 'shop'],
      ['go', 'vet', './...'],
      ['go', 'test', '-count=2', '-v', './...'],
    ],
    passed: /(--- PASS: [\s\S]*){10}\nok /,
  },
  PHPUnit: {
    file: 'phpunit/ShopTest.php',
    needs: [
      ['php', '-r', 'exit(extension_loaded("openssl") ? 0 : 1);'],
      ['phpunit', '--version'],
    ],
    // Twice, because PHPUnit 10 has no --repeat.
    commands: [
      ['phpunit', 'ShopTest.php'],
      ['phpunit', 'ShopTest.php'],
    ],
    passed: /OK \(2 tests/,
  },
  JUnit: {
    file: 'junit/ShopTest.java',
    needs: [
      ['javac', '-version'],
      ['test', '-f', '/usr/share/java/junit-platform-console.jar'],
    ],
    commands: [
      ['javac', '-cp', JARS, 'ShopTest.java'],
      ['java', '-cp', `${JARS}:.`, 'org.junit.platform.console.ConsoleLauncher', '--select-class', 'ShopTest'],
    ],
    passed: /1 tests successful/,
  },
  pytest: {
    file: 'pytest/test_shop.py',
    needs: [['python3', '-c', 'import pytest, cryptography']],
    commands: [['python3', '-m', 'pytest', '-q', '-p', 'no:cacheprovider', 'test_shop.py']],
    passed: /2 passed/,
  },
}

const succeeds = ([program, ...words]: Command) =>
  run(program, words).then(
    () => true,
    () => false,
  )
const isThere = async ({ needs }: Recipe) => (await Promise.all(needs.map(succeeds))).every(Boolean)

let folder: string
let simulator: Program
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-recipes-'))
  simulator = await startSimulator('--folder', join(folder, 'wechatpay'))
})
afterAll(async () => {
  await simulator.stop()
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
})

for (const [name, recipe] of Object.entries(RECIPES))
  test.skipIf(!(await isThere(recipe)))(`the suite for ${name} passes`, async () => {
    const cwd = await mkdtemp(join(folder, 'suite-'))
    await cp(join(folder, 'wechatpay'), join(cwd, 'wechatpay'), { recursive: true })
    const source = await readFile(join('examples/simulator', recipe.file), 'utf8')
    expect(source).toContain('http://127.0.0.1:8989')
    await writeFile(join(cwd, basename(recipe.file)), source.replaceAll('http://127.0.0.1:8989', simulator.url))
    let said = ''
    for (const [program, ...words] of recipe.commands) {
      const { stdout, stderr } = await run(program, words, {
        cwd,
        env: { ...process.env, GOCACHE: join(folder, 'go') },
      })
      said = stdout + stderr
    }
    expect(said).toMatch(recipe.passed)
  })
