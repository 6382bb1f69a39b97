import { readFileSync, readlinkSync } from 'node:fs';
import { systemCode } from './system-code.ts';

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

/**
 * Where an id of a process means the same as here: this start of this kernel and this namespace of ids, so neither
 * another machine nor another container. Null where that is unknown (outside Linux).
 */
export function processNamespace(): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return null;
  }
}
