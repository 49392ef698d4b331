import type { Message } from '../diagnosis/message.ts'
import { FormatError } from '../diagnosis/pasted/format-error.ts'
import { readSavedMessage } from '../diagnosis/pasted/http.ts'
import { CommandError, usageError } from './command.ts'
import { readRequiredFile } from './file.ts'

/**
 * Reads a saved message: HTTP as printed by `curl -i`, with or without its first line; JSON `{ headers, body }`; or
 * only a body, JSON or XML.
 *
 * @throws {CommandError} the file does not exist, or has none of these formats
 */
export async function readMessage([file, ...more]: readonly string[]): Promise<Message> {
  if (file === undefined) throw usageError('No file is given. Give the file of a saved response or notification.')
  if (more.length) throw usageError(`Give one file; ${JSON.stringify(more[0])} is a second one.`)
  return parseMessage((await readRequiredFile(file)).toString(), file)
}

/**
 * Reads the text of a saved message.
 *
 * @param name the name of the file, for errors
 * @throws {CommandError} it has none of the formats
 */
export function parseMessage(text: string, name: string): Message {
  try {
    return readSavedMessage(text)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    if (error.problem === 'not-json')
      throw new CommandError(`${name} is not valid JSON, or is cut short. Save it again.`)
    if (error.problem === 'too-deep')
      throw new CommandError(`${name} is nested too deeply, which no message of WeChat Pay is. Save it as received.`)
    if (error.problem === 'headers-invalid')
      throw new CommandError(`${name}: "headers" must be an object of texts by name.`)
    throw new CommandError(
      `${name} is not a saved message. Give HTTP as printed by curl -i (headers, an empty line, the body), JSON { headers, body }, or only a body.`,
    )
  }
}
