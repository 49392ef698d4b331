import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { run as runCommands } from '../../src/cli/run.ts'

describe('help', () => {
  it('names every command, and of each its options', async () => {
    for (const name of [undefined, ...Object.keys(COMMANDS)]) {
      const out: string[] = []
      const terminal = {
        print: (line: string) => out.push(line),
        warn: () => {},
        stopped: new AbortController().signal,
      }
      expect(await runCommands(COMMANDS, name ? [name, '--help'] : ['--help'], terminal)).toBe(0)
      const before = out.splice(0)
      expect(await runCommands(COMMANDS, name ? ['help', name] : ['help'], terminal)).toBe(0)
      expect(out).toEqual(before)
      expect(out.join('\n')).toContain(name ? `wechatpay-edge ${name}` : 'doctor')
      // A terminal has often no more.
      for (const line of out.join('\n').split('\n')) expect(line.length, line).toBeLessThanOrEqual(120)
    }
  })
})
