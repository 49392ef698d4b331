import type { Fapiao } from '../../accounts/fapiao/fapiao.ts'

/** Creates a file of an invoice: a PDF of one page that names it. */
export function fapiaoFile({ fapiao_id, blue, red, total_amount }: Fapiao): string {
  const text = `${fapiao_id} ${(red ?? blue)!.fapiao_number} ${total_amount}`.replace(/[^\x20-\x7e]|[()\\]/g, '')
  const stream = `BT /F1 12 Tf 40 800 Td (${text}) Tj ET`
  return pdfOf([
    '<</Type/Catalog/Pages 2 0 R>>',
    '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    '<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>',
    `<</Length ${stream.length}>>\nstream\n${stream}\nendstream`,
    '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
  ])
}

/**
 * Creates a PDF of objects, the first of which is the catalog. Its table of offsets counts characters, so all text must be ASCII.
 *
 * @see ISO 32000-1, 7.5 (File Structure)
 */
function pdfOf(objects: readonly string[]): string {
  let body = '%PDF-1.4\n'
  const offsets = objects.map((object, at) => {
    const offset = body.length
    body += `${at + 1} 0 obj\n${object}\nendobj\n`
    return offset
  })
  const size = objects.length + 1
  // An entry has 20 bytes, with the two of its end of line.
  const entries = offsets.map(offset => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  const table = `xref\n0 ${size}\n0000000000 65535 f \n${entries}`
  return `${body}${table}trailer\n<</Size ${size}/Root 1 0 R>>\nstartxref\n${body.length}\n%%EOF\n`
}
