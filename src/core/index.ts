export type { Api, CallOptions, PathParameter, Reply, RetryOptions } from '../definitions/call.ts'
export type * from '../definitions/generated/types.ts'
export type { SignType } from '../definitions/trait.ts'
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
  type ServiceErrorDetail,
  SignatureError,
  TransportError,
  WechatpayError,
} from './base/errors.ts'
export type { CommonServiceCode } from './base/service-codes.ts'
export { Wechatpay } from './client/client.ts'
export {
  type CallEvent,
  type ErrorEvent,
  type FailureFacts,
  type NotificationEvent,
  type Observers,
  observe,
  type RequestEvent,
  type ResponseEvent,
  type RetryEvent,
} from './client/observe.ts'
export { type EndpointError, type EndpointName, isServiceError, type ServiceCodeOf } from './client/service-error.ts'
export { type EncryptedField, encrypted } from './codec/encrypted.ts'
export { parseJson, stringifyJson } from './codec/json.ts'
export { acknowledge, refuse } from './notification/answer.ts'
export { NotificationError } from './notification/error.ts'
export {
  type AnyNotification,
  type EventName,
  isEvent,
  type NamedNotifications,
  type Notification,
  type NotificationOf,
  type ResourceOf,
  type UndefinedEvent,
} from './notification/notification.ts'
export { receiveNotification } from './notification/receive.ts'
export type { BrandClientOptions, BrandOptions, CertificateCache, WechatpayOptions } from './options/options.ts'
export type { GivenBytes, Signer, SignerBytes } from './options/signer.ts'
