// A device's identity and Signal keys, held in memory and portable as JSON, so that a test can end a
// process and bring the same device back in another one.
import { BufferJSON, initAuthCreds, proto } from 'baileys'

const freeze = value => JSON.stringify(value, BufferJSON.replacer)
const thaw = text => JSON.parse(text, BufferJSON.reviver)

/** A key read back as JSON lost its protobuf class, which app-state decryption relies on. */
const revive = (type, text) =>
  type === 'app-state-sync-key' ? proto.Message.AppStateSyncKeyData.fromObject(thaw(text)) : thaw(text)

export class DeviceState {
  constructor(exported) {
    const { creds, keys, sent } = exported ?? {}
    this.creds = creds ? thaw(creds) : initAuthCreds()
    /** type → id → JSON. Values are frozen on write: what is stored never changes behind Baileys' back. */
    this.records = new Map(Object.entries(keys ?? {}).map(([type, ids]) => [type, new Map(Object.entries(ids))]))
    /** Messages this device sent, by id: a retry receipt asks for them again. */
    this.sent = new Map(Object.entries(sent ?? {}).map(([id, text]) => [id, proto.Message.fromObject(thaw(text))]))
  }

  get keys() {
    return {
      get: async (type, ids) => {
        const records = this.records.get(type) ?? new Map()
        return Object.fromEntries(ids.filter(id => records.has(id)).map(id => [id, revive(type, records.get(id))]))
      },
      set: async changes => {
        for (const [type, ids] of Object.entries(changes)) {
          if (!this.records.has(type)) this.records.set(type, new Map())
          const records = this.records.get(type)
          for (const [id, value] of Object.entries(ids)) {
            if (value == null) records.delete(id)
            else records.set(id, freeze(value))
          }
        }
      },
    }
  }

  /** Everything another process needs to be this device. */
  export() {
    const keys = Object.fromEntries([...this.records].map(([type, ids]) => [type, Object.fromEntries(ids)]))
    const sent = Object.fromEntries([...this.sent].map(([id, message]) => [id, freeze(proto.Message.toObject(message))]))
    return { creds: freeze(this.creds), keys, sent }
  }

  /** Drops every record of a type (`session`, `sender-key`), as a damaged store would: what comes next cannot be read. */
  forget(type) {
    const count = this.records.get(type)?.size ?? 0
    this.records.delete(type)
    return count
  }
}
