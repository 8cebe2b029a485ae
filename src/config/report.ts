/** Collects what is wrong while the file is read, in any order; places become lines and columns at the end. */
import type { Spot } from './places.ts';
import type { ProblemCode } from './problems.ts';

export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly code: ProblemCode;
  readonly spot: Spot;
  readonly message: string;
  readonly hint: string | null;
}

export interface Report {
  error(code: ProblemCode, spot: Spot, message: string, hint?: string | null): void;
  warning(code: ProblemCode, spot: Spot, message: string, hint?: string | null): void;
}

/** A file of the largest size could be wrong at every byte: what is over the bound is counted only. */
const findingsMax = 1000;

export class Findings implements Report {
  readonly list: Finding[] = [];
  errors = 0;
  dropped = 0;

  error(code: ProblemCode, spot: Spot, message: string, hint: string | null = null): void {
    this.errors++;
    this.#add({ severity: 'error', code, spot, message, hint });
  }

  warning(code: ProblemCode, spot: Spot, message: string, hint: string | null = null): void {
    this.#add({ severity: 'warning', code, spot, message, hint });
  }

  #add(finding: Finding): void {
    if (this.list.length < findingsMax) this.list.push(finding);
    else this.dropped++;
  }
}
