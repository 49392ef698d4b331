import { encodeQR } from 'qr'

/** Modules around the code, which a scanner finds it by (ISO/IEC 18004, quiet zone). */
const QUIET_ZONE = 4

/**
 * A QR code, as an SVG document that scales to any size: black on white, on a dark page too.
 *
 * @param text what it says: the `code_url` of a Native order (Native 下单)
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791877
 * @example
 * ```ts
 * new Response(qrSvg('weixin://wxpay/bizpayurl?pr=NwY5Mz9'), { headers: { 'Content-Type': 'image/svg+xml' } })
 * ```
 */
export const qrSvg = (text: string): string =>
  encodeQR(text, 'svg', { border: QUIET_ZONE }).replace('>', '><rect width="100%" height="100%" fill="#fff"/>')
