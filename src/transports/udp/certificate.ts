/**
 * This node's certificate: given to it by itself, since it has the authority's key; new with each life of the daemon, with
 * each cluster key, and when a third of its time is over. Looked at whenever it is shown, so that no timer can be missed.
 */
import type { Ms, NodeId } from '../../core/model.ts';
import { type Authority, issue, type NodeCertificate, needsRenewal, validFrom } from '../../identity/certificate.ts';
import { type Credentials, credentialsOf } from './tls.ts';

export interface Certified {
  readonly certificate: NodeCertificate;
  readonly authority: Authority;
}

export class OwnCertificate {
  readonly #self: NodeId;
  readonly #issued: (certified: Certified) => void;
  #current: (Certified & { readonly credentials: Credentials }) | null = null;

  /** `issued` is told of each new one. */
  constructor(self: NodeId, issued: (certified: Certified) => void) {
    this.#self = self;
    this.#issued = issued;
  }

  /** `nowMs` is of the wall clock. */
  credentials(authority: Authority, authorities: readonly Authority[], nowMs: Ms): Credentials {
    const current = this.#current;
    if (current !== null && current.authority === authority && !needsRenewal(current.certificate, nowMs))
      return { ...current.credentials, authorities };
    const certificate = issue(authority, this.#self, validFrom(nowMs));
    const credentials = credentialsOf(certificate, authority, authorities);
    this.#current = { certificate, authority, credentials };
    this.#issued({ certificate, authority });
    return credentials;
  }
}
