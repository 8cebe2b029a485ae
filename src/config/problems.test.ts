/** One smallest file for every kind of problem. «‸» marks the place where it must be reported, and is taken out before. */
import { describe, expect, test } from 'vitest';
import { parseClusterFile } from './parse.ts';
import { type ProblemCode, problemCodes } from './problems.ts';

const nodes = `cluster: c
watchdog: /dev/watchdog
nodes:
  n1: [10.0.0.1, 10.1.0.1]
  n2: [10.0.0.2, 10.1.0.2]
  n3: [10.0.0.3, 10.1.0.3]
`;

const services = (...lines: string[]): string => `${nodes}services:\n${lines.map((line) => `  ${line}\n`).join('')}`;

const two = services('s: {command: a}', 't: {command: b}');

const balance = (text: string): string => services('b:', '  on: [n3, n2]', `  balance: {${text}}`);

const many = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('');

const pair = (...lines: string[]): string => ['cluster: c', 'nodes: {n1: 10.0.0.1, n2: 10.0.0.2}', ...lines].join('\n');

const device = (text: string): string => `fencing: {devices: {d: {agent: fence_dummy, ${text}}}}`;

const four = (...lines: string[]): string =>
  ['cluster: c', 'nodes: {n1: 10.0.0.1, n2: 10.0.0.2, n3: 10.0.0.3, n4: 10.0.0.4}', ...lines].join('\n');

/** Its machine is vm, which may run on n1. */
const guest = (node: string, vm = '', t = '', more = ''): string =>
  [
    `${nodes}  g: {addresses: [10.0.0.9, 10.1.0.9], ${node}}`,
    ...(more === '' ? [] : [more]),
    'services:',
    `  vm: {agent: ocf:heartbeat:VirtualDomain${vm}}`,
    `  t: {command: a${t}}`,
    '',
  ].join('\n');

