// In the mini program. `request` is your own wrapper of wx.request.
export async function pay(sku, openid) {
  const { out_trade_no, payment } = await request('POST', '/orders', { sku, openid })
  try {
    await wx.requestPayment(payment)
  } catch (error) {
    if (!error.errMsg.includes('cancel')) throw error
  }
  // Ask your server: what the page is told proves nothing.
  return request('GET', `/orders/${out_trade_no}`)
}
