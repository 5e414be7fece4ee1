import { useSyncExternalStore } from 'react'
import { installation, watchInstallation } from './installation.ts'
import type { Installation } from './installation.ts'

/** The installation; undefined until it is known. */
export function useInstallation(): Installation | undefined {
  return useSyncExternalStore(watchInstallation, installation)
}
