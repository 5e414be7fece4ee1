import type { Results } from './plan.ts'
export function writeDocs(_results: Results): void {}
