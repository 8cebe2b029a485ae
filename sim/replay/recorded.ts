/** Where the journals of real nodes are that every version must decide alike, and of which nodes. */
import { join } from 'node:path';

export const journals = join(import.meta.dirname, 'journals');

export const recordedNodes = ['node1', 'node2', 'node3'] as const;
