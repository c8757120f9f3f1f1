import type { CopyReport } from './report.ts'

/** The source could not be listed to its end, or reading from it failed so many times in a row that the copy was given up. What was copied until then is in the target; the source is as it was. */
export interface SourceFailed { readonly type: 'source-failed', readonly report: CopyReport, readonly cause: unknown }

/** The target failed so many times in a row that the copy was given up. What was copied until then is in the target. */
export interface TargetFailed { readonly type: 'target-failed', readonly report: CopyReport, readonly cause: unknown }

/** The copy was stopped by its `signal`, or by a callback that threw. What was copied until then is in the target. */
export interface CopyAborted { readonly type: 'copy-aborted', readonly report: CopyReport, readonly cause: unknown }

/** Why a copy did not get to its end. Each has the report up to there; a copy that is run again goes on from there. */
export type CopyError = SourceFailed | TargetFailed | CopyAborted
