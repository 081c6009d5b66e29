/** A few values behind keys: those that all tabs of an origin share, or those of this tab alone. */

export type Entries = ReadonlyMap<string, unknown>

export type Change =
  | { readonly kind: 'put'; readonly key: string; readonly value: unknown }
  /** Where the key has a value, nothing of the whole step is done: of many tabs that add, one is first. */
  | { readonly kind: 'add'; readonly key: string; readonly value: unknown }
  | { readonly kind: 'delete'; readonly key: string }
  | { readonly kind: 'clear' }

export type EntryStore = {
  /** Where the entries are: `memory` is this tab's own. */
  readonly kind: 'local' | 'memory'
  /**
   * Makes all changes in one step that no other tab's comes between. They are given beforehand: a step that asked this
   * tab between reading and writing would keep all tabs waiting while this one is frozen.
   */
  change(changes: readonly Change[]): Promise<{ readonly before: Entries; readonly after: Entries }>
  close(): void
}

export function createMemoryEntries(): EntryStore {
  let entries: Entries = new Map()
  return {
    kind: 'memory',
    async change(changes) {
      const before = entries
      const after = new Map(before)
      for (const change of changes) {
        if (change.kind === 'add' && after.has(change.key)) return { before, after: before }
        apply(after, change)
      }
      entries = after
      return { before, after }
    },
    close: () => {},
  }
}

function apply(entries: Map<string, unknown>, change: Change): void {
  if (change.kind === 'clear') entries.clear()
  else if (change.kind === 'delete') entries.delete(change.key)
  else entries.set(change.key, change.value)
}