const cases: readonly [code: ProblemCode, text: string][] = [
  ['FILE_TOO_LARGE', `‸${'#'.repeat(1024 * 1024 + 1)}`],
  ['FILE_EMPTY', '‸# nothing\n'],
  ['YAML_SYNTAX', 'cluster: [c\n‸'],
  ['YAML_SYNTAX', 'cluster: ‸c: d\n'],
  ['YAML_SYNTAX', 'cluster: c\nnodes:\n  n1: ‸10.0.0.1\n   n2: 10.0.0.2\n'],
  ['YAML_TAB', 'cluster: c\nnodes:\n‸\tn1: 10.0.0.1\n'],
  ['YAML_DOCUMENTS', 'cluster: c\n‸---\ncluster: d\n'],
  ['YAML_TAG', 'cluster: !name ‸c\n'],
  ['YAML_ALIAS', 'cluster: ‸*name\n'],
  ['YAML_ALIAS', 'cluster: &a [b, ‸*a]\n'],
  ['YAML_KEY', 'cluster: c\n? ‸[a]\n: b\n'],
  ['YAML_TOO_LARGE', `cluster: ${'['.repeat(32)}‸${'['.repeat(8)}${']'.repeat(40)}\n`],
  ['YAML_TOO_LARGE', `a: &a [${many(500, () => 'x, ')}x]\nb: &b [${many(500, () => '*a, ')}*a]\nc: *b\n`],
  ['DUPLICATE_KEY', 'cluster: c\n‸cluster: d\n'],
  ['TOO_MANY_PROBLEMS', many(150, (index) => `wrong${index}: 1\n`)],

  ['UNKNOWN_KEY', `${nodes}heartbeat: {‸intrval: 1s}\n`],
  ['UNKNOWN_KEY', `${nodes}‸__proto__: {a: 1}\n`],
  ['UNKNOWN_KEY', services('s:', '  agent: systemd:cron', '  ‸params: {a: 1}')],
  ['UNKNOWN_KEY', services('s:', '  address: 10.0.0.9', '  ‸instances: all')],
  ['UNKNOWN_KEY', balance('port: 80, servers: [n1, {node: n1, ‸prot: 80}]')],
  ['MISSING_KEY', '‸nodes: {n1: 10.0.0.1}\n'],
  ['MISSING_KEY', 'cluster: c\n‸nodes: {}\n'],
  ['MISSING_KEY', balance('servers: [n1]').replace('balance', '‸balance')],
  ['BAD_TYPE', '‸- cluster\n'],
  ['BAD_TYPE', 'cluster: c\nnodes: ‸[n1]\n'],
  ['BAD_TYPE', services('‸s: 5')],
  ['BAD_TYPE', services('s:', '  ‸agent:')],
  ['BAD_TYPE', services('s: {command: [a, ‸[b]]}')],
  ['BAD_TYPE', services('s: {command: a, on: ‸n1 n2}')],
  ['BAD_VALUE', services('s: {command: ‸[]}')],
  ['BAD_VALUE', 'cluster: c\nnodes:\n  n1: ‸FILL-IN-address-of-n1\n'],
  ['BAD_VALUE', `${two}constraints: {location: [{pattern: ‸"^s(", node: n1, score: 5}]}\n`],
  ['BAD_VALUE', `${nodes}heartbeat: {port: ‸70000}\n`],
  ['BAD_VALUE', 'cluster: c\nnodes:\n  n1: [10.0.0.1, ‸10.0.0.300]\n'],
  ['BAD_VALUE', balance('port: 80, servers: [‸{weight: 1}]')],
  ['BAD_VALUE', balance('port: 80, servers: [n1], address: ‸10.0.0.1/24')],
  ['BAD_NAME', services('‸Web: {command: a}')],
  ['BAD_DURATION', `${nodes}heartbeat: {interval: ‸200}\n`],
  ['BAD_DURATION', services('s: {command: a, failures: {forget: ‸60}}')],
  ['BAD_DURATION', `${nodes}quorum: {start-wait: ‸never}\n`],
  ['SERVICE_KIND', services('‸s: {on: n1}')],
  ['SERVICE_KIND', services('s:', '  agent: systemd:a', '  ‸command: b')],
  ['TOO_MANY_NODES', `cluster: c\nnodes:\n${many(33, (i) => `  ${i === 32 ? '‸' : ''}n${i}: 10.0.0.${i + 1}\n`)}`],
  [
    'TOO_MANY_SERVICES',
    services(...Array.from({ length: 1001 }, (_, i) => `${i === 1000 ? '‸' : ''}s${i}: {command: a, takeover: lease}`)),
  ],

  ['BAD_RULE', services('s:', '  command: a', '  location: [{where: site ‸= east, score: 5}]')],
  ['BAD_RULE', services('s:', '  command: a', '  location: [{where: "a eq 1 ‸adn b eq 2", score: 5}]')],
  [
    'BAD_RULE',
    services('s:', '  command: a', '  location:', '  - score: 5', '    where: >-', '      a eq 1', '      ‸adn b eq 2'),
  ],
  ['CONSTRAINT_FORM', services('s:', '  command: a', '  location: [‸{score: 5}]')],
  ['CONSTRAINT_FORM', services('s:', '  command: a', '  location: [{node: n1, ‸where: a eq 1, score: 5}]')],
  ['CONSTRAINT_FORM', `${two}constraints: {colocation: [‸{service: s}]}\n`],
  ['CONSTRAINT_FORM', `${two}constraints: {order: [{sets: [[s, t]], ‸first: s}]}\n`],
  ['UNKNOWN_KEY', `${two}constraints: {colocation: [{service: s, with: t, ‸scor: 5}]}\n`],
  ['BAD_VALUE', `${two}constraints: {colocation: [{service: s, with: t, role: ‸promote}]}\n`],
  ['BAD_TYPE', `${two}constraints: {colocation: [{service: s, with: t, score: ‸infinite}]}\n`],
  ['UNKNOWN_TEMPLATE', services('s: {template: ‸vm}')],
  ['UNKNOWN_SERVICE', `${two}constraints: {colocation: [{service: s, with: ‸u}]}\n`],
  ['UNKNOWN_SERVICE', `${two}constraints: {order: [{sets: [[s, ‸u], {services: [t]}]}]}\n`],
  ['UNKNOWN_SERVICE', `${two}tags: {all: [s, ‸u]}\n`],
  ['UNKNOWN_SERVICE', `${two}groups: {‸web: {meta: {critical: false}}}\n`],
  ['UNKNOWN_NODE', services('s:', '  command: a', '  location: [{node: ‸n4, score: 5}]')],
  ['NAME_CLASH', `${two}tags: {‸s: [t]}\n`],
  ['NAME_CLASH', `${two}templates: {‸s: {stickiness: 0}}\n`],
  [
    'DUPLICATE_ENTRY',
    `${two}constraints: {colocation: [{id: a, service: s, with: t, score: 1}, {id: ‸a, service: t, with: s, score: 1}]}\n`,
  ],
  ['UNKNOWN_NODE', services('s:', '  command: a', '  location: [{where: "#uname eq n1 or #uname eq ‸n4", score: 5}]')],
  [
    'GROUP_COPIES',
    `${services('s: {command: a, group: g}', 't: {command: b, group: g, ‸instances: 2, takeover: nothing}')}groups: {g: {instances: all}}\n`,
  ],
  ['UNIQUE_COPIES', services('s: {command: a, ‸unique: true, takeover: lease}')],
  ['UNIQUE_COPIES', services('s: {command: a, ‸unique: true, instances: one, takeover: lease}')],
  ['UNIQUE_COPIES', services('s: {command: a, instances: 2, ‸per-node: 2}')],
  ['UNIQUE_COPIES', services('s: {agent: "ocf:a:b", instances: 2, ‸promotable: {max: 2, per-node: 2}}')],
  ['UNIQUE_COPIES', services('s: {agent: "ocf:a:b", instances: 2, unique: true, ‸notify: true}')],
  ['UNIQUE_COPIES', services('s: {agent: "ocf:a:b", instances: 2, unique: true, ‸migrate: true}')],
  ['UNIQUE_COPIES', services('s: {agent: systemd:a, instances: 2, ‸unique: true}')],
  [
    'UNIQUE_COPIES',
    services('s: {command: a, instances: 2, unique: true, ‸group: g}', 't: {command: a, group: g, instances: 2}'),
  ],
  ['UNKNOWN_KEY', services('s:', '  address: 10.0.0.9', '  ‸unique: true')],
  ['UNKNOWN_KEY', balance('port: 80, servers: [n1]').replace('  b:', '  b:\n    ‸unique: true')],
  ['TOO_MANY_INSTANCES', services('s: {command: a, instances: ‸4, unique: true}')],
  ['TOO_MANY_INSTANCES', services('s: {command: a, instances: ‸7, unique: true, per-node: 2}')],
  [
    'TOO_MANY_SERVICES',
    services(
      ...Array.from(
        { length: 32 },
        (_, i) =>
          `s${i}: {command: a, takeover: lease, ${i === 31 ? '‸' : ''}instances: 32, unique: true, per-node: 32}`,
      ),
    ),
  ],
  ['CYCLE', services('s: {command: a, instances: 2, unique: true, ‸needs: t}', 't: {command: b, needs: s}')],
  ['UNKNOWN_META', services('s: {command: a, meta: {‸critcal: false}}')],
  ['UNKNOWN_META', services('s: {command: a, meta: {‸resource-stickiness: 5}}')],
  ['UNKNOWN_META', `${two}defaults: {meta: {‸globally-unique: true}}\n`],
  ['UNKNOWN_OPTION', `${two}options: {‸placment-strategy: balanced}\n`],
  ['UNKNOWN_OPTION', `${two}options: {‸no-quorum-policy: stop}\n`],
  ['BAD_VALUE', `${two}options: {placement-strategy: ‸balance}\n`],
  ['RULE_CONTEXT', services('s: {command: a, rules: [{where: ‸site eq east, start-timeout: 5m}]}')],
  [
    'RULE_CONTEXT',
    `cluster: c\nnodes: {n1: {addresses: [10.0.0.1/24], rules: [{where: ‸site eq a, attributes: {b: 1}}]}}\n`,
  ],
  ['MISSING_KEY', 'cluster: c\nnodes: {n1: {addresses: [10.0.0.1/24], rules: [‸{where: hours 5}]}}\n'],
  ['UNKNOWN_KEY', services('s: {command: a, rules: [{where: hours 5, ‸stop-timeout: 5m}]}')],
  ['NO_ROLES', services('s: {agent: "ocf:a:b", rules: [{where: hours 5, check: {role: ‸promoted}}]}')],
  [
    'RULED_CHECK',
    services(
      's: {agent: "ocf:a:b", check: [{every: 5s}, {every: 9s}], rules: [{where: hours 5, ‸check: {every: 1m}}]}',
    ),
  ],
  [
    'RULE_CONTEXT',
    services('s: {agent: "ocf:a:b", rules: [{where: ‸"#uname eq n1", params: {a: 1}, meta: {critical: false}}]}'),
  ],
  ['RULE_CONTEXT', services('s: {agent: "ocf:a:b", rules: [{where: ‸"#uname eq param{a}", params: {a: 1}}]}')],
  ['UNKNOWN_NODE', services('s: {agent: "ocf:a:b", rules: [{where: "#uname eq ‸n4", params: {a: 1}}]}')],
  ['UNKNOWN_ATTRIBUTE', services('s: {agent: "ocf:a:b", rules: [{where: ‸site eq east, params: {a: 1}}]}')],
  ['MISSING_KEY', services('s: {agent: "ocf:a:b", rules: [‸{where: "#uname eq n1"}]}')],
  ['UNKNOWN_KEY', services('s: {agent: "systemd:b", rules: [{where: "#uname eq n1", ‸params: {a: 1}}]}')],
  ['UNKNOWN_KEY', services('s: {command: b, rules: [{where: hours 5, meta: {}, ‸params: {a: 1}}]}')],
  ['RULE_CONTEXT', services('s: {command: a, rules: [{where: ‸site eq east, meta: {priority: 5}}]}')],
  ['RULE_CONTEXT', services('s: {command: a, location: [{where: ‸operation start, score: 5}]}')],
  ['UNKNOWN_KEY', services('s: {agent: systemd:a, ‸promotable: true}')],
  ['UNKNOWN_KEY', services('s: {command: a, ‸promotable: true}')],
  ['NO_ROLES', services('s: {container: a, instances: 2, ‸promotable: true}')],
  ['NO_ROLES', services('s: {container: a, instances: 2, ‸notify: true}')],
  ['NO_ROLES', services('s: {command: a, location: [{node: n1, score: 5, role: ‸promoted}]}')],
  ['NO_ROLES', `${two}constraints: {order: [{first: s, then: t, first-action: ‸promote}]}\n`],
  ['TOO_MANY_INSTANCES', services('s: {agent: "ocf:a:b", instances: 2, promotable: {max: ‸3}, takeover: nothing}')],
  [
    'CLONED_ADDRESS',
    services('s: {command: a, group: g, takeover: nothing}', 't: {address: 10.0.0.9, ‸group: g}') +
      'groups: {g: {instances: all}}\n',
  ],
  ['CLONED_ADDRESS', services('s: {container: {image: a, address: ‸10.0.0.9}, instances: 2, takeover: nothing}')],
  ['COPY_NUMBER', services('s: {‸container: {image: a, ports: ["{copy+80}:80"]}, takeover: lease}')],
  [
    'COPY_NUMBER',
    services('s: {container: {image: a, address: ‸10.0.0.254/24}, instances: 2, unique: true, takeover: lease}'),
  ],
  [
    'COPY_NUMBER',
    services('s: {container: {image: a, ports: [‸"{copy+65535}:80"]}, instances: 2, unique: true, takeover: lease}'),
  ],
  ['CONTAINER_OPTION', services('s: {container: {image: a, options: [‸--restart=always]}, takeover: lease}')],
  ['CONTAINER_OPTION', services('s: {container: {image: a, network: host, ‸ports: [80]}, takeover: lease}')],
  ['SERVICE_KIND', services('s: {container: a, ‸address: 10.0.0.9}')],
  ['BAD_VALUE', services('s: {container: ‸"-a", takeover: lease}')],
  ['BAD_VALUE', services('s: {container: {image: a, options: [‸"--memory 1g"]}, takeover: lease}')],
  ['BAD_VALUE', services('s: {container: {image: a, options: [‸stray]}, takeover: lease}')],
  ['BAD_VALUE', services('s: {container: {image: a, mounts: [‸a]}, takeover: lease}')],
  ['BAD_VALUE', services('s: {container: {image: a, mounts: [{from: ‸"/a:/b", to: /c}]}, takeover: lease}')],
  ['BAD_VALUE', services('s: {container: {image: a, ports: [‸http]}, takeover: lease}')],
  ['BAD_VALUE', services('s: {container: a, agent: ‸systemd:b, takeover: lease}')],
  [
    'PORT_CLASH',
    services('s: {container: {image: a, ports: [‸80]}, instances: 2, unique: true, per-node: 2, takeover: lease}'),
  ],
  ['PORT_CLASH', services('s: {container: {image: a, ports: [‸7354]}, takeover: lease}')],
  [
    'DUPLICATE_ADDRESS',
    services(
      's: {address: 10.0.0.10}',
      't: {container: {image: a, address: ‸10.0.0.9}, instances: 2, unique: true, takeover: lease}',
    ),
  ],
  ['ADDRESS_OUTSIDE', services('s: {container: {image: a, address: ‸10.9.0.9}, takeover: lease}')],
  ['CONTRADICTION', `${two}constraints: {colocation: [{service: s, with: ‸s}]}\n`],
  ['CONTRADICTION', `${two}constraints: {colocation: [{service: s, with: t}, ‸{service: t, with: s, score: -inf}]}\n`],
  [
    'CONTRADICTION',
    `${services('s: {command: a, with: t}', 't: {command: b}')}constraints: {colocation: [‸{service: s, with: t, score: -inf}]}\n`,
  ],
  [
    'WITH_NOWHERE',
    `${services('s: {command: a, on: n1}', 't: {command: b, on: n2}')}constraints: {colocation: [‸{service: s, with: t}]}\n`,
  ],
  [
    'CYCLE',
    `${services('s: {command: a, needs: t}', 't: {command: b}')}constraints: {order: [‸{first: s, then: t}]}\n`,
  ],
  [
    'CYCLE',
    `${two}constraints: {order: [{first: s, then: t}, ‸{kind: optional, sets: [{services: [t, s], kind: mandatory}]}]}\n`,
  ],
  ['BAD_VALUE', `${two}constraints: {order: [{sets: [{services: [t, s], kind: ‸mandatry}]}]}\n`],
  ['UNKNOWN_KEY', `${two}constraints: {colocation: [{sets: [{services: [t, s], ‸kind: mandatory}]}]}\n`],
  [
    'NO_NODE_LEFT',
    services('s: {command: a, on: [n1, n2], location: [{node: n1, score: -inf}, {node: ‸n2, score: -inf}]}'),
  ],
  ['NO_ROOM', `${services('s: {command: a, utilization: {memory: ‸5}}')}options: {placement-strategy: minimal}\n`],
  ['NO_FENCING', services('s: {command: a, on-fail: {stop: ‸fence}}')],

  ['UNKNOWN_NODE', services('s: {command: a, on: [n1, ‸n4]}')],
  ['UNKNOWN_NODE', services('s: {command: a, on: ‸n4, wrong: 1}')],
  ['UNKNOWN_NODE', balance('port: 80, servers: [n1, ‸n4]')],
  ['UNKNOWN_NODE', balance('port: 80, servers: [n1, {node: ‸n4}]')],
  ['UNKNOWN_SERVICE', services('s: {command: a, needs: ‸t}')],
  ['UNKNOWN_SERVICE', services('s: {command: a, with: [‸t]}')],
  ['DUPLICATE_ENTRY', services('s: {command: a, on: [n1, ‸n1]}')],
  ['NAME_CLASH', services('s: {command: a, group: ‸t}', 't: {command: a, group: t}')],
  ['CYCLE', services('s: {command: a, ‸needs: t}', 't: {command: a, needs: s}')],
  ['CYCLE', services('s: {command: a, ‸with: s}')],
  ['CYCLE', services('s: {command: a, group: g, ‸needs: t}', 't: {command: a, group: g}')],
  ['GROUP_NODES', services('s: {command: a, group: g, on: [n1, n2]}', 't: {command: a, group: g, on: ‸[n2, n3]}')],
  ['WITH_NOWHERE', services('s: {command: a, on: n1, ‸with: t}', 't: {command: a, on: n2}')],

  ['LINK_COUNT', 'cluster: c\nnodes:\n  n1: [10.0.0.1, 10.1.0.1]\n  ‸n2: [10.0.0.2]\n'],
  ['ADDRESS_FAMILY', 'cluster: c\nnodes:\n  n1: 10.0.0.1\n  n2: ‸fd00::2\n'],
  ['DUPLICATE_ADDRESS', 'cluster: c\nnodes:\n  n1: fd00::1\n  n2: {addresses: [‸FD00:0::1]}\n'],
  ['DUPLICATE_ADDRESS', services('s: {address: ‸10.0.0.2}')],
  ['DUPLICATE_ADDRESS', services('s: {address: 10.0.0.9}', 't: {address: {ip: ‸10.0.0.9/24}}')],
  ['ADDRESS_OUTSIDE', services('s: {address: {ip: ‸10.9.0.9}}')],
  ['ADDRESS_PREFIX', services('s: {address: {ip: ‸10.9.0.9, interface: eth0}}')],

  ['DEAD_TOO_SHORT', `${nodes}heartbeat: {interval: 1s, dead: ‸2s}\n`],
  ['DEAD_TOO_SHORT', `${nodes}heartbeat: {interval: ‸1s}\n`],
  ['CHECK_TIMEOUT', balance('port: 80, servers: [n1], check: {every: 100ms, timeout: ‸1s}')],
  ['TOO_MANY_INSTANCES', services('s: {command: a, on: n1, instances: ‸2}')],

  ['NO_VOTES', 'cluster: c\n‸nodes: {n1: {addresses: [10.0.0.1], votes: 0}}\n'],
  ['TWO_NODES_NO_CHOICE', pair().replace('nodes', '‸nodes')],
  ['TWO_NODES_NO_CHOICE', pair('‸quorum: {no-quorum: stop}')],
  ['TWO_NODES_NO_CHOICE', `cluster: c\n‸nodes: {n1: 10.0.0.1, n2: 10.0.0.2, n3: {addresses: [10.0.0.3], votes: 0}}\n`],
  ['UNEVEN_VOTES', 'cluster: c\nquorum: {tie: none}\nnodes: {n1: {addresses: [10.0.0.1], ‸votes: 2}, n2: 10.0.0.2}\n'],
  ['TIE_FENCE', pair('quorum: {tie: ‸fence}', device('for: n1'))],
  ['TIE_PING', pair('quorum: {tie: ‸ping}')],
  ['TIE_WITNESS', pair('quorum: {tie: ‸witness}')],
  ['TIE_UNUSED', `${nodes}quorum: {‸tie: fence}\n`],
  ['TIE_UNUSED', pair('witness: {address: 10.9.0.1}', 'quorum: {‸head-start: 5s}')],
  ['TIE_UNUSED', pair('quorum: {tie: none, ‸ping: 10.0.0.254}')],
  ['PING_ADDRESS', pair('quorum: {tie: ping, ping: [10.0.0.254, ‸10.0.0.2]}')],
  ['PING_ADDRESS', pair('quorum: {tie: ping, ping: ‸10.0.0.9}', 'services: {s: {address: 10.0.0.9}}')],
  ['WITNESS_IS_NODE', pair('witness: {name: ‸n1, address: 10.9.0.1}')],
  ['GUEST_VOTES', guest('guest: vm, votes: ‸1')],
  ['UNKNOWN_SERVICE', guest('guest: ‸wm')],
  ['GUEST_FENCE', guest('guest: vm, ‸fence: [[d]]', '', '', device('for: n1'))],
  ['GUEST_FENCE', guest('guest: vm', '', '', 'fencing: {devices: {‸d: {agent: fence_dummy, for: [n1, g]}}}')],
  ['GUEST_MACHINE', guest('guest: ‸vm', ', instances: 2')],
  ['GUEST_MACHINE', guest('guest: vm', ', ‸takeover: nothing')],
  ['GUEST_MACHINE', guest('guest: vm', ', ‸on: [n1, g]')],
  ['GUEST_MACHINE', guest('guest: vm', ', needs: t', ', ‸on: [n1, g]')],
  ['GUEST_MACHINE', guest('guest: vm}\n  h: {addresses: [10.0.0.8, 10.1.0.8], guest: ‸vm')],
  ['DUPLICATE_ADDRESS', pair('witness: {address: ‸10.0.0.2}')],
  ['LINK_COUNT', pair('witness: {‸address: [10.9.0.1, 10.8.0.1]}')],
  ['WITNESS_VOTE', 'cluster: c\nnodes: {n1: 10.0.0.1}\n‸witness: {address: 10.9.0.1}\n'],
  ['WITNESS_VOTE', `${nodes}‸witness: {address: 10.9.0.1}\n`],
  ['EVEN_VOTES', four('watchdog: /dev/watchdog', 'services: {s: {command: a}}').replace('nodes', '‸nodes')],
  ['UNKNOWN_NODE', pair('quorum: {tie: fence, prefer: ‸n3}', device('plugs: {n1: 1, n2: 2}'))],
  ['HEAD_START', pair('quorum: {tie: ‸fence}', device('plugs: {n1: 1, n2: [2, 3]}, delay: 10s'))],
  ['HEAD_START', pair('quorum: {tie: fence, head-start: ‸1s}', device('for: [n1, n2]'))],
  ['UNKNOWN_NODE', `${nodes}${device('for: ‸n4')}\n`],
  ['UNKNOWN_NODE', `${nodes}${device('plugs: {n1: 1, ‸n4: 1}')}\n`],
  ['UNKNOWN_DEVICE', `${nodes}  n4: {addresses: [10.0.0.4, 10.1.0.4], fence: [[‸e]]}\n${device('for: n1')}\n`],
  ['FENCE_OTHER_NODE', `${nodes}  n4: {addresses: [10.0.0.4, 10.1.0.4], fence: [[‸d]]}\n${device('for: n1')}\n`],
  ['FENCE_TWICE', `${nodes}  n4: {addresses: [10.0.0.4, 10.1.0.4], fence: [[d], [‸d]]}\n${device('for: n4')}\n`],
  ['FENCE_UNUSED', `${nodes}fencing: {devices: {‸d: {agent: fence_dummy}}}\n`],
  ['FENCE_PARAM', `${nodes}${device('for: n1, params: {‸port: 3}')}\n`],
  ['FENCE_PASSWORD', `${nodes}${device('for: n1, params: {password: ‸x}')}\n`],
  ['WATCHDOG_UNSAID', services('s: {command: a}').replace('watchdog: /dev/watchdog\nn', '‸n')],
  ['WATCHDOG_UNSAID', services('s: {command: a, takeover: lease}').replace('watchdog: /dev/watchdog\nn', '‸n')],
  ['LEASE_TRUSTS', services('s: {command: a, ‸takeover: lease}').replace('/dev/watchdog', 'none')],
  ['LEASE_UNSURE', `${services('s: {command: a, ‸takeover: lease}')}quorum: {no-quorum: freeze}\n`],
  [
    'LEASE_UNSURE',
    pair('watchdog: /dev/watchdog', 'quorum: {tie: none}', 'services: {s: {command: a, ‸takeover: lease}}'),
  ],
  ['NO_FENCING', services('‸s: {command: a}').replace('/dev/watchdog', 'none')],
  ['NO_FENCING', services('s: {command: a, ‸takeover: fencing}').replace('/dev/watchdog', 'none')],
  ['NO_FENCING', pair('watchdog: /dev/watchdog', 'quorum: {tie: none}', 'services: {‸s: {command: a}}')],

  ['DUPLICATE_SERVER', balance('port: 80, servers: [n1, ‸n1]')],
  ['SERVER_LINK', balance('port: 80, servers: [n1, {node: n1, id: a, link: ‸2}]')],
  ['SERVER_LINK', balance('port: 80, servers: [n1, {address: 10.0.0.9, ‸link: 0}]')],
  ['PORT_CLASH', balance('port: ‸7354, servers: [n1]')],
  ['PORT_CLASH', balance('port: 80, servers: [n1], stats: {port: ‸80, user: a, password: b}')],
  ['BALANCE_LOOP', balance('port: ‸80, servers: [n1, n3]')],
  ['HTTP_ONLY', balance('port: 80, servers: [n1], mode: tcp, ‸cookie: a')],
  ['HTTP_ONLY', balance('port: 80, servers: [n1], check: {‸method: GET}')],

  ['DEAD_SHORT', `${nodes}heartbeat: {interval: 1s, dead: ‸3s}\n`],
  ['ONE_NODE', 'cluster: c\n‸nodes: {n1: [10.0.0.1, 10.1.0.1]}\n'],
  ['ONE_LINK', pair('quorum: {tie: none}').replace('nodes', '‸nodes')],
  ['SHARED_NETWORK', 'cluster: c\nnodes:\n  n1: [10.0.0.1, ‸10.0.0.9]\n'],
  ['LINK_NETWORK', 'cluster: c\nnodes:\n  n1: 10.0.0.1\n  n2: ‸10.0.1.2\n'],
  ['ONE_PLACE', services('s: {command: a, on: ‸n1}')],
  ['ONE_SERVER', balance('port: 80, ‸servers: [n1]')],
  ['GROUP_OF_ONE', services('s: {command: a, group: ‸g}')],
  ['LISTEN_ADDRESS', balance('port: 80, servers: [n1], address: ‸10.0.0.99')],
  ['BAD_VALUE', services('s: {command: a, stickiness: ‸-5}')],
  ['BAD_VALUE', services('s: {command: a, rules: [{where: hours 5, meta: {resource-stickiness: ‸-5}}]}')],
  ['DUPLICATE_ENTRY', services('s: {agent: "ocf:a:b", check: [{every: 5s}, {every: ‸5s, level: 10}]}')],
  ['UNKNOWN_KEY', services('s: {agent: "systemd:b", check: {‸level: 10}}')],
  ['UNKNOWN_KEY', services('s: {agent: "ocf:a:b", check: [{every: 5s}, {‸evry: 6s}]}')],
  ['UNKNOWN_KEY', services('s: {command: b, check: {‸level: 10}}')],
  ['BAD_TYPE', services('s: {command: b, check: ‸[{every: 5s}]}')],
  ['BAD_TYPE', services('s: {agent: "ocf:a:b", check: ‸5s}')],
  ['BAD_DURATION', services('s: {agent: "ocf:a:b", check: [{every: ‸5}]}')],
  ['BAD_VALUE', services('s: {agent: "ocf:a:b", check: ‸[]}')],
  ['NO_ROLES', services('s: {agent: "ocf:a:b", check: {role: ‸promoted}}')],
  ['NO_ROLES', services('s: {agent: "ocf:a:b", check: [{every: 5s}, {every: 6s, on-fail: ‸demote}]}')],
  ['NO_FENCING', services('s: {agent: "ocf:a:b", check: [{every: 5s}, {every: 6s, on-fail: ‸fence}]}')],
  ['UNCHECKED_ROLE', services('s: {agent: "ocf:a:b", promotable: true, ‸check: {role: promoted}}')],
  ['UNUSED_TIMEOUT', services('s: {agent: "ocf:a:b", ‸promote-timeout: 5s}')],
  ['UNUSED_TIMEOUT', services('s: {agent: "systemd:b", ‸migrate-to-timeout: 5s}')],
  ['UNKNOWN_KEY', services('s: {command: a, ‸notify-timeout: 5s}')],
  ['BAD_VALUE', services('s: {agent: "ocf:a:b", promotable: true, promote-timeout: ‸1ms}')],
  ['ONE_COPY', services('s: {command: a, ‸interleave: true}')],
  [
    'UNKNOWN_ATTRIBUTE',
    `${nodes}  n4: {addresses: [10.0.0.4, 10.1.0.4], attributes: {site: east}}\nservices: {s: {command: a, location: [{where: a eq 1 or ‸sitte eq east, score: 5}]}}\n`,
  ],
  ['PATTERN_UNUSED', `${two}constraints: {location: [{pattern: ‸^x, node: n1, score: 5}]}\n`],
  ['PATTERN_UNUSED', `${two}constraints: {location: [{pattern: ‸"!.", node: n1, score: 5}]}\n`],
  ['SERIALIZE_ONE_WAY', `${two}constraints: {order: [{first: s, then: t, kind: serialize, symmetrical: ‸true}]}\n`],
  ['UTILIZATION_UNUSED', services('s: {command: a, ‸utilization: {memory: 5}}')],
  ['CONTRADICTION', services('s: {command: a, location: [{node: n1, score: inf}, {node: ‸n1, score: -inf}]}')],
  ['TICKET_NOT_HELD', `${two}constraints: {ticket: [{ticket: ‸t, service: s}]}\n`],
  ['FEWER_COPIES', services('s: {command: a, with: t, instances: ‸all}', 't: {command: a}')],
  ['FEWER_COPIES', services('s: {command: a, with: t, instances: ‸3, unique: true, per-node: 2}', 't: {command: a}')],
];

