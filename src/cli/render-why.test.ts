import { describe, expect, it } from 'vitest';
import { cluster, copy, inputOf, record } from '../api/sample.testing.ts';
import { whyAnswer } from '../api/why.ts';
import { noAdmin } from '../core/ports.ts';
import { renderWhy } from './render-why.ts';
import { plainLook } from './terminal.ts';

const site = cluster.services[0]!;

describe('renderWhy', () => {
  it('names every node and every rule', () => {
    expect(renderWhy(whyAnswer(site, inputOf()), null, plainLook)).toMatchInlineSnapshot(`
      "site (address 10.0.0.5/24) runs on bal1.
      Because: bal1 has the highest score

      + bal1: chosen, runs there, score 101  node online, service running
            +100  first of 2 in on
              +1  it runs there

      - bal2: possible, score 0  node online, service stopped
               0  second of 2 in on

      x web1: excluded  node online, service unknown
           never  not in on
      "
    `);
  });

  it('shows one node, its failures, and what operators asked for', () => {
    const admin = { ...noAdmin, standby: { bal2: { because: 'new disk' } } };
    const records = [record('bal1', { site: copy('running', { failures: 1, lastFailure: 'check: no answer' }) })];
    expect(renderWhy(whyAnswer(site, inputOf({ admin, records })), 'bal1', plainLook)).toMatchInlineSnapshot(`
      "site (address 10.0.0.5/24) runs on bal1.
      Because: bal1 has the highest score

      + bal1: chosen, runs there, score 101  node online, service running, failed 1 time
            +100  first of 2 in on
              +1  it runs there
            last  check: no answer

      Asked for by operators
        bal2 is in standby: new disk
      "
    `);
  });

  it('says that nothing may run without quorum', () => {
    expect(renderWhy(whyAnswer(site, inputOf({ quorum: false, lost: ['bal1', 'web1'] })), null, plainLook)).toContain(
      'Nothing may run here: it hears 0 of the 1 other nodes that a majority needs.',
    );
  });
});
