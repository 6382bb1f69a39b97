/** Goes into the daemon of the soak: says on request how much memory is in use after a collection. */
process.on('message', () => {
  globalThis.gc?.();
  process.send?.(process.memoryUsage());
});
