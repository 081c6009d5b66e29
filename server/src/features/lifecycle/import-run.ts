import { UniqueViolation } from '../../platform/database-errors.ts'
import type { Database, Db } from '../../platform/db.ts'

/** What one run of an import remembers from batch to batch. */
export type ImportRun = {
  dryRun: boolean
  /** Ids that are somebody else's here: what the old service issued to them must not work for that person. */
  takenIds: Set<number>
  /** Empty unless it is a dry run: what earlier batches would have written, which later ones would meet. */
  pretended: {
    holderOf: Map<string, number>
    isEnabled: Map<number, boolean>
  }
}

const ATTEMPTS = 5

export function createImportRun(dryRun: boolean): ImportRun {
  return { dryRun, takenIds: new Set(), pretended: { holderOf: new Map(), isEnabled: new Map() } }
}

/**
 * Runs the work of one batch in one transaction, again when somebody registered or refreshed at the same moment and was
 * first. A dry run only reads, so it gets no transaction and locks nobody out.
 */
export async function runBatch<T>(database: Database, run: ImportRun, work: (tx: Db) => Promise<T>): Promise<T> {
  if (run.dryRun) return work(database.db)
  for (let attempt = 1; ; attempt++) {
    try {
      return await database.transaction(work)
    } catch (error) {
      if (!(error instanceof UniqueViolation) || attempt === ATTEMPTS) throw error
    }
  }
}
