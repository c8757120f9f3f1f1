/** How much a finding matters: all is well, worth knowing, or something has to be done. */
export type Level = 'ok' | 'note' | 'problem'

/** Something that the doctor found. */
export interface Finding {
  readonly level: Level
  /** What was checked, in a word or two. */
  readonly subject: string
  /** What was found, in a sentence. */
  readonly message: string
  /** What to do about it, in a sentence. */
  readonly advice?: string
}

/** A finding that all is well. */
export function fine (subject: string, message: string): Finding {
  return { level: 'ok', subject, message }
}
