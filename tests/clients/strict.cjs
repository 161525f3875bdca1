// Loaded with `node --require` before Baileys. Baileys expects an invalid signature to throw, but the
// libsignal it depends on returns `false`, and nobody looks: every 64-byte signature passes. With this
// preload a forged certificate, device identity or signed pre-key is refused, so Baileys proves something.
const path = require('path')
const curve = require(path.join(__dirname, 'node_modules/libsignal/src/curve.js'))

const verify = curve.verifySignature
curve.verifySignature = (publicKey, message, signature) => {
  if (!verify(publicKey, message, signature, false)) throw new Error('bad signature')
  return true
}

// libsignal prints session records to the console; stdout belongs to the JSON lines alone.
for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace']) console[method] = () => {}
