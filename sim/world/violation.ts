/** Something happened that never may. */
export class Violation extends Error {
  readonly check: string;
  readonly atMs: number;
  constructor(check: string, atMs: number, message: string) {
    super(message);
    this.check = check;
    this.atMs = atMs;
  }
}
