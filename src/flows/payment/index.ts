export type { Prepaid, PrepaidInApp } from './prepaid.ts'
export {
  type AppPayment,
  type JsapiPayment,
  type JssdkPayment,
  type MiniProgramPayment,
  startApp,
  startJsapi,
  startJssdk,
  startMiniProgram,
} from './start.ts'
export { type PrepaidByCode, type PrepaidInBrowser, startH5, startNative } from './start-by-url.ts'
