import { describe, expect, it } from 'vitest';
import { mergeStatus } from '../api/merge.ts';
import { copy, inputOf, plan, record } from '../api/sample.testing.ts';
import { healthLine } from './health.ts';
import { renderStatus } from './render-status.ts';
import { type Look, plainLook } from './terminal.ts';

const failed = inputOf({
  lost: ['web1'],
  records: [
    record('bal1', { site: copy('failed', { failures: 2, lastFailure: 'address 10.0.0.5: no interface has it' }) }),
  ],
  plan: {
    ...plan,
    actions: [
      {
        id: 0,
        verb: 'stop',
        service: 'site',
        on: 'bal1',
        after: [],
        because: 'it failed',
        handFrom: null,
        handTo: null,
        drained: [],
        blocked: null,
      },
      {
        id: 1,
        verb: 'start',
        service: 'site',
        on: 'bal1',
        after: [0],
        because: 'best score',
        handFrom: null,
        handTo: null,
        drained: [],
        blocked: null,
      },
    ],
  },
});

describe('renderStatus', () => {
  it('shows a calm cluster on one screen', () => {
    expect(renderStatus(mergeStatus(inputOf()), plainLook, false)).toMatchInlineSnapshot(`
      "+ sample: OK  2 of 2 services run, 3 of 3 nodes online
      quorum 3 of 3, view 7, coordinator bal1, version 4.2, settled, asked bal2 at 2026-11-20T21:04:11Z

      Nodes
        NAME  STATE     RUNS  WORST STALL  NOTE
        bal1  + online  site  4.5 ms       coordinator
        bal2  + online  -     4.5 ms
        web1  + online  web   4.5 ms

      Links
        NODE  LINK 0                 LINK 1
        bal1  + 10.1.0.1 up 0.25 ms  + 10.2.0.1 up 0.25 ms
        bal2  + 10.1.0.2 up 0.25 ms  + 10.2.0.2 up 0.25 ms
        web1  + 10.1.0.3 up 0.25 ms  + 10.2.0.3 up 0.25 ms

      Services
        NAME  STATE      COPIES  WHERE  WHAT
        site  + running  1 of 1  bal1   address 10.0.0.5/24
        web   + running  1 of 1  web1   systemd:apache2.service

      Balancers
        SERVICE  NODE  SERVER  STATE  WEIGHT  SESSIONS  LAST CHECK
        balance  bal1  web1    + up   100     3         L7OK 200
      "
    `);
  });

  it('says of a guest where its machine is', () => {
    const input = inputOf({});
    const nodes = input.cluster.nodes.map((node) => (node.id === 'web1' ? { ...node, votes: 0, guest: 'site' } : node));
    const text = renderStatus(mergeStatus({ ...input, cluster: { ...input.cluster, nodes } }), plainLook, false);
    expect(text).toContain('guest: its machine site runs on bal1');
    expect(text).not.toContain('no vote');
  });

  it('says first what is wrong', () => {
    expect(renderStatus(mergeStatus(failed), plainLook, false)).toMatchInlineSnapshot(`
      "x sample: CRITICAL  0 of 2 services run, 2 of 3 nodes online
        x site does not run: failed 2 times on bal1: address 10.0.0.5: no interface has it; next: stop on bal1, start on bal1
        x web does not run: web1 is the only node that may run it
        ! web1 is lost: not heard on any link
      quorum 2 of 3, view 7, coordinator bal1, version 4.2, at work, asked bal2 at 2026-11-20T21:04:11Z

      Nodes
        NAME  STATE     RUNS  WORST STALL  NOTE
        bal1  + online  -     4.5 ms       coordinator
        bal2  + online  -     4.5 ms
        web1  x lost    -                  not heard on any link

      Links
        NODE  LINK 0                 LINK 1
        bal1  + 10.1.0.1 up 0.25 ms  + 10.2.0.1 up 0.25 ms
        bal2  + 10.1.0.2 up 0.25 ms  + 10.2.0.2 up 0.25 ms
        web1  x 10.1.0.3 down        x 10.2.0.3 down

      Services
        NAME  STATE      COPIES  WHERE  WHAT                     NOTE
        site  x failed   0 of 1  -      address 10.0.0.5/24      failed 2 times on bal1: address 10.0.0.5: no interface has it; next: stop on bal1, start on bal1
        web   x waiting  0 of 1  -      systemd:apache2.service  web1 is the only node that may run it

      Balancers
        SERVICE  NODE  SERVER  STATE  WEIGHT  SESSIONS  LAST CHECK
        balance  bal1  web1    + up   100     3         L7OK 200

      Failures
        SERVICE  NODE  COUNT   LAST
        site     bal1  2 of 3  address 10.0.0.5: no interface has it
        Forget them: sempre service cleanup SERVICE

      Pending actions
        #  ACTION              AFTER  WHY
        0  stop site on bal1          it failed
        1  start site on bal1  0      best score
      "
    `);
  });

  it('wraps the last column on a narrow terminal and marks states with symbols', () => {
    const look: Look = { color: false, unicode: true, width: 70 };
    const text = renderStatus(mergeStatus(failed), look, false);
    expect(Math.max(...text.split('\n').map((line) => Array.from(line).length))).toBeLessThanOrEqual(70);
    expect(text).toMatchInlineSnapshot(`
      "✖ sample: CRITICAL  0 of 2 services run, 2 of 3 nodes online
        ✖ site does not run: failed 2 times on bal1: address 10.0.0.5: no
          interface has it; next: stop on bal1, start on bal1
        ✖ web does not run: web1 is the only node that may run it
        ▲ web1 is lost: not heard on any link
      quorum 2 of 3, view 7, coordinator bal1, version 4.2, at work, asked
      bal2 at 2026-11-20T21:04:11Z

      Nodes
        NAME  STATE     RUNS  WORST STALL  NOTE
        bal1  ● online  -     4.5 ms       coordinator
        bal2  ● online  -     4.5 ms
        web1  ✖ lost    -                  not heard on any link

      Links
        NODE  LINK 0                 LINK 1
        bal1  ● 10.1.0.1 up 0.25 ms  ● 10.2.0.1 up 0.25 ms
        bal2  ● 10.1.0.2 up 0.25 ms  ● 10.2.0.2 up 0.25 ms
        web1  ✖ 10.1.0.3 down        ✖ 10.2.0.3 down

      Services
        NAME  STATE      COPIES  WHERE  WHAT
        site  ✖ failed   0 of 1  -      address 10.0.0.5/24
            failed 2 times on bal1: address 10.0.0.5: no interface has it;
            next: stop on bal1, start on bal1
        web   ✖ waiting  0 of 1  -      systemd:apache2.service
            web1 is the only node that may run it

      Balancers
        SERVICE  NODE  SERVER  STATE  WEIGHT  SESSIONS  LAST CHECK
        balance  bal1  web1    ● up   100     3         L7OK 200

      Failures
        SERVICE  NODE  COUNT   LAST
        site     bal1  2 of 3  address 10.0.0.5: no interface has it
        Forget them: sempre service cleanup SERVICE

      Pending actions
        #  ACTION              AFTER  WHY
        0  stop site on bal1          it failed
        1  start site on bal1  0      best score
      "
    `);
  });

  it('colours only when asked to', () => {
    const status = mergeStatus(inputOf());
    expect(renderStatus(status, plainLook, true)).not.toContain('\u001b');
    expect(renderStatus(status, { ...plainLook, color: true }, true)).toContain('\u001b[32m');
  });
});

describe('healthLine', () => {
  it('is what a Nagios plugin prints', () => {
    expect(healthLine(mergeStatus(inputOf()))).toBe(
      'SEMPRE OK: 2 of 2 services run, 3 of 3 nodes online |nodes_online=3;;;0;3 services_running=2;;;0;2 quorum=1;;;0;1 failures=0;;;0 pending=0;;;0 stall_max=4.5ms;;;0',
    );
    expect(healthLine(mergeStatus(failed))).toMatch(
      /^SEMPRE CRITICAL: site does not run: failed 2 times on bal1: address/,
    );
  });
});
