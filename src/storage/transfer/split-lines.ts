/**
 * Splits text into lines at line feeds only, and leaves the feeds out. `node:readline` also splits at U+2028 and U+2029, which JSON
 * texts may contain.
 *
 * @param chunks decoded text
 */
export async function* splitLines(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    yield* lines
  }
  // Without a line feed at its end the file was cut off, even if the cut is there; its checksum tells.
  if (rest !== '') yield rest
}
