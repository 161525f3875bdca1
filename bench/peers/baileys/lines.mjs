// JSON lines: one command per line on stdin, one answer or event per line on stdout.
import { createInterface } from 'node:readline'

/** Writes one line. Answers carry `id`, events carry `event`. */
export function write(line) {
  process.stdout.write(JSON.stringify(line) + '\n')
}

/** Writes an event. */
export function emit(event, fields = {}) {
  write({ event, ...fields })
}

/** Runs `handle(command)` for each line, all of them at the same time, and answers each; `ended` runs when stdin closes. */
export function serve(handle, ended) {
  const answer = async line => {
    let id = null
    try {
      const command = JSON.parse(line)
      id = command.id ?? null
      write({ id, ok: (await handle(command)) ?? {} })
    } catch (error) {
      write({ id, error: String(error?.message ?? error) })
    }
  }
  createInterface({ input: process.stdin })
    .on('line', line => line.trim() && void answer(line))
    .on('close', ended)
}
