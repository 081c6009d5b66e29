/** All that a run found; this is what lies in bench/results as JSON. */
import type { Footprint } from './footprint.ts'
import type { LaneName } from './lanes.ts'
import type { Machine } from './machine.ts'
import type { Round } from './measure.ts'
import type { Memory } from './processes.ts'
import type { ScenarioName } from './scenarios.ts'
import type { ContenderName } from './services.ts'

export type Result = {
  at: string
  commit: string
  machine: Machine
  settings: { rounds: number; seconds: number; processes: number }
  scenarios: Partial<Record<ScenarioName, Partial<Record<LaneName, Round[]>>>>
  memory: Partial<Record<ContenderName, { idle: Memory; afterLoad: Memory }>>
  footprint?: Footprint
}
