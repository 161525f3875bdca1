// What this process costs, from the operating system.
import { readFileSync } from 'node:fs'

/** CPU time of the whole process so far, user and system, seconds. */
export function cpuSeconds() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Resident memory, KiB. */
export function rssKib() {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0)
}

/** Starts a measurement; calling the result gives the seconds and CPU seconds since. */
export function stopwatch() {
  const [begun, cpu] = [performance.now(), cpuSeconds()]
  return () => ({ seconds: (performance.now() - begun) / 1e3, cpu_seconds: cpuSeconds() - cpu })
}