function unmark(marked: string): { text: string; place: string | null } {
  const offset = marked.indexOf('‸');
  if (offset < 0) return { text: marked, place: null };
  const before = marked.slice(0, offset).split('\n');
  return { text: marked.replace('‸', ''), place: `${before.length}:${(before.at(-1) ?? '').length + 1}` };
}

describe('every problem is found at its place', () => {
  test.each(cases)('%s: %#', (code, marked) => {
    const { text, place } = unmark(marked);
    const { cluster, problems } = parseClusterFile(text, 'cluster.yaml');
    const found = problems.filter((problem) => problem.code === code).map(({ line, column }) => `${line}:${column}`);
    expect(found).toHaveLength(1);
    if (place !== null) expect(found).toEqual([place]);
    expect(cluster === null).toBe(problems.some(({ severity }) => severity === 'error'));
  });

  test('and every code of the list has a case', () => {
    const tested = new Set<string>(cases.map(([code]) => code));
    expect(Object.keys(problemCodes).filter((code) => !tested.has(code))).toEqual([]);
  });
});

test('one mistake is told once: a misspelt key is not missing too, and a broken part is not judged further', () => {
  const codes = (text: string): string[] => parseClusterFile(text, 'f').problems.map(({ code }) => code);
  expect(codes('cluster: c\nnodes:\n  n1: {adresses: [10.0.0.1]}\n')).toEqual(['ONE_NODE', 'UNKNOWN_KEY']);
  expect(codes(services('s: {command: a, takeover: nothin}'))).toEqual(['BAD_VALUE']);
  expect(codes('cluster: c\nnodes:\n  n1: {addresses: 10.0.0.1}\n')).toEqual(['ONE_NODE', 'BAD_TYPE']);
  expect(codes(services('s: {comand: a}', 't: {command: b, takeover: lease, needs: s}'))).toEqual(['SERVICE_KIND']);
});

