// JSON lines: one command per line on stdin, one reply or event per line on stdout.
import { createInterface } from 'node:readline'

/** Writes one line. Replies carry `id`, events carry `event`. */
export function write(line) {
  process.stdout.write(JSON.stringify(line) + '\n')
}

/** Emits an event of this device. */
export function emit(event, fields = {}) {
  write({ event, ...fields })
}

/** Runs `handle(command)` for each line and answers it. Ends the process when stdin closes. */
export function serve(handle) {
  const answer = async line => {
    const command = JSON.parse(line)
    try {
      write({ id: command.id, ok: (await handle(command)) ?? null })
    } catch (error) {
      write({ id: command.id, error: describe(error) })
    }
  }
  createInterface({ input: process.stdin })
    .on('line', line => void answer(line))
    .on('close', () => process.exit(0))
}

/** What went wrong, in one object; `status` is the protocol's number where Baileys gives one. */
export function describe(error) {
  // An error stanza's code is in `data`; Baileys' own conditions are in `output`.
  const status = typeof error?.data === 'number' ? error.data : error?.output?.statusCode
  return { message: String(error?.message ?? error), status }
}
