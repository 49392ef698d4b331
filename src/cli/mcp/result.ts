import { parseJsonOr, stringifyJson } from '../../core/codec/json.ts'
import { exceededBound } from '../../gateway/body/json-bounds.ts'
import { failureOf } from '../failure.ts'
import { singleLine } from '../terminal.ts'
import { ToolError } from './tool-error.ts'

/** The result of a tool, as MCP has it. */
export interface ToolResult {
  readonly [member: string]: unknown
  content: { type: 'text'; text: string }[]
  structuredContent: Record<string, unknown>
  isError?: true
}

/** Maximum length of a result: more does not fit beside a model's other work, and MCP clients cut it. */
export const MAX_RESULT = 60_000

/** Quoting a text within JSON may double its length. */
const MAX_BEGINNING = MAX_RESULT / 3

/**
 * Creates the result of a tool. Replaces secrets, and cuts what is too long.
 *
 * @param secrets texts that no result may contain
 */
export function createResult(value: object, secrets: readonly string[]): ToolResult {
  const text = withoutSecrets(stringifyJson(withoutBigints(value)), secrets)
  if (text.length <= MAX_RESULT)
    return { content: [{ type: 'text', text }], structuredContent: JSON.parse(text) as Record<string, unknown> }
  const cut = {
    cut: `The result has ${text.length} characters; these are the first ${MAX_BEGINNING}. Ask for less: a filter, a smaller limit, "within".`,
    beginning: text.slice(0, MAX_BEGINNING),
  }
  return { content: [{ type: 'text', text: JSON.stringify(cut) }], structuredContent: cut }
}

/** Creates the result of a tool that failed: `{ error: { code, message, cure } }`. */
export function createErrorResult(error: unknown, secrets: readonly string[]): ToolResult {
  const { code, message, cure, details } = describeError(error)
  return {
    ...createResult({ error: { code, message: singleLine(message).slice(0, 2000), cure, ...details } }, secrets),
    isError: true,
  }
}

interface DescribedError {
  readonly code: string
  readonly message: string
  readonly cure: string
  readonly details?: object
}

function describeError(error: unknown): DescribedError {
  if (error instanceof ToolError) return error
  const failure = failureOf(error)
  if (!failure)
    return {
      code: 'INTERNAL',
      // The message of any other error may quote what it was made from.
      message: `The tool failed (${String(Object(error).name ?? typeof error)}).`,
      cure: 'This is a bug of wechatpay-edge. Report the tool and the kind of input, without keys.',
    }
  const { code = 'INPUT_INVALID', mayHaveTakenEffect, ...details } = failure.details
  const isInDoubt = mayHaveTakenEffect === true
  return {
    code: String(code),
    message: failure.message,
    cure: isInDoubt
      ? 'The call may have taken effect. Query it, or repeat it with the same number; never with a new number.'
      : 'Correct what the message names, and call again.',
    details: { ...details, ...(mayHaveTakenEffect !== undefined && { mayHaveTakenEffect }) },
  }
}

const withoutSecrets = (text: string, secrets: readonly string[]): string =>
  // As they stand in JSON.
  secrets.reduce((rest, secret) => rest.replaceAll(JSON.stringify(secret).slice(1, -1), '<secret>'), text)

/** Returns a value in which integers beyond 2^53 are text, because JSON readers of MCP clients round them. */
function withoutBigints(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return value.map(withoutBigints)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutBigints(member)]))
}

/**
 * Returns a value in which everything below the given names is masked, at any depth, and in JSON within a text too. Any other text that
 * has one of the names as JSON or XML write it is masked whole.
 */
export function maskFields(value: unknown, names: ReadonlySet<string>): unknown {
  if (names.size === 0) return value
  return mask(value, { names, mention: new RegExp(`["<](?:${[...names].join('|')})(?:_\\d+)?[\\\\">\\s]`) }, false)
}

interface Hidden {
  readonly names: ReadonlySet<string>
  /** Finds one of the names in a text that is not read as JSON: in quotes, which may be escaped, or as a tag. */
  readonly mention: RegExp
}

/** @param isBelow whether the value is, or is part of, the value of one of the names */
function mask(value: unknown, hidden: Hidden, isBelow: boolean): unknown {
  if (Array.isArray(value)) return value.map(member => mask(member, hidden, isBelow))
  if (isContainer(value))
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [
        name,
        mask(member, hidden, isBelow || hidden.names.has(name.replace(/_\d+$/, ''))),
      ]),
    )
  if (isBelow) return value === '' ? value : MASK
  return typeof value === 'string' ? maskWithin(value, hidden) : value
}

/** Returns a text as it is if it has nothing to mask. */
function maskWithin(text: string, hidden: Hidden): string {
  const isMentioned = hidden.mention.test(text)
  const isJson = /^\s*[[{]/.test(text)
  // More than a message of WeChat Pay has, and possibly more than the stack.
  if (isJson && exceededBound(text)) return MASK
  const inside = isJson ? parseJsonOr(text, undefined) : undefined
  if (!isContainer(inside)) return isMentioned ? MASK : text
  const masked = stringifyJson(mask(inside, hidden, false))
  // Of a name that occurs twice, only the last value is read.
  return isMentioned || masked !== stringifyJson(inside) ? masked : text
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null
/** Stands for a value that no result shows. */
export const MASK = '<personal>'
