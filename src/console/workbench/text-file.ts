/** The reason why something pasted, dropped or chosen is not taken. */
export type TextProblem = 'too-large' | 'picture' | 'not-text' | 'not-read'

/** Something that cannot be taken, and its size in bytes. */
export interface RefusedText {
  readonly problem: TextProblem
  readonly size: number
}

/** Reads a file that somebody dropped or chose. @param most bytes */
export async function readTextFile(file: File, most: number): Promise<string | RefusedText> {
  const { size, type } = file
  if (type.startsWith('image/')) return { problem: 'picture', size }
  if (size > most) return { problem: 'too-large', size }
  try {
    const text = await file.text()
    // Keys and messages have no such character, and most binary files begin with one.
    return text.includes('\0') ? { problem: 'not-text', size } : text
  } catch {
    return { problem: 'not-read', size }
  }
}

/** Returns what is wrong with a pasted text; undefined for nothing. @param most characters */
export const textProblem = (text: string, most: number): RefusedText | undefined =>
  text.length > most ? { problem: 'too-large', size: text.length } : undefined

/** Writes a number of bytes: `20 MB`. */
export const sizeText = (bytes: number): string =>
  bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} KB` : `${Number((bytes / 1_000_000).toFixed(1))} MB`