test('one circle that two constraints close is told of once', () => {
  const text = `${services('s: {command: a}', 't: {command: b, needs: s}')}constraints:
  order: [{first: s, then: t}, {first: t, then: s}]\n`;
  expect(parseClusterFile(text, 'f').problems.map(({ code }) => code)).toEqual(['CYCLE']);
});

test.each([
  [services('s: {command: a, on: "n1, n2"}'), 'write [n1, n2]'],
  [`${nodes}resources: {}\n`, 'it is called «services» here'],
  [services('s: {agent: "ocf:a:b", check: [{interval: 5s}]}'), 'it is called «every» here'],
  [services('s: {agent: "ocf:a:b", promotable: true, check: [{role: Master}]}'), 'say promoted'],
  [services('s: {command: a, stickiness: INFINITY}'), 'say stay'],
  [services('s: {agent: "lsb:cron"}'), 'systemd:cron, which wraps init scripts too'],
  [services('s: {agent: "ocf::a:b"}'), 'write ocf:a:b'],
  [services('s: {agent: IPaddr2}'), 'ocf:heartbeat:IPaddr2, say'],
  ['cluster: c\nnodes:\n- n1: 10.0.0.1\n', 'its keys stand without «- » before them'],
  ['cluster: c\nnodes:\n  n1:10.0.0.1\n', 'a space must stand behind each «:»'],
  [`${two}constraints: {location: {service: s}}\n`, 'each of its items begins with «- »'],
  ['<cib/>\n', '«sempre import pacemaker» makes a cluster file of a CIB'],
  [services('s: {command: a, location: [{node: n1, score: -infinity}]}'), 'say -inf'],
  [services('s: {command: a, interleave: yes}'), 'say true'],
  [services('s: {command: a, failures: {forget: 60}}'), 'say the unit: 60s or 60ms'],
  [
    'cluster: c\nnodes: {n1: FILL-IN-address-of-n1}\n',
    'it must be an IP address such as 192.168.200.121/24 or 2001:db8::10/64',
  ],
])('the hint says how it is written here: %#', (text, hint) => {
  expect(parseClusterFile(text, 'f').problems.map((problem) => problem.hint)).toContain(hint);
});

test('all mistakes come in one run, in the order of the text', () => {
  const text = services(
    's: {command: a, on: n9, wrong: 1, check: {every: 5}}',
    't: {address: 10.9.0.1, needs: u}',
    'v: 5',
  );
  const { problems } = parseClusterFile(text, 'f');
  expect(problems.map(({ code, line }) => `${line} ${code}`)).toEqual([
    '8 UNKNOWN_NODE',
    '8 UNKNOWN_KEY',
    '8 BAD_DURATION',
    '9 ADDRESS_OUTSIDE',
    '9 UNKNOWN_SERVICE',
    '10 BAD_TYPE',
  ]);
});
