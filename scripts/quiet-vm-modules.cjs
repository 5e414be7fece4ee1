// Jest runs ES modules through Node's experimental VM modules. This drops that one warning, and no other.
const emitWarning = process.emitWarning.bind(process)

process.emitWarning = (warning, ...rest) => {
  if (typeof warning === 'string' && warning.startsWith('VM Modules is an experimental feature')) return
  emitWarning(warning, ...rest)
}
