import { type Language, language } from './settings.ts'

const COLONS: Readonly<Record<Language, string>> = { en: ': ', zh: '：' }

/**
 * Writes a label before its value, with the colon of the page's language: `Copy: curl`, `复制：curl`. A component that calls it uses the
 * words of that language too, so that it renders anew when the language changes.
 *
 * @param value may be missing if an element with it follows
 */
export const labelled = (label: string, value = ''): string => label + COLONS[language.get()] + value
