/** What a service is that runs a container: part of the model. */
import type { AddressResource, CommandResource, OcfResource, Resource } from './model.ts';

/** A container of its own for each copy, and perhaps an address that goes with it and a service inside. */
export interface ContainerResource {
  readonly kind: 'container';
  readonly engine: 'podman' | 'docker';
  readonly image: string;
  /** An image that is not on the node is fetched when it is started. */
  readonly pull: boolean;
  /** Program and arguments that run in it; empty: what the image says. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Null, as in the next two: what the image or the engine says. */
  readonly directory: string | null;
  readonly stopSignal: CommandResource['stopSignal'] | null;
  readonly network: string | null;
  /** `8080:80/tcp`: a port of the node, or of `address`, and the one in the container that is behind it. */
  readonly ports: readonly string[];
  readonly mounts: readonly ContainerMount[];
  /** More arguments of the engine's `run`, each of the form `--name` or `--name=value`. */
  readonly options: readonly string[];
  /** Taken before it starts and given up after it has stopped. */
  readonly address: AddressResource | null;
  /** Program in it whose exit code 0 says that it works; null: being alive is enough. */
  readonly checkArgv: readonly string[] | null;
  /** What an agent that is part of the image starts, checks and stops inside. */
  readonly agent: OcfResource | null;
}

export interface ContainerMount {
  /** A path of the node, or the name of a volume. */
  readonly from: string;
  readonly to: string;
  /** As the engine calls them: `ro`, `Z`. */
  readonly options: readonly string[];
  /** A folder `from` that is not there is made. */
  readonly create: boolean;
}

/** The agent that is run, outside or inside of a container; null: none of OCF. */
export function ocfAgentOf(resource: Resource): OcfResource | null {
  if (resource.kind === 'container') return resource.agent;
  return resource.kind === 'ocf' ? resource : null;
}
