import { language } from '../settings.ts'
import { useStore } from '../store.ts'

const en = {
  parkings: 'Parking',
  fapiaos: 'Invoices',
  medicalOrders: 'Medical insurance',
  redPackets: 'Red packets',
  openPlate: 'Open the plate',
  resumePlate: 'Resume the plate',
  pausePlate: 'Pause the plate',
  advanceParkingFee: 'Advance the fee',
  repayParkingFee: 'Repay the fee',
  failFapiao: 'Tax office refuses',
  payMedicalOrder: 'Pay',
  failMedicalOrder: 'Insurance refuses',
  receiveRedPacket: 'Open',
}

const zh: typeof en = {
  parkings: '停车',
  fapiaos: '电子发票',
  medicalOrders: '医保支付',
  redPackets: '现金红包',
  openPlate: '开通车牌服务',
  resumePlate: '恢复车牌服务',
  pausePlate: '暂停车牌服务',
  advanceParkingFee: '微信支付垫资',
  repayParkingFee: '用户还款',
  failFapiao: '税局拒绝',
  payMedicalOrder: '付款',
  failMedicalOrder: '医保结算失败',
  receiveRedPacket: '领取',
}

export type ProductWords = typeof en

/** Words of the records of products besides payments. */
export const useProductWords = (): ProductWords => ({ en, zh })[useStore(language)]
