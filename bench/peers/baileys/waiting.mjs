// Waiting for what other people do, always with an end.

/** A promise with its two ends outside. */
export function deferred() {
  const parts = {}
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }))
  // Whoever is interested waits for it; nobody else has to hear of a failure.
  parts.promise.catch(() => {})
  return parts
}

/** `promise`, or an error that names `what` after `ms` milliseconds. */
export async function within(ms, what, promise) {
  let timer
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`${what}: nothing for ${ms} ms`)), ms)))
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Runs `job(0 … count - 1)`, `atOnce` of them at a time; the first failure ends it. */
export async function each(count, atOnce, job) {
  let next = 0
  const worker = async () => {
    while (next < count) await job(next++)
  }
  try {
    await Promise.all(Array.from({ length: Math.min(count, atOnce) }, worker))
  } finally {
    next = count
  }
}
