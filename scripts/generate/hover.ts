import type { Operation, Schema } from './openapi.ts'

/** Units of `x-unit`, as the documentation writes them. */
const UNITS: Readonly<Record<string, string>> = {
  fen: '分',
  yuan: '元',
  percent: '%',
  'basis-points': '万分比',
  seconds: '秒',
  minutes: '分钟',
  days: '天',
}

const FORMATS: Readonly<Record<string, string>> = {
  'date-time': 'RFC 3339',
  date: 'YYYY-MM-DD',
  uri: 'URL',
}

/** Labels of more values would fill the screen. */
const MAX_LABELS = 16

/**
 * Describes a field in at most two lines: its official name with unit, type, length and format, and the meaning of its
 * values: `总金额 · 分 · 整数`.
 */
export function hoverOf(schema: Schema): string[] {
  const { description, items, deprecated } = schema
  const labels = Object.entries({ ...items?.['x-enum-labels'], ...schema['x-enum-labels'] })
  const facts = [description, ...factsOf(items ? { ...items, ...withoutType(schema) } : schema)]
  const values = labels.length <= MAX_LABELS ? labels.map(([value, label]) => `${value} ${label}`) : []
  const lines = [facts, values].map(parts => parts.filter(Boolean).join(' · '))
  return [...lines.filter(Boolean), ...(deprecated ? ['@deprecated'] : [])]
}

const withoutType = ({ type: _, ...rest }: Schema): Schema => rest

function factsOf(schema: Schema): (string | undefined)[] {
  const { type, format = '', minimum, maximum, 'x-max-bytes': maxBytes } = schema
  const unit = UNITS[schema['x-unit'] ?? '']
  return [
    unit,
    type === 'integer' && unit ? '整数' : undefined,
    rangeOf(schema.minLength, schema.maxLength, '字符'),
    rangeOf(minimum, maximum, ''),
    rangeOf(schema.minItems, schema.maxItems, '项'),
    FORMATS[format],
    maxBytes === undefined ? undefined : sizeOf(maxBytes),
    schema['x-file-kinds']?.join('/'),
    schema['x-encrypted'] === 'rsa' ? '敏感信息加密' : undefined,
  ]
}

/** Formats the bounds of a number: `6–32 字符`, `≤ 32 字符`, `≥ 1`. */
function rangeOf(least: number | undefined, most: number | undefined, unit: string): string | undefined {
  const range = least === undefined ? `≤ ${most}` : most === undefined ? `≥ ${least}` : `${least}–${most}`
  return least === undefined && most === undefined ? undefined : `${range} ${unit}`.trim()
}

const sizeOf = (bytes: number): string =>
  bytes % 2 ** 20 === 0 ? `≤ ${bytes / 2 ** 20} MB` : `≤ ${bytes / 2 ** 10} KB`

/** Lists the documented error codes of an endpoint, each with its meanings. */
export function errorsOf(operation: Operation): string[] {
  const meanings = new Map<string, string[]>()
  for (const { code, description } of operation['x-errors'] ?? [])
    meanings.set(code, [...new Set([...(meanings.get(code) ?? []), description])])
  return Array.from(meanings, ([code, texts]) => `错误码 ${code} ${texts.join('；')}`)
}
