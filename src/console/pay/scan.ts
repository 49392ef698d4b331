/** Larger files are no screenshots. */
const MAX_BYTES = 20 * 1024 * 1024
/** Pixels on the longer side. A QR code is readable in fewer, and a larger picture would take seconds. */
const MAX_SIDE = 1600

export type ScanProblem = 'noCode' | 'notImage' | 'imageTooLarge'

/** Reads the QR code in a picture. Loads the decoder only now, which is larger than the page. */
export async function scanImage(image: Blob): Promise<{ readonly text: string } | { readonly problem: ScanProblem }> {
  if (image.size > MAX_BYTES) return { problem: 'imageTooLarge' }
  let bitmap: ImageBitmap
  try {
    bitmap = await createImageBitmap(image)
  } catch {
    return { problem: 'notImage' }
  }
  const scale = Math.min(1, MAX_SIDE / Math.max(bitmap.width, bitmap.height))
  const [width, height] = [
    Math.max(1, Math.round(bitmap.width * scale)),
    Math.max(1, Math.round(bitmap.height * scale)),
  ]
  const canvas = new OffscreenCanvas(width, height).getContext('2d')!
  // Transparent pictures are dark modules on nothing.
  canvas.fillStyle = '#fff'
  canvas.fillRect(0, 0, width, height)
  canvas.drawImage(bitmap, 0, 0, width, height)
  bitmap.close()
  const { default: decodeQR } = await import('qr/decode.js')
  try {
    return { text: decodeQR(canvas.getImageData(0, 0, width, height), { timeLimit: 2000 }) }
  } catch {
    return { problem: 'noCode' }
  }
}
