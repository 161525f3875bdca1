// All numbers of this process, and what the commands do with them.
import { AT_ONCE_DEFAULT, AWAIT_MS_DEFAULT } from './limits.mjs'
import { PhoneNumber } from './number.mjs'
import { cpuSeconds, rssKib, stopwatch } from './usage.mjs'
import { deferred, each, within } from './waiting.mjs'

/** A JID as it is, or that of a phone number in digits. */
function jidOf(name) {
  if (name.includes('@')) return name
  if (!/^\+?\d+$/.test(name)) throw new Error(`"${name}" is neither a phone number nor a JID`)
  return `${name.replace(/^\+/, '')}@s.whatsapp.net`
}

export class Fleet {
  constructor(settings) {
    this.settings = settings
    this.numbers = new Map()
    this.watches = new Set()
    this.sent = 0
    this.acked = 0
    this.received = 0
  }

  /** Links new numbers by QR. */
  link(command) {
    return this.connect(command, false)
  }

  /** Connects numbers from their stored logins. */
  start(command) {
    return this.connect(command, true)
  }

  async connect({ numbers, first = 0, at_once = AT_ONCE_DEFAULT }, needsLogin) {
    const took = stopwatch()
    await each(numbers, at_once, async offset => {
      const index = first + offset
      if (this.numbers.has(index)) throw new Error(`number ${index} runs already`)
      const number = new PhoneNumber(index, this.settings, count => this.onReceived(count))
      this.numbers.set(index, number)
      try {
        await number.connect({ needsLogin })
      } catch (error) {
        this.numbers.delete(index)
        number.close()
        throw error
      }
    })
    return { open: this.openCount(), ...took() }
  }

  openCount() {
    return [...this.numbers.values()].filter(number => number.isOpen).length
  }

  status({ per_number = false }) {
    const { sent, acked, received } = this
    const counts = per_number ? { received_by_number: Object.fromEntries([...this.numbers].map(([index, n]) => [index, n.received])) } : {}
    return { open: this.openCount(), received, sent, acked, rss_kib: rssKib(), cpu_seconds: cpuSeconds(), ...counts }
  }

  number(index) {
    const number = this.numbers.get(index)
    if (!number) throw new Error(`there is no number ${index}`)
    return number
  }

  /** Sends `count` texts to `to` in turn, at most `window` without an ack. */
  async send({ from, to, count, window = 1 }) {
    if (!to?.length) throw new Error('nobody to send to')
    return this.closedLoop(this.number(from), to.map(jidOf), count, window)
  }

  async sendGroup({ from, group, count, window = 1 }) {
    const number = this.number(from)
    await number.learnGroup(group)
    return this.closedLoop(number, [group], count, window)
  }

  async closedLoop(number, jids, count, window) {
    const took = stopwatch()
    await each(count, window, async turn => {
      await number.send(jids[turn % jids.length], `message ${turn}`, () => this.sent++)
      this.acked++
    })
    return { sent: count, ...took() }
  }

  onReceived(count) {
    this.received += count
    for (const watch of this.watches) {
      watch.took ??= stopwatch()
      watch.left -= count
      if (watch.left > 0) continue
      this.watches.delete(watch)
      watch.done.resolve(watch.took())
    }
  }

  /** Waits for `count` messages after this command; the time runs from the first of them to the last. */
  async awaitReceived({ count, timeout_ms = AWAIT_MS_DEFAULT }) {
    const watch = { left: count, took: undefined, done: deferred() }
    this.watches.add(watch)
    try {
      return await within(timeout_ms, `${count} messages`, watch.done.promise)
    } catch (error) {
      throw new Error(`${error.message}; ${count - watch.left} of them came`)
    } finally {
      this.watches.delete(watch)
    }
  }

  stop() {
    for (const number of this.numbers.values()) number.close()
  }
}
