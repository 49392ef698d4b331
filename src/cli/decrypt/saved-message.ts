import { MalformedError } from '../../core/index.ts'
import { decryptMessage } from '../../diagnosis/decrypt.ts'
import { CommandError } from '../command.ts'
import { variableOf } from '../failure.ts'

/**
 * Decrypts the encrypted parts of a saved message, like {@link decryptMessage}.
 *
 * @returns the decrypted content, and the variable with the key that decrypted it
 * @throws {CommandError} it cannot be read, or nothing in it is encrypted
 * @throws {DecryptionError} the key does not decrypt it
 * @throws {ConfigurationError} the key that it requires is missing
 */
export async function decryptSavedMessage(
  ...[body, ...more]: Parameters<typeof decryptMessage>
): Promise<{ key: string; decrypted: unknown }> {
  try {
    const result = await decryptMessage(body, ...more)
    if (result) return { key: variableOf(result.key), decrypted: result.decrypted }
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    throw new CommandError(`The message cannot be read. ${error.message} Save it completely, as received.`)
  }
  throw new CommandError(
    'Nothing in the message is encrypted: it has no "resource", "req_info", "encrypt_certificate" or field that is encrypted by its definition. Give the body as received, or one field with --value.',
  )
}
