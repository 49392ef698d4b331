import { parseJsonOr } from '../../core/codec/json.ts'
import { CommandError } from '../command.ts'
import { readBoundedFile } from '../file.ts'
import { HEAD, type RecordedExchange } from '../record/recording.ts'
import { excerptOf } from '../terminal.ts'
import { isRecordedExchange } from './recorded-exchange.ts'

const MAX_BYTES = 256 * 1024 * 1024

/**
 * Reads a recording, which may come from somebody else.
 *
 * @throws {CommandError} names the line
 */
export async function readRecording(file: string): Promise<RecordedExchange[]> {
  const bytes = await readBoundedFile(file, MAX_BYTES)
  if (!bytes) throw new CommandError(`${file} has more than 256 MB. Record less at once.`)
  const [head, ...lines] = bytes.toString().split('\n')
  const { recording, format } = Object(parseJsonOr(head!, undefined))
  if (recording !== HEAD.recording)
    throw new CommandError(`${file} is not a recording. wechatpay-edge record creates one.`)
  if (format !== HEAD.format)
    throw new CommandError(
      `${file} has the format ${excerptOf(JSON.stringify(format) ?? 'none')}; this version reads ${HEAD.format}.`,
    )
  return lines.flatMap((line, at) => {
    if (line === '') return []
    const exchange = parse(line, file, at + 2)
    if (isRecordedExchange(exchange)) return [exchange]
    throw new CommandError(`${file}: line ${at + 2} is not a recorded call. Remove it.`)
  })
}

function parse(line: string, file: string, number: number): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw new CommandError(`${file}: line ${number} is not JSON. The recording may have been cut; remove the line.`)
  }
}
