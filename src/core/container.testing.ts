import type { ContainerResource } from './model.ts';

/** Runs an image by podman, and says nothing else (imported by tests only). */
export const plainContainer: ContainerResource = {
  kind: 'container',
  engine: 'podman',
  image: 'localhost/web:1',
  pull: true,
  argv: [],
  env: {},
  directory: null,
  stopSignal: null,
  network: null,
  ports: [],
  mounts: [],
  options: [],
  address: null,
  checkArgv: null,
  agent: null,
};
