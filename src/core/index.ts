export type { CallOptions, PathParameter, Reply, RetryOptions } from '../definitions/call.ts'
export type * from '../definitions/generated/types.ts'
export type { SignType } from '../definitions/trait.ts'
export { Wechatpay } from './client.ts'
export { type EncryptedField, encrypted } from './codec/encrypted.ts'
export { parseJson, stringifyJson } from './codec/json.ts'
export {
  CallError,
  type ClientError,
  ConfigurationError,
  DecryptionError,
  type ErrorCode,
  MalformedError,
  MalformedResponseError,
  ResponseDecryptionError,
  ResponseError,
  ServiceError,
  SignatureError,
  TransportError,
  WechatpayError,
} from './errors.ts'
export { acknowledge, refuse } from './notification/answer.ts'
export { NotificationError } from './notification/error.ts'
export { isEvent, type NamedNotifications, type Notification, type ResourceOf } from './notification/notification.ts'
export { receiveNotification } from './notification/receive.ts'
export type { CertificateCache, WechatpayOptions } from './options.ts'
