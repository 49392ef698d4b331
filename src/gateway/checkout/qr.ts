import { encodeQR } from 'qr'

/** Width of the blank border, in modules (ISO/IEC 18004). */
const QUIET_ZONE = 4

/**
 * Draws a QR code as an SVG document that scales to any size, black on white, also on a dark page.
 *
 * @param text the `code_url` of a Native order (Native 下单)
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791877
 * @example
 * ```ts
 * new Response(qrSvg('weixin://wxpay/bizpayurl?pr=NwY5Mz9'), { headers: { 'Content-Type': 'image/svg+xml' } })
 * ```
 */
export const qrSvg = (text: string): string =>
  encodeQR(text, 'svg', { border: QUIET_ZONE }).replace('>', '><rect width="100%" height="100%" fill="#fff"/>')
