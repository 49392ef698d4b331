import { FINDINGS, type Finding, formatFinding } from '../../gateway/health/finding.ts'
import type { Refusal } from '../refusal.ts'
import type { Language } from '../settings.ts'
import { FINDINGS_ZH } from './findings-zh.ts'
import { timeOf } from './format.ts'

/**
 * Returns what a health check has found, in the language of the reader, with local times. A gateway of another version may find what the page
 * does not know.
 */
export function findingTextOf({ code, values, detail }: Finding, readersLanguage: Language): Refusal {
  const texts: Readonly<Record<string, string>> = readersLanguage === 'zh' ? FINDINGS_ZH : FINDINGS
  if (!Object.hasOwn(texts, code)) return { text: detail, lang: 'en' }
  return { text: formatFinding(texts[code]!, values, timeOf) }
}
