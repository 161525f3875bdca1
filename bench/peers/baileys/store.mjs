// Where a number keeps its credentials and keys: Baileys' own folder of files, or memory.
import { initAuthCreds, makeCacheableSignalKeyStore, useMultiFileAuthState } from 'baileys'
import { join } from 'node:path'

const writes = new Set()

/** `write`, remembered until it is done. */
function remembered(write) {
  return (...args) => {
    const written = Promise.resolve(write(...args))
    const done = () => void writes.delete(written)
    writes.add(written)
    written.then(done, done)
    return written
  }
}

/** Waits until nothing was being written for `quietMs` milliseconds. */
export async function writesDone(quietMs) {
  do {
    await Promise.allSettled(writes)
    await new Promise(resolve => setTimeout(resolve, quietMs))
  } while (writes.size)
}

/** Everything in memory, gone with the process. */
function memoryState() {
  const records = new Map()
  const keys = {
    get: async (type, ids) => Object.fromEntries(ids.map(id => [id, records.get(`${type}-${id}`)])),
    set: async changes => {
      for (const [type, ids] of Object.entries(changes)) {
        for (const [id, value] of Object.entries(ids)) {
          if (value == null) records.delete(`${type}-${id}`)
          else records.set(`${type}-${id}`, value)
        }
      }
    },
  }
  return { state: { creds: initAuthCreds(), keys }, saveCreds: async () => {} }
}

/**
 * The state of number `index`: `{auth, saveCreds}`. `files` is one folder a number below `folder`, behind the cache
 * that Baileys' example puts before it.
 */
export async function openState(kind, folder, index, logger) {
  const name = `number-${String(index).padStart(6, '0')}`
  const { state, saveCreds } = kind === 'memory' ? memoryState() : await useMultiFileAuthState(join(folder, name))
  const keys = { get: state.keys.get, set: remembered(state.keys.set) }
  return { auth: { creds: state.creds, keys: makeCacheableSignalKeyStore(keys, logger) }, saveCreds: remembered(saveCreds) }
}
