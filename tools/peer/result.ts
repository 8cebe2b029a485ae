/** The form in which the peers' suite wants a decision: one JSON object a case (`pcmk-placement/1`). */

export interface PeerResult {
  readonly format: 'pcmk-placement/1';
  readonly case: string;
  readonly initial: PeerState;
  readonly final: PeerState;
  readonly actions: readonly PeerAction[];
  readonly ops: PeerOps;
  /** Milliseconds for the decision alone. */
  readonly ms?: number;
}

export interface PeerState {
  readonly nodes: Readonly<Record<string, { readonly kind: string; readonly state: string }>>;
  readonly resources: Readonly<Record<string, PeerResource>>;
}

export interface PeerResource {
  /** Node and role, sorted. */
  readonly on: readonly (readonly [string, string])[];
  /** By node. */
  readonly flags: Readonly<Record<string, readonly string[]>>;
}

export type PeerAction =
  | {
      readonly action: string;
      readonly resource: string;
      readonly from: readonly [string, string | null] | null;
      readonly to: readonly [string, string | null] | null;
      readonly blocked: boolean;
      readonly reason?: string;
    }
  | { readonly action: 'fence'; readonly how: string; readonly node: string; readonly reason?: string };

export interface PeerOps {
  readonly core: readonly string[];
  readonly other: readonly string[];
  readonly order: readonly (readonly [string, string])[];
}
