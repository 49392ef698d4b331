import { type Command, CommandError, usageError, type Values } from '../command.ts'
import { jsonText, singleLine, type Terminal } from '../terminal.ts'
import { type Comparison, compareRecordings, type Difference } from './compare.ts'
import { readRecording } from './read-recording.ts'
import { replayRecording } from './replay.ts'

export const diff: Command = {
  name: 'diff',
  operands: '<recording> [recording]',
  description: `Compares a recording of WeChat Pay with the simulator: sends its calls to a simulator in this process, and prints
where the responses differ: fields, types, listed values, lengths, error codes, headers. It contacts nothing else,
whoever made the recording. With two recordings, compares those.`,
  options: [
    {
      name: 'allow',
      value: '<word>',
      isRepeatable: true,
      description: 'As in wechatpay-edge record, when the recording was made with it.',
    },
    { name: 'json', description: 'Prints JSON.' },
  ],
  epilogue: `For example:
  wechatpay-edge record --out real.jsonl                    # your program calls WeChat Pay through it
  wechatpay-edge diff real.jsonl
  wechatpay-edge record --target http://127.0.0.1:8989 --out simulated.jsonl   # the same against a simulator
  wechatpay-edge diff real.jsonl simulated.jsonl
The second way is exact: your program makes the same calls twice. A replay has samples for what was not recorded.
Exit codes: 0 nothing differs; 1 something differs, or a recording cannot be read; 2 a wrong option.`,

  async run(values, terminal, [file, other, ...more]) {
    if (file === undefined || more.length > 0)
      throw usageError('Give one or two recordings: wechatpay-edge diff recording.jsonl')
    const recorded = await readRecording(file)
    const { exchanges, skipped } =
      other === undefined
        ? await replayRecording(recorded, (values.allow as string[] | undefined) ?? [])
        : { exchanges: await readRecording(other), skipped: [] }
    const result = compareRecordings(recorded, exchanges)
    report({ ...result, skipped }, [file, other ?? 'the simulator'], values, terminal)
  },
}

interface Result extends Comparison {
  readonly skipped: readonly string[]
}

function report(result: Result, names: readonly [string, string], { json }: Values, { print, warn }: Terminal): void {
  const { differences, compared, onlyHere, onlyThere, skipped } = result
  if (json) print(jsonText(result))
  else {
    for (const line of textOf(differences, names)) print(line)
    for (const reason of new Set(skipped)) warn(singleLine(`Not sent: ${reason}.`))
    const isSkipped = (endpoint: string) => skipped.some(reason => reason.startsWith(`${endpoint}:`))
    for (const endpoint of onlyHere) if (!isSkipped(endpoint)) warn(singleLine(`Only in ${names[0]}: ${endpoint}.`))
    for (const endpoint of onlyThere) warn(singleLine(`Only in ${names[1]}: ${endpoint}.`))
  }
  if (compared === 0)
    throw new CommandError(`Nothing was compared: no call of ${names[0]} is in ${names[1]}. Record more.`)
  if (differences.length > 0)
    throw new CommandError(
      `${differences.length} differences in ${compared} endpoints. Each is a deviation of the simulator, or a state that one side has not met.`,
    )
  if (!json) print(`No difference in ${compared} endpoints.`)
}

function textOf(differences: readonly Difference[], [here, there]: readonly [string, string]): string[] {
  let heading = ''
  return differences.flatMap(({ endpoint, outcome, at, ...sides }) => {
    const title = `${endpoint}  ${outcome}`
    const lines = [`  ${at}`, `    ${here}: ${sides.here}`, `    ${there}: ${sides.there}`]
    const all = title === heading ? lines : [title, ...lines]
    heading = title
    return all.map(singleLine)
  })
}
