import { quoted } from './names.ts'
import { eventNamesOf, type Notification } from './notification.ts'

/** Writes `questions.ts`: the notifications whose response must answer them (`x-question`). */
export function writeQuestions(notifications: readonly Notification[]): string {
  const nameOf = eventNamesOf(notifications)
  const asking = notifications.filter(({ operation }) => operation['x-question']).map(nameOf)
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    '',
    '/** The events that ask a question. */',
    `export const questions = [${asking.map(quoted).join(', ')}] as const`,
    '',
  ].join('\n')
}
