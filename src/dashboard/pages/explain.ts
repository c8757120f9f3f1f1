import type { SessionRow } from '../source.ts'

const explanations: Readonly<Record<Extract<SessionRow['session'], string>, string>> = {
  expired: 'Expired, not removed yet',
  'read-failed': 'The file cannot be read',
  malformed: 'The file does not hold a session',
  'decrypt-failed': 'Cannot be decrypted: another secret, or the file was altered or renamed',
  'not-encrypted': 'Not encrypted, which requireEncryption does not allow'
}

/** Why a session file is not shown as a session. */
export function explain (reason: Extract<SessionRow['session'], string>): string {
  return explanations[reason]
}
