import { writeAmounts } from './amounts.ts'
import { bundle } from './bundle.ts'
import { writeDefinitionFiles } from './definition-files.ts'
import { writeDownloadPaths } from './download-paths.ts'
import { endpointsOf } from './endpoint.ts'
import { writeEventNames } from './event-names.ts'
import { writeIdempotence } from './idempotence.ts'
import { writeIpAllowList } from './ip-allow-list.ts'
import { writeLogFields } from './log-fields.ts'
import { type LogPolicy, NO_POLICY } from './log-policy.ts'
import { notificationsOf } from './notification.ts'
import { writeNotificationTraits } from './notification-traits.ts'
import { writePaginations } from './paginations.ts'
import { writeQuestions } from './questions.ts'
import { writeRates } from './rates.ts'
import { writeSettledBy } from './settled-by.ts'
import { writeCatalogue } from './simulator-catalogue.ts'
import { Problems, readSources } from './source.ts'
import { writeTraits } from './traits.ts'
import { writeTypes } from './types.ts'
import { writeUploadRules } from './upload-rules.ts'
import { writeUploadSizes } from './upload-sizes.ts'

/**
 * Generates all files from the definitions, by way of one bundled document.
 *
 * @param definitions texts by file name: `v3/refund.yaml`
 * @param policy the fields that a log may show
 * @returns texts by file name
 */
export function outputs(
  definitions: Readonly<Record<string, string>>,
  policy: LogPolicy = NO_POLICY,
): Record<string, string> {
  const problems = new Problems()
  const sources = readSources(definitions, problems)
  const document = bundle(sources, problems)
  const endpoints = endpointsOf(document)
  const notifications = notificationsOf(document)
  return {
    'traits.ts': writeTraits(document, endpoints),
    'types.ts': writeTypes(document, endpoints, notifications),
    'notification-traits.ts': writeNotificationTraits(document, notifications),
    'event-names.ts': writeEventNames(notifications),
    'catalogue.ts': writeCatalogue(document, endpoints, notifications),
    'amounts.ts': writeAmounts(document, endpoints),
    'ip-allow-list.ts': writeIpAllowList(endpoints),
    'settled-by.ts': writeSettledBy(document, endpoints, notifications),
    'idempotence.ts': writeIdempotence(document, endpoints),
    'log-fields.ts': writeLogFields(document, endpoints, policy),
    'paginations.ts': writePaginations(document, endpoints),
    'upload-rules.ts': writeUploadRules(document, endpoints),
    'upload-sizes.ts': writeUploadSizes(document, endpoints),
    'download-paths.ts': writeDownloadPaths(endpoints),
    'questions.ts': writeQuestions(notifications),
    'rates.ts': writeRates(endpoints),
    'definition-files.ts': writeDefinitionFiles(document, sources, endpoints, notifications),
    'openapi.json': `${JSON.stringify(document, null, 2)}\n`,
  }
}
