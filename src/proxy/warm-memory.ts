/**
 * Keeps memory that was freed for what is allocated next. Node allocates 64 KiB for each read from a socket, and the
 * allocator of glibc gives freed memory back to the system when 128 KiB are free at its end, so that every read begins
 * with page faults: a third of what relaying a burst costs. Where there is another allocator this does nothing.
 */

/**
 * Freed for the first time, a block of its own makes glibc keep what is smaller, and give back only twice as much (see
 * M_MMAP_THRESHOLD in mallopt(3)). This is the largest that does; none of it is ever written to, so it costs nothing.
 */
const BLOCK_OCTETS = 32 * 1024 * 1024 - 64 * 1024;

/** Once for a process. Takes effect with the next garbage collection. */
export function keepFreedMemory(): void {
  new ArrayBuffer(BLOCK_OCTETS);
}
