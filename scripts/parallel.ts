// Runs npm scripts at the same time, as many as there are cores: node scripts/parallel.ts build lint typecheck
// Prints the output of a script at its end, in one piece. Runs all of them; the exit code is 1 if any has failed.
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** Runs a script of package.json; resolves to whether it succeeded. */
const run = (script: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const started = performance.now()
    const output: Buffer[] = []
    const child = spawn(process.execPath, ['--run', script], { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(1)
      const outcome = code === 0 ? 'done' : `failed with ${signal ?? `exit code ${code}`}`
      const stream = code === 0 ? process.stdout : process.stderr
      stream.write(`${Buffer.concat(output)}${script}: ${outcome} after ${seconds} s\n`)
      resolve(code === 0)
    })
  })

const waiting = process.argv.slice(2)
if (waiting.length === 0) throw new Error('Name npm scripts: node scripts/parallel.ts build lint')

async function runNext(): Promise<void> {
  for (let script = waiting.shift(); script !== undefined; script = waiting.shift())
    if (!(await run(script))) process.exitCode = 1
}

await Promise.all(Array.from({ length: availableParallelism() }, runNext))
