/** Arbitrary containers and addresses, for the property tests of what reads messages (imported by tests only). */
import fc from 'fast-check';
import type { AddressResource, CommandResource, ContainerResource, OcfResource } from '../../core/model.ts';

interface Parts {
  readonly text: fc.Arbitrary<string>;
  readonly name: fc.Arbitrary<string>;
  readonly ocf: fc.Arbitrary<OcfResource>;
  readonly address: fc.Arbitrary<AddressResource>;
  readonly stopSignal: fc.Arbitrary<CommandResource['stopSignal']>;
}

const orNull = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null });

export const addressOf = (name: fc.Arbitrary<string>, ms: fc.Arbitrary<number>): fc.Arbitrary<AddressResource> =>
  fc.record({
    kind: fc.constant('address' as const),
    address: fc.ipV4(),
    prefix: fc.nat(32),
    family: fc.constantFrom(4 as const, 6 as const),
    interface: orNull(name),
    probeMs: ms,
    drainMs: ms,
  });

export function container({ text, name, ocf, address, stopSignal }: Parts): fc.Arbitrary<ContainerResource> {
  const texts = fc.array(text, { maxLength: 4 });
  return fc.record({
    kind: fc.constant('container' as const),
    engine: fc.constantFrom('podman' as const, 'docker' as const),
    image: text,
    pull: fc.boolean(),
    argv: texts,
    env: fc.dictionary(name, text, { maxKeys: 4, noNullPrototype: true }),
    directory: orNull(text),
    stopSignal: orNull(stopSignal),
    network: orNull(name),
    ports: texts,
    mounts: fc.array(fc.record({ from: text, to: text, options: texts, create: fc.boolean() }), { maxLength: 2 }),
    options: texts,
    address: orNull(address),
    checkArgv: orNull(texts),
    agent: orNull(ocf),
  });
}
