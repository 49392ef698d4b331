import { encodeQR } from 'qr'

/**
 * A QR code, as SVG that scales.
 *
 * @param text a Native order's `code_url`
 */
export const qrSvg = (text: string): string => encodeQR(text, 'svg')
